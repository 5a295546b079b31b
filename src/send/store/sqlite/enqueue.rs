//! Taking events into SQLite.

use alloc::string::ToString;
use alloc::vec::Vec;

use rusqlite::{Connection, OptionalExtension, params};

use super::endpoints::Endpoints;
use super::error::failed;
use crate::send::error::SendError;
use crate::send::event::{NewEvent, StoredEvent};
use crate::send::store::contract::Enqueued;
use crate::time::UnixMillis;

/// Takes one event: for every endpoint that subscribes to its type, or for one by hand.
pub(super) fn enqueue(
    connection: &Connection,
    endpoints: &Endpoints,
    event: NewEvent,
    one: Option<&str>,
    now: UnixMillis,
) -> Result<Enqueued, SendError> {
    let (event, key) = event.named()?;
    if let Some(found) = key.as_ref().map(|key| used(connection, key)).transpose().map_err(failed)?.flatten() {
        return Ok(found);
    }
    let number = match insert_event(connection, &event, key.as_deref(), now) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            return Err(SendError::EventExists { id: event.id });
        }
        done => done.map_err(failed)?,
    };
    let targets: Vec<&str> = one.map_or_else(|| endpoints.taking(&event.event_type).collect(), |id| alloc::vec![id]);
    let lane = if one.is_some() { 2 } else { 0 };
    let size = i64::try_from(event.data.len()).unwrap_or(i64::MAX);
    let sql = "INSERT INTO queue (event, endpoint, lane, size, due) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql).map_err(failed)?;
    for endpoint in &targets {
        insert.execute(params![number, endpoint, lane, size, now.0]).map_err(failed)?;
    }
    let deliveries = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    Ok(Enqueued { event: event.id, deliveries, is_new: true })
}

fn insert_event(
    connection: &Connection,
    event: &StoredEvent,
    key: Option<&str>,
    now: UnixMillis,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO event (id, event_type, version, time, data, created, idempotency_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let version = event.version.to_string();
    connection.prepare_cached(sql)?.insert(params![
        event.id,
        event.event_type,
        version,
        event.time,
        event.data,
        now.0,
        key
    ])
}

/// The event that an idempotency key was used for.
fn used(connection: &Connection, key: &str) -> rusqlite::Result<Option<Enqueued>> {
    let sql = "SELECT id, (SELECT count(*) FROM (SELECT number FROM queue q WHERE q.event = event.number
            UNION SELECT number FROM delivery d WHERE d.event = event.number)) FROM event WHERE idempotency_key = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok(Enqueued { event: row.get(0)?, deliveries: row.get(1)?, is_new: false });
    connection.prepare_cached(sql)?.query_row([key], row).optional()
}
