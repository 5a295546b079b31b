//! Endpoints in the file, as this connection has read them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rusqlite::Connection;
use tracing::warn;

use crate::send::endpoint::{Endpoint, State};

/// The endpoints as of a revision, in the order of their ids, so that a transaction need not read them all.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    all: Vec<Known>,
    revision: Option<i64>,
}

/// An endpoint, and what of it is known even if a newer release wrote its settings.
#[derive(Debug)]
pub(super) struct Known {
    pub id: String,
    /// `None` when the settings cannot be read.
    pub endpoint: Option<Arc<Endpoint>>,
    is_enabled: bool,
    event_types: Option<Vec<String>>,
}

impl Known {
    /// Whether it gets events of that type.
    fn takes(&self, event_type: &str) -> bool {
        self.is_enabled
            && self.event_types.as_ref().is_none_or(|event_types| event_types.iter().any(|own| own == event_type))
    }
}

impl Endpoints {
    /// Reads the endpoints again if any was changed, here or by another process.
    pub(super) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT coalesce(max(revision), 0) FROM endpoint";
        let revision = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        if self.revision == Some(revision) {
            return Ok(());
        }
        let sql = "SELECT id, settings, state FROM endpoint WHERE state <> 'removed' ORDER BY id";
        let mut rows = connection.prepare_cached(sql)?;
        let rows =
            rows.query_map([], |row| Ok(read(row.get(0)?, &row.get::<_, String>(1)?, &row.get::<_, String>(2)?)))?;
        self.all = rows.collect::<Result<_, _>>()?;
        self.revision = Some(revision);
        Ok(())
    }

    pub(super) fn all(&self) -> &[Known] {
        &self.all
    }

    pub(super) fn find(&self, id: &str) -> Option<&Known> {
        let found = self.all.binary_search_by(|known| known.id.as_str().cmp(id)).ok();
        found.and_then(|at| self.all.get(at))
    }

    /// The endpoints that get events of a type.
    pub(super) fn taking<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a str> {
        self.all.iter().filter(move |known| known.takes(event_type)).map(|known| known.id.as_str())
    }
}

fn read(id: String, settings: &str, state: &str) -> Known {
    let is_enabled = state == State::Enabled.as_str();
    let endpoint = Endpoint::from_stored(&id, settings, state).map(Arc::new);
    let event_types = match &endpoint {
        Ok(endpoint) => endpoint.settings.event_types.clone(),
        Err(error) => {
            warn!(endpoint = id, code = error.code(), %error, "an endpoint is left out, and its deliveries wait");
            // Its events are kept for a release that can read it: those of its types, or all if these are unreadable.
            let value: Option<serde_json::Value> = serde_json::from_str(settings).ok();
            value.and_then(|value| serde_json::from_value(value.get("eventTypes")?.clone()).ok())
        }
    };
    Known { id, endpoint: endpoint.ok(), is_enabled, event_types }
}
