//! Taking events into SQLite.

use alloc::string::ToString;
use alloc::vec::Vec;

use rusqlite::{Connection, OptionalExtension, params};

use super::endpoints::Endpoints;
use super::error::failed;
use crate::send::error::SendError;
use crate::send::event::{NewEvent, StoredEvent};
use crate::send::store::contract::Enqueued;
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// The endpoints that an event goes to.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    /// Every endpoint of the tenant that subscribes to its type.
    Subscribed(&'a Tenant),
    /// One endpoint, once, by hand.
    One(&'a EndpointKey),
}

/// Takes one event.
pub(super) fn enqueue(
    connection: &Connection,
    endpoints: &Endpoints,
    event: NewEvent,
    target: Target<'_>,
    now: UnixMillis,
) -> Result<Enqueued, SendError> {
    let tenant = match target {
        Target::Subscribed(tenant) => tenant.clone(),
        Target::One(key) => key.tenant(),
    };
    let (event, key) = event.named()?;
    let data = endpoints.seal.data(&tenant, &event.id, &event.data)?;
    if let Some(found) = key.as_ref().map(|key| used(connection, &tenant, key)).transpose().map_err(failed)?.flatten() {
        return Ok(found);
    }
    let number = match insert_event(connection, (&tenant, target), &event, (&data, key.as_deref()), now) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            return Err(SendError::EventExists { id: event.id });
        }
        done => done.map_err(failed)?,
    };
    let (targets, lane): (Vec<&str>, _) = match target {
        Target::Subscribed(tenant) => (endpoints.taking(tenant, &event.event_type).collect(), 0),
        Target::One(key) => (alloc::vec![key.as_stored()], 2),
    };
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
    (tenant, target): (&Tenant, Target<'_>),
    event: &StoredEvent,
    (data, key): (&str, Option<&str>),
    now: UnixMillis,
) -> rusqlite::Result<i64> {
    let sql =
        "INSERT INTO event (id, event_type, version, time, data, created, idempotency_key, tenant, traceparent, target)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let version = event.version.to_string();
    let target = match target {
        Target::Subscribed(_) => None,
        Target::One(key) => Some(key.as_stored()),
    };
    connection.prepare_cached(sql)?.insert(params![
        event.id,
        event.event_type,
        version,
        event.time,
        data,
        now.0,
        key,
        tenant.as_str(),
        event.traceparent,
        target
    ])
}

/// The event that a tenant used an idempotency key for.
fn used(connection: &Connection, tenant: &Tenant, key: &str) -> rusqlite::Result<Option<Enqueued>> {
    let sql = "SELECT id, (SELECT count(*) FROM (SELECT number FROM queue q WHERE q.event = event.number
            UNION SELECT number FROM delivery d WHERE d.event = event.number)) FROM event
            WHERE tenant = ?1 AND idempotency_key = ?2";
    let row = |row: &rusqlite::Row<'_>| Ok(Enqueued { event: row.get(0)?, deliveries: row.get(1)?, is_new: false });
    connection.prepare_cached(sql)?.query_row([tenant.as_str(), key], row).optional()
}
