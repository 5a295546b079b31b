//! Adding, changing and removing endpoints in SQLite.

use rusqlite::{Connection, params};

use super::enqueue::{Target, enqueue};
use super::error::failed;
use super::writer::Context;
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::state::State;
use crate::send::store::request::{EndpointChange, Waiting};
use crate::send::tenant::EndpointKey;
use crate::version::Version;

/// Adds an endpoint and a Ping to it.
pub(super) fn add(context: &mut Context, endpoint: &Endpoint, server: Version) -> Result<(), SendError> {
    let (key, state) = (endpoint.key(), endpoint.state.as_str());
    let settings = context.endpoints.seal.settings(&key, &endpoint.settings)?;
    // The row of a removed endpoint is taken over once nothing waits for it.
    let sql = "INSERT INTO endpoint (id, settings, state, revision)
        SELECT ?1, ?2, ?3, 1 + (SELECT coalesce(max(revision), 0) FROM endpoint)
        WHERE NOT EXISTS (SELECT 1 FROM queue WHERE endpoint = ?1)
        ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, state = excluded.state, revision = excluded.revision
        WHERE endpoint.state = 'removed'";
    if context.connection.execute(sql, params![key.as_stored(), settings, state]).map_err(failed)? == 0 {
        return Err(SendError::EndpointExists { id: endpoint.id.clone() });
    }
    // The counts of ended deliveries stay; the rest of the removed endpoint's status is reset.
    let sql = "INSERT INTO status (endpoint) VALUES (?1) ON CONFLICT (endpoint) DO UPDATE SET concurrency = 1,
        latency_ms = NULL, timeouts = 0, open_ms = 0, open_until = 0, next_slot_us = 0, failing_since = NULL, failures = 0";
    context.connection.execute(sql, [key.as_stored()]).map_err(failed)?;
    context.endpoints.refresh(&context.connection).map_err(failed)?;
    let Context { connection, endpoints, now, .. } = context;
    enqueue(connection, endpoints, NewEvent::ping(server), Target::One(&key), *now).map(drop)
}

/// Changes an endpoint.
pub(super) fn change(context: &mut Context, key: &EndpointKey, change: EndpointChange) -> Result<(), SendError> {
    let Context { connection, endpoints, now, .. } = context;
    endpoints.refresh(connection).map_err(failed)?;
    let unknown = || SendError::EndpointUnknown { id: key.id().into() };
    let known = endpoints.find(key.as_stored()).ok_or_else(unknown)?;
    if let EndpointChange::State(state) = change {
        return set_state(connection, key, state);
    }
    let mut settings = known.endpoint.clone()?.settings.clone();
    match change {
        EndpointChange::Settings(change) => change.apply(&mut settings),
        EndpointChange::Rotate { secret, overlap } => settings.rotate_secret(&secret, *now, overlap)?,
        EndpointChange::State(_) => {}
    }
    let sql = "UPDATE endpoint SET settings = ?2, revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1";
    let settings = endpoints.seal.settings(key, &settings)?;
    connection.execute(sql, params![key.as_stored(), settings]).map(drop).map_err(failed)
}

fn set_state(connection: &Connection, key: &EndpointKey, state: State) -> Result<(), SendError> {
    let sql = "UPDATE endpoint SET state = ?2, revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1";
    connection.execute(sql, params![key.as_stored(), state.as_str()]).map_err(failed)?;
    let sql = "UPDATE status SET failing_since = NULL, failures = 0, timeouts = 0, open_ms = 0, open_until = 0
        WHERE endpoint = ?1";
    connection.execute(sql, [key.as_stored()]).map(drop).map_err(failed)
}

/// Removes an endpoint. Its row stays, without settings: no revision is used twice, and no id while deliveries wait.
pub(super) fn remove(connection: &Connection, key: &EndpointKey, waiting: Waiting) -> Result<(), SendError> {
    let (state, keeps_settings) = match waiting {
        Waiting::Cancel => ("removed", false),
        Waiting::Deliver => ("leaving", true),
    };
    let sql = "UPDATE endpoint SET state = ?2, settings = CASE WHEN ?3 THEN settings ELSE '{}' END,
        revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1 AND state <> 'removed'";
    if connection.execute(sql, params![key.as_stored(), state, keeps_settings]).map_err(failed)? == 0 {
        return Err(SendError::EndpointUnknown { id: key.id().into() });
    }
    if waiting == Waiting::Deliver {
        return Ok(());
    }
    // `abandon` finds only ready deliveries, by an index.
    let sql = "UPDATE queue SET state = 1 WHERE endpoint = ?1 AND state = 0";
    connection.execute(sql, [key.as_stored()]).map_err(failed)?;
    let sql = "UPDATE status SET timeouts = 0, open_until = 0 WHERE endpoint = ?1";
    connection.execute(sql, [key.as_stored()]).map(drop).map_err(failed)
}
