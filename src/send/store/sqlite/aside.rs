//! Setting deliveries aside as dead without an attempt: cancelled, left behind by a removed endpoint or by its worker.

use alloc::string::String;
use alloc::vec::Vec;

use rusqlite::{Connection, Row, params};

use super::record::record;
use crate::send::notice::Notice;
use crate::send::outcome::{AttemptRecord, Failure};
use crate::send::store::contract::{ABANDON_STEP, CANCEL_STEP};
use crate::send::store::report::DeliveryId;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;

/// Deliveries of removed endpoints that are ready.
const ABANDONED: &str = "SELECT number, endpoint, event, attempts, crashes, lane FROM queue INDEXED BY queue_ready
    WHERE state = 1 AND endpoint IN (SELECT id FROM endpoint WHERE state = 'removed') LIMIT ?1";

/// A delivery that is not with a worker, or no longer.
pub(super) struct Waiting {
    pub number: DeliveryId,
    pub endpoint: String,
    event: i64,
    attempts: u32,
    pub crashes: u32,
    is_manual: bool,
}

impl Waiting {
    /// Reads the columns number, endpoint, event, attempts, crashes and lane.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            endpoint: row.get(1)?,
            event: row.get(2)?,
            attempts: row.get(3)?,
            crashes: row.get(4)?,
            is_manual: row.get::<_, i64>(5)? == 2,
        })
    }

    /// Makes it dead, with a line in the log.
    pub(super) fn set_aside(&self, connection: &Connection, why: Failure, now: UnixMillis) -> rusqlite::Result<()> {
        let Self { number, endpoint, event, attempts, is_manual, .. } = self;
        let sql = "INSERT INTO delivery (number, event, endpoint, state, attempts, ended, replays)
            SELECT ?1, ?2, ?3, 3, ?4, ?5, replays FROM queue WHERE number = ?1";
        connection.prepare_cached(sql)?.execute(params![number, event, endpoint, attempts, now.0])?;
        connection.prepare_cached("DELETE FROM queue WHERE number = ?1")?.execute([number])?;
        connection.prepare_cached("UPDATE status SET dead = dead + 1 WHERE endpoint = ?1")?.execute([endpoint])?;
        record(connection, *number, endpoint, &AttemptRecord::set_aside(why, *attempts, *is_manual, now))
    }

    /// The notice that it is dead.
    pub(super) fn to_notice(&self, connection: &Connection) -> rusqlite::Result<Notice> {
        dead(connection, EndpointKey::from_stored(self.endpoint.clone()), self.number, self.event)
    }
}

/// The notice that a delivery is dead.
pub(super) fn dead(
    connection: &Connection,
    endpoint: EndpointKey,
    delivery: DeliveryId,
    event: i64,
) -> rusqlite::Result<Notice> {
    let mut statement = connection.prepare_cached("SELECT id, event_type FROM event WHERE number = ?1")?;
    let (event, event_type) = statement.query_row([event], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Notice::DeliveryDead { endpoint, delivery, event, event_type })
}

/// Sets aside some of what waits for removed endpoints, and removes those that leave and have nothing left.
pub(super) fn abandon(connection: &Connection, now: UnixMillis) -> rusqlite::Result<u64> {
    let sql =
        "UPDATE endpoint SET state = 'removed', settings = '{}', revision = 1 + (SELECT max(revision) FROM endpoint)
        WHERE state = 'leaving'
            AND NOT EXISTS (SELECT 1 FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint = endpoint.id)
            AND NOT EXISTS (SELECT 1 FROM queue WHERE endpoint = endpoint.id)";
    connection.prepare_cached(sql)?.execute([])?;
    let mut rows = connection.prepare_cached(ABANDONED)?;
    let waiting: Vec<Waiting> = rows.query_map([ABANDON_STEP], Waiting::read)?.collect::<Result<_, _>>()?;
    for delivery in &waiting {
        delivery.set_aside(connection, Failure::EndpointRemoved, now)?;
    }
    Ok(u64::try_from(waiting.len()).unwrap_or(u64::MAX))
}

/// Sets aside what waits for an endpoint among the next deliveries in the queue. Returns how many, and the number to
/// continue after.
pub(super) fn cancel(
    connection: &Connection,
    key: &EndpointKey,
    after: DeliveryId,
    now: UnixMillis,
) -> rusqlite::Result<(u64, Option<DeliveryId>)> {
    let sql = "SELECT max(number) FROM (SELECT number FROM queue WHERE number > ?1 ORDER BY number LIMIT ?2)";
    let last: Option<DeliveryId> =
        connection.prepare_cached(sql)?.query_row(params![after, CANCEL_STEP], |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    let sql = "SELECT number, endpoint, event, attempts, crashes, lane FROM queue NOT INDEXED
        WHERE number > ?1 AND number <= ?2 AND endpoint = ?3 AND state < 2";
    let mut rows = connection.prepare_cached(sql)?;
    let rows = rows.query_map(params![after, last, key.as_stored()], Waiting::read)?;
    let waiting: Vec<Waiting> = rows.collect::<Result<_, _>>()?;
    for delivery in &waiting {
        delivery.set_aside(connection, Failure::Cancelled, now)?;
    }
    Ok((u64::try_from(waiting.len()).unwrap_or(u64::MAX), Some(last)))
}
