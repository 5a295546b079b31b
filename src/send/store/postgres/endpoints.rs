//! Endpoints in PostgreSQL, and what of them this process has read.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use tracing::warn;

use super::connection::{Parameter, acquire_failed, failed, row, rows};
use super::enqueue::{Columns, ENQUEUE};
use super::rows::get;
use crate::send::endpoint::{Endpoint, EndpointSettings};
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::store::contract::EndpointChange;
use crate::time::UnixMillis;
use crate::version::Version;

/// An endpoint as of a revision; `None` when its settings cannot be read.
type Known = (i64, Option<Arc<Endpoint>>);

/// Endpoints that were read, by id.
#[derive(Debug, Default)]
pub(super) struct Endpoints(Mutex<HashMap<String, Known>>);

impl Endpoints {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids and revisions of the endpoints that cannot be read.
    pub(super) fn unreadable(&self) -> (Vec<String>, Vec<i64>) {
        let known = self.known();
        known.iter().filter(|(_, known)| known.1.is_none()).map(|(id, known)| (id.clone(), known.0)).unzip()
    }

    /// How many endpoints cannot be read. Settings are fetched only of those that are new or changed.
    pub(super) async fn count_unreadable(&self, pool: &Pool) -> Result<u64, SendError> {
        let found = rows(pool, "SELECT id, revision FROM mambo_endpoint WHERE state <> 'removed'", &[]).await?;
        let known = found.iter().map(|row| Ok((get::<String>(row, 0)?, get(row, 1)?)));
        let present: Vec<(String, i64)> = known.collect::<Result<_, SendError>>()?;
        let new = present.iter().filter(|(id, revision)| !self.has(id, *revision));
        let new: Vec<&str> = new.map(|(id, _)| id.as_str()).collect();
        if !new.is_empty() {
            self.load(pool, Some(&new)).await?;
        }
        let unreadable = present.iter().filter(|(id, _)| self.latest(id).is_none()).count();
        Ok(u64::try_from(unreadable).unwrap_or(u64::MAX))
    }

    /// Whether this revision of an endpoint is the one that was read last.
    pub(super) fn has(&self, id: &str, revision: i64) -> bool {
        self.known().get(id).is_some_and(|known| known.0 == revision)
    }

    /// An endpoint as it was read last; `None` when it cannot be read, or was not.
    pub(super) fn latest(&self, id: &str) -> Option<Arc<Endpoint>> {
        self.known().get(id).and_then(|known| known.1.clone())
    }

    /// Reads a row with the columns id, settings, state and revision, unless that revision was read before.
    pub(super) fn read(&self, row: &Row) -> Result<Option<Arc<Endpoint>>, SendError> {
        let (id, revision): (String, i64) = (get(row, "id")?, get(row, "revision")?);
        if self.has(&id, revision) {
            return Ok(self.latest(&id));
        }
        let endpoint = Endpoint::from_stored(&id, get(row, "settings")?, get(row, "state")?).map(Arc::new);
        if let Err(error) = &endpoint {
            warn!(endpoint = id, code = error.code(), %error, "an endpoint is left out, and its deliveries wait");
        }
        let endpoint = endpoint.ok();
        self.known().insert(id, (revision, endpoint.clone()));
        Ok(endpoint)
    }

    /// Reads endpoints, all of them or those of these ids.
    pub(super) async fn load(
        &self,
        pool: &Pool,
        ids: Option<&[&str]>,
    ) -> Result<Vec<Option<Arc<Endpoint>>>, SendError> {
        let sql = "SELECT id, settings, state, revision FROM mambo_endpoint
            WHERE ($1::text[] IS NULL OR id = ANY ($1)) AND state <> 'removed' ORDER BY id";
        let found = rows(pool, sql, &[(&ids, Type::TEXT_ARRAY)]).await?;
        found.iter().map(|row| self.read(row)).collect()
    }
}

/// Adds an endpoint and a Ping to it.
pub(super) async fn add(pool: &Pool, endpoint: Endpoint, server: Version) -> Result<(), SendError> {
    let Endpoint { id, settings, state, .. } = &endpoint;
    let ping = Columns::new(alloc::vec![NewEvent::ping(server)], Some(id.clone()))?;
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
                    (id, Type::TEXT),
                    (&settings.to_json(), Type::TEXT),
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
        transaction.execute_typed(sql, &[(id, Type::TEXT)]).await?;
        transaction.query_typed(ENQUEUE, &ping.parameters()).await?;
        transaction.commit().await?;
        Ok(true)
    };
    let added: Result<bool, tokio_postgres::Error> = add.await;
    if added.map_err(|error| failed(&error))? { Ok(()) } else { Err(SendError::EndpointExists { id: endpoint.id }) }
}

/// Changes an endpoint. Tries again if another process changed it meanwhile.
pub(super) async fn change(pool: &Pool, id: &str, change: &EndpointChange) -> Result<(), SendError> {
    if let EndpointChange::State(state) = change {
        let sql = "WITH changed AS (
                UPDATE mambo_endpoint SET state = $2, revision = nextval('mambo_revision')
                WHERE id = $1 AND state <> 'removed' RETURNING id
            ), reset AS (
                UPDATE mambo_status SET failing_since = NULL, failures = 0, timeouts = 0, open_ms = 0, open_until = 0
                FROM changed WHERE endpoint = changed.id
            ) SELECT count(*), pg_notify('mambo_webhooks', '') FROM changed";
        let changed = row(pool, sql, &[(&id, Type::TEXT), (&state.as_str(), Type::TEXT)]).await?;
        return if get::<i64>(&changed, 0)? > 0 { Ok(()) } else { Err(SendError::EndpointUnknown { id: id.into() }) };
    }
    loop {
        let sql =
            "SELECT settings, state, revision, mambo_now() FROM mambo_endpoint WHERE id = $1 AND state <> 'removed'";
        let found = rows(pool, sql, &[(&id, Type::TEXT)]).await?;
        let Some(found) = found.first() else { return Err(SendError::EndpointUnknown { id: id.into() }) };
        let settings = match change {
            EndpointChange::Rotate { secret, overlap } => {
                let mut settings = Endpoint::from_stored(id, get(found, 0)?, get(found, 1)?)?.settings;
                settings.rotate_secret(secret, UnixMillis(get(found, 3)?), *overlap)?;
                settings
            }
            EndpointChange::Settings(settings) => settings.clone(),
            EndpointChange::State(_) => return Ok(()),
        };
        let sql = "UPDATE mambo_endpoint SET settings = $2, event_types = $3, max_in_flight = $4, rate_per_second = $5,
            revision = nextval('mambo_revision') WHERE id = $1 AND revision = $6 RETURNING 1";
        let (event_types, most, rate) = columns(&settings);
        let parameters: [Parameter<'_>; 6] = [
            (&id, Type::TEXT),
            (&settings.to_json(), Type::TEXT),
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
