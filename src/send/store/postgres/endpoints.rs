//! Endpoints in PostgreSQL, and what of them this process has read.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::Pool;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use tracing::warn;

use super::connection::{Parameter, acquire_failed, failed, row, rows};
use super::enqueue::{Columns, ENQUEUE};
use super::rows::{get, key};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::seal::{RETRY, Seal};
use crate::send::settings::EndpointSettings;
use crate::send::store::request::EndpointChange;
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;
use crate::version::Version;

/// An endpoint as of a revision.
#[derive(Debug)]
struct Known {
    revision: i64,
    /// `None` when its settings cannot be read.
    endpoint: Option<Arc<Endpoint>>,
    /// When to read it again although it was not changed: the key service failed to open it.
    again: Option<Instant>,
}

impl Known {
    /// Whether it need not be read again while it has this revision.
    fn is_settled(&self) -> bool {
        self.again.is_none_or(|again| Instant::now() < again)
    }
}

/// Endpoints that were read, by key.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    known: Mutex<HashMap<EndpointKey, Known>>,
    pub seal: Seal,
}

impl Endpoints {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<EndpointKey, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys and revisions of the endpoints that cannot be read.
    pub(super) fn unreadable(&self) -> (Vec<EndpointKey>, Vec<i64>) {
        let known = self.known();
        let unreadable = known.iter().filter(|(_, known)| known.endpoint.is_none() && known.is_settled());
        unreadable.map(|(key, known)| (key.clone(), known.revision)).unzip()
    }

    /// How many endpoints cannot be read. Settings are fetched only of those that are new or changed.
    pub(super) async fn count_unreadable(&self, pool: &Pool, tenant: Option<&Tenant>) -> Result<u64, SendError> {
        let (start, end) = tenant.map(Tenant::key_range).unzip();
        let sql = "SELECT id, revision FROM mambo_endpoint
            WHERE state <> 'removed' AND ($1::text IS NULL OR (id >= $1 AND id < $2))";
        let found = rows(pool, sql, &[(&start, Type::TEXT), (&end, Type::TEXT)]).await?;
        let known = found.iter().map(|row| Ok((key(row, 0)?, get(row, 1)?)));
        let present: Vec<(EndpointKey, i64)> = known.collect::<Result<_, SendError>>()?;
        let new = present.iter().filter(|(key, revision)| !self.has(key, *revision));
        let new: Vec<EndpointKey> = new.map(|(key, _)| key.clone()).collect();
        if !new.is_empty() {
            self.load(pool, &new).await?;
        }
        let unreadable = present.iter().filter(|(key, _)| self.latest(key).is_none()).count();
        Ok(u64::try_from(unreadable).unwrap_or(u64::MAX))
    }

    /// Whether this revision of an endpoint is the one that was read last.
    pub(super) fn has(&self, key: &EndpointKey, revision: i64) -> bool {
        self.known().get(key).is_some_and(|known| known.revision == revision && known.is_settled())
    }

    /// An endpoint as it was read last; `None` when it cannot be read, or was not.
    pub(super) fn latest(&self, key: &EndpointKey) -> Option<Arc<Endpoint>> {
        self.known().get(key).and_then(|known| known.endpoint.clone())
    }

    /// Reads a row with the columns id, settings, state and revision, unless that revision was read before.
    pub(super) fn read(&self, row: &Row) -> Result<Option<Arc<Endpoint>>, SendError> {
        let (key, revision): (EndpointKey, i64) = (key(row, "id")?, get(row, "revision")?);
        if self.has(&key, revision) {
            return Ok(self.latest(&key));
        }
        let endpoint = self.seal.endpoint(&key, get(row, "settings")?, get(row, "state")?).map(Arc::new);
        if let Err(error) = &endpoint {
            warn!(endpoint = %key, code = error.code(), %error, "an endpoint is left out, and its deliveries wait");
        }
        let is_unopened = matches!(endpoint, Err(SendError::SealFailed { .. }));
        let again = is_unopened.then(|| Instant::now().checked_add(RETRY)).flatten();
        let endpoint = endpoint.ok();
        self.known().insert(key, Known { revision, endpoint: endpoint.clone(), again });
        Ok(endpoint)
    }

    /// Reads endpoints by their keys.
    pub(super) async fn load(&self, pool: &Pool, keys: &[EndpointKey]) -> Result<(), SendError> {
        let sql = "SELECT id, settings, state, revision FROM mambo_endpoint WHERE id = ANY ($1) AND state <> 'removed'";
        let keys: Vec<&str> = keys.iter().map(EndpointKey::as_stored).collect();
        for row in rows(pool, sql, &[(&keys, Type::TEXT_ARRAY)]).await? {
            self.read(&row)?;
        }
        Ok(())
    }

    /// An endpoint, or why it cannot be read.
    pub(super) async fn one(&self, pool: &Pool, key: &EndpointKey) -> Result<Arc<Endpoint>, SendError> {
        let sql = "SELECT settings, state FROM mambo_endpoint WHERE id = $1 AND state <> 'removed'";
        let found = rows(pool, sql, &[(&key.as_stored(), Type::TEXT)]).await?;
        let unknown = || SendError::EndpointUnknown { id: key.id().into() };
        let row = found.first().ok_or_else(unknown)?;
        self.seal.endpoint(key, get(row, 0)?, get(row, 1)?).map(Arc::new)
    }

