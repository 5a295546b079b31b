//! Adding, changing and removing endpoints in SQLite.

use core::time::Duration;

use rusqlite::{Connection, params};

use super::endpoints::Known;
use super::enqueue::enqueue;
use super::error::failed;
use super::writer::Context;
use crate::send::endpoint::{Endpoint, EndpointSettings};
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::store::contract::EndpointChange;
use crate::time::UnixMillis;
use crate::version::Version;

/// Adds an endpoint and a Ping to it.
pub(super) fn add(context: &mut Context, endpoint: &Endpoint, server: Version) -> Result<(), SendError> {
    let Endpoint { id, settings, state, .. } = endpoint;
    // The row of a removed endpoint is taken over once nothing waits for it.
    let sql = "INSERT INTO endpoint (id, settings, state, revision)
        SELECT ?1, ?2, ?3, 1 + (SELECT coalesce(max(revision), 0) FROM endpoint)
        WHERE NOT EXISTS (SELECT 1 FROM queue WHERE endpoint = ?1)
        ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, state = excluded.state, revision = excluded.revision
        WHERE endpoint.state = 'removed'";
    if context.connection.execute(sql, params![id, settings.to_json(), state.as_str()]).map_err(failed)? == 0 {
        return Err(SendError::EndpointExists { id: id.clone() });
    }
    // The counts of ended deliveries stay; the rest of the removed endpoint's status is reset.
    let sql = "INSERT INTO status (endpoint) VALUES (?1) ON CONFLICT (endpoint) DO UPDATE SET concurrency = 1,
        latency_ms = NULL, timeouts = 0, open_ms = 0, open_until = 0, next_slot_us = 0, failing_since = NULL, failures = 0";
    context.connection.execute(sql, [id]).map_err(failed)?;
    context.endpoints.refresh(&context.connection).map_err(failed)?;
    let Context { connection, endpoints, now, .. } = context;
    enqueue(connection, endpoints, NewEvent::ping(server), Some(id), *now).map(drop)
}

/// Changes an endpoint.
pub(super) fn change(context: &mut Context, id: &str, change: EndpointChange) -> Result<(), SendError> {
    let Context { connection, endpoints, now, .. } = context;
    endpoints.refresh(connection).map_err(failed)?;
    let Some(known) = endpoints.find(id) else { return Err(SendError::EndpointUnknown { id: id.into() }) };
    let settings = match change {
        EndpointChange::State(state) => {
            let sql =
                "UPDATE endpoint SET state = ?2, revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1";
            connection.execute(sql, params![id, state.as_str()]).map_err(failed)?;
            let sql = "UPDATE status SET failing_since = NULL, failures = 0, timeouts = 0, open_ms = 0, open_until = 0
                WHERE endpoint = ?1";
            return connection.execute(sql, [id]).map(drop).map_err(failed);
        }
        EndpointChange::Settings(settings) => settings,
        EndpointChange::Rotate { secret, overlap } => rotated(known, &secret, *now, overlap)?,
    };
    let sql = "UPDATE endpoint SET settings = ?2, revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1";
    connection.execute(sql, params![id, settings.to_json()]).map(drop).map_err(failed)
}

/// Removes an endpoint. Its row stays, without settings: no revision is used twice, and no id while deliveries wait.
pub(super) fn remove(connection: &Connection, id: &str) -> Result<(), SendError> {
    let sql =
        "UPDATE endpoint SET state = 'removed', settings = '{}', revision = 1 + (SELECT max(revision) FROM endpoint)
        WHERE id = ?1 AND state <> 'removed'";
    if connection.execute(sql, [id]).map_err(failed)? == 0 {
        return Err(SendError::EndpointUnknown { id: id.into() });
    }
    // `abandon` finds only ready deliveries, by an index.
    connection.execute("UPDATE queue SET state = 1 WHERE endpoint = ?1 AND state = 0", [id]).map_err(failed)?;
    let sql = "UPDATE status SET timeouts = 0, open_until = 0 WHERE endpoint = ?1";
    connection.execute(sql, [id]).map(drop).map_err(failed)
}

fn rotated(known: &Known, secret: &str, now: UnixMillis, overlap: Duration) -> Result<EndpointSettings, SendError> {
    let unread = || SendError::EndpointUnreadable { id: known.id.clone() };
    let mut settings = known.endpoint.as_ref().ok_or_else(unread)?.settings.clone();
    settings.rotate_secret(secret, now, overlap)?;
    Ok(settings)
}
