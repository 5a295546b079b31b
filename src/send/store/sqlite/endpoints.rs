//! Endpoints in the file, as this connection has read them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rusqlite::Connection;
use tokio::time::Instant;
use tracing::warn;

use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::seal::{RETRY, Seal};
use crate::send::settings::is_taken;
use crate::send::state::State;
use crate::send::tenant::{EndpointKey, Tenant};

/// The endpoints as of a revision, in the order of their keys, so that a transaction need not read them all.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    all: Vec<Known>,
    revision: Option<i64>,
    /// When to read them again although none was changed: the key service failed to open one.
    again: Option<Instant>,
    pub seal: Seal,
}

/// An endpoint, and what of it is known even if a newer release wrote its settings.
#[derive(Debug)]
pub(super) struct Known {
    pub key: EndpointKey,
    /// The error when the settings cannot be read.
    pub endpoint: Result<Arc<Endpoint>, SendError>,
    is_enabled: bool,
    event_types: Option<Vec<String>>,
}

impl Known {
    /// Whether it gets events of that type.
    fn takes(&self, event_type: &str) -> bool {
        self.is_enabled && self.subscribes(event_type)
    }

    /// Whether it subscribes to that type, enabled or not.
    pub(super) fn subscribes(&self, event_type: &str) -> bool {
        self.event_types.as_ref().is_none_or(|patterns| is_taken(patterns, event_type))
    }
}

impl Endpoints {
    /// No endpoints yet, of a store with this seal.
    pub(super) fn new(seal: Seal) -> Self {
        Self { seal, ..Self::default() }
    }

    /// Reads the endpoints again if any was changed, here or by another process.
    pub(super) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT coalesce(max(revision), 0) FROM endpoint";
        let revision = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        if self.revision == Some(revision) && self.again.is_none_or(|again| Instant::now() < again) {
            return Ok(());
        }
        let sql = "SELECT id, settings, state FROM endpoint WHERE state <> 'removed' ORDER BY id";
        let mut rows = connection.prepare_cached(sql)?;
        let rows = rows.query_map([], |row| {
            let key = EndpointKey::from_stored(row.get(0)?);
            Ok(read(&self.seal, key, &row.get::<_, String>(1)?, &row.get::<_, String>(2)?))
        })?;
        self.all = rows.collect::<Result<_, _>>()?;
        self.revision = Some(revision);
        let is_unopened = |known: &Known| matches!(known.endpoint, Err(SendError::SealFailed { .. }));
        self.again = self.all.iter().any(is_unopened).then(|| Instant::now().checked_add(RETRY)).flatten();
        Ok(())
    }

    /// The endpoints of a tenant, or of all.
    pub(super) fn of(&self, tenant: Option<&Tenant>) -> &[Known] {
        let Some(tenant) = tenant else { return &self.all };
        let (start, end) = tenant.key_range();
        let place = |bound: &str| self.all.partition_point(|known| known.key.as_stored() < bound);
        self.all.get(place(&start)..place(&end)).unwrap_or_default()
    }

    pub(super) fn find(&self, key: &str) -> Option<&Known> {
        let found = self.all.binary_search_by(|known| known.key.as_stored().cmp(key)).ok();
        found.and_then(|at| self.all.get(at))
    }

    /// The keys of the endpoints of a tenant that get events of a type.
    pub(super) fn taking<'a>(&'a self, tenant: &Tenant, event_type: &'a str) -> impl Iterator<Item = &'a str> {
        self.of(Some(tenant)).iter().filter(move |known| known.takes(event_type)).map(|known| known.key.as_stored())
    }
}

fn read(seal: &Seal, key: EndpointKey, settings: &str, state: &str) -> Known {
    let is_enabled = state == State::Enabled.as_str();
    let endpoint = seal.endpoint(&key, settings, state).map(Arc::new);
    let event_types = match &endpoint {
        Ok(endpoint) => endpoint.settings.event_types.clone(),
        Err(error) => {
            warn!(endpoint = %key, code = error.code(), %error, "an endpoint is left out, and its deliveries wait");
            // Its events are kept for a release that can read it: those of its types, or all if these are unreadable.
            let value: Option<serde_json::Value> = serde_json::from_str(settings).ok();
            value.and_then(|value| serde_json::from_value(value.get("eventTypes")?.clone()).ok())
        }
    };
    Known { key, endpoint, is_enabled, event_types }
}