    /// Every endpoint of a tenant, or of all, that can be read.
    pub(super) async fn all(&self, pool: &Pool, tenant: Option<&Tenant>) -> Result<Vec<Arc<Endpoint>>, SendError> {
        let (start, end) = tenant.map(Tenant::key_range).unzip();
        let sql = "SELECT id, settings, state, revision FROM mambo_endpoint
            WHERE state <> 'removed' AND ($1::text IS NULL OR (id >= $1 AND id < $2)) ORDER BY id";
        let found = rows(pool, sql, &[(&start, Type::TEXT), (&end, Type::TEXT)]).await?;
        found.iter().filter_map(|row| self.read(row).transpose()).collect()
    }
}

/// Adds an endpoint and a Ping to it.
pub(super) async fn add(pool: &Pool, seal: &Seal, endpoint: Endpoint, server: Version) -> Result<(), SendError> {
    let (key, Endpoint { settings, state, .. }) = (endpoint.key(), &endpoint);
    let ping = Columns::for_one(seal, NewEvent::ping(server), &key)?;
    let stored = seal.settings(&key, settings)?;
    let (event_types, most, rate) = columns(settings);
    let mut object = pool.get().await.map_err(|error| acquire_failed(&error))?;
    // The row of a removed endpoint is taken over once nothing waits for it.
    let add = async {
        let transaction = object.transaction().await?;
        let sql = "INSERT INTO mambo_endpoint (id, settings, event_types, max_in_flight, rate_per_second, state)
            SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM mambo_queue WHERE endpoint = $1)
            ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, event_types = excluded.event_types, state = excluded.state,
                max_in_flight = excluded.max_in_flight, rate_per_second = excluded.rate_per_second,
                revision = nextval('mambo_revision')
            WHERE mambo_endpoint.state = 'removed'";
        let added = transaction
            .execute_typed(
                sql,
                &[
                    (&key.as_stored(), Type::TEXT),
                    (&stored, Type::TEXT),
                    (&event_types, Type::TEXT_ARRAY),
                    (&most, Type::INT8),
                    (&rate, Type::INT8),
                    (&state.as_str(), Type::TEXT),
                ],
            )
            .await?;
        if added == 0 {
            return Ok(false);
        }
        // The counts of ended deliveries stay; the rest of the removed endpoint's status is reset.
        let sql = "INSERT INTO mambo_status (endpoint) VALUES ($1) ON CONFLICT (endpoint) DO UPDATE SET concurrency = 1,
            latency_ms = NULL, timeouts = 0, open_ms = 0, open_until = 0, next_slot_us = 0, failing_since = NULL, failures = 0";
        transaction.execute_typed(sql, &[(&key.as_stored(), Type::TEXT)]).await?;
        transaction.query_typed(ENQUEUE, &ping.parameters()).await?;
        transaction.commit().await?;
        Ok(true)
    };
    let added: Result<bool, tokio_postgres::Error> = add.await;
    if added.map_err(|error| failed(&error))? { Ok(()) } else { Err(SendError::EndpointExists { id: endpoint.id }) }
}

/// Changes an endpoint. Tries again if another process changed it meanwhile.
pub(super) async fn change(
    pool: &Pool,
    seal: &Seal,
    key: &EndpointKey,
    change: &EndpointChange,
) -> Result<(), SendError> {
    let unknown = || SendError::EndpointUnknown { id: key.id().into() };
    if let EndpointChange::State(state) = change {
        let parameters: [Parameter<'_>; 2] = [(&key.as_stored(), Type::TEXT), (&state.as_str(), Type::TEXT)];
        let is_there = get(&row(pool, "SELECT mambo_set_state($1, $2)", &parameters).await?, 0)?;
        return if is_there { Ok(()) } else { Err(unknown()) };
    }
    loop {
        let sql =
            "SELECT settings, state, revision, mambo_now() FROM mambo_endpoint WHERE id = $1 AND state <> 'removed'";
        let found = rows(pool, sql, &[(&key.as_stored(), Type::TEXT)]).await?;
        let found = found.first().ok_or_else(unknown)?;
        let mut settings = seal.endpoint(key, get(found, 0)?, get(found, 1)?)?.settings;
        match change {
            EndpointChange::Rotate { secret, overlap } => {
                settings.rotate_secret(secret, UnixMillis(get(found, 3)?), *overlap)?;
            }
            EndpointChange::Settings(change) => change.clone().apply(&mut settings),
            EndpointChange::State(_) => return Ok(()),
        }
        let sql = "UPDATE mambo_endpoint SET settings = $2, event_types = $3, max_in_flight = $4, rate_per_second = $5,
            revision = nextval('mambo_revision') WHERE id = $1 AND revision = $6 RETURNING 1";
        let (event_types, most, rate) = columns(&settings);
        let parameters: [Parameter<'_>; 6] = [
            (&key.as_stored(), Type::TEXT),
            (&seal.settings(key, &settings)?, Type::TEXT),
            (&event_types, Type::TEXT_ARRAY),
            (&most, Type::INT8),
            (&rate, Type::INT8),
            (&get::<i64>(found, 2)?, Type::INT8),
        ];
        if !rows(pool, sql, &parameters).await?.is_empty() {
            return Ok(());
        }
    }
}

/// Returns the settings that the database itself has to know.
fn columns(settings: &EndpointSettings) -> (Option<Vec<String>>, i64, Option<i64>) {
    let rate = settings.rate_per_second.map(|rate| i64::from(rate.get()));
    (settings.event_types.clone(), settings.max_in_flight.into(), rate)
}
