//! Leases in SQLite: extended, given back, or ended without a word of their worker.

use alloc::string::String;
use alloc::vec::Vec;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::settle::record;
use crate::send::outcome::{AttemptRecord, Failure};
use crate::send::store::contract::{ABANDON_STEP, Lease, MAX_CRASHES_PER_DELIVERY};
use crate::time::UnixMillis;

/// Deliveries of removed endpoints that are ready.
const ABANDONED: &str =
    "SELECT number, endpoint, event, attempts, crashes, lane, is_replay FROM queue INDEXED BY queue_ready
    WHERE state = 1 AND endpoint IN (SELECT id FROM endpoint WHERE state = 'removed') LIMIT ?1";

/// A delivery that is not with a worker, or no longer.
struct Waiting {
    number: i64,
    endpoint: String,
    event: i64,
    attempts: u32,
    crashes: u32,
    is_manual: bool,
    is_replay: bool,
}

impl Waiting {
    /// Reads the columns number, endpoint, event, attempts, crashes, lane and whether it is a replay.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            endpoint: row.get(1)?,
            event: row.get(2)?,
            attempts: row.get(3)?,
            crashes: row.get(4)?,
            is_manual: row.get::<_, i64>(5)? == 2,
            is_replay: row.get(6)?,
        })
    }

    /// Makes it dead, with a line in the log. A replay of a delivered delivery leaves it delivered.
    fn set_aside(&self, connection: &Connection, why: Failure, now: UnixMillis) -> rusqlite::Result<()> {
        let Self { number, endpoint, event, attempts, is_manual, is_replay, .. } = self;
        connection.prepare_cached("DELETE FROM queue WHERE number = ?1")?.execute([number])?;
        let sql = "INSERT OR IGNORE INTO delivery (number, event, endpoint, state, attempts, ended) VALUES (?1, ?2, ?3, 3, ?4, ?5)";
        connection.prepare_cached(sql)?.execute(params![number, event, endpoint, attempts, now.0])?;
        let sql = "UPDATE status SET dead = dead + ?2 WHERE endpoint = ?1";
        connection.prepare_cached(sql)?.execute(params![endpoint, !is_replay])?;
        record(connection, *number, endpoint, &AttemptRecord::set_aside(why, *attempts, *is_manual, now))
    }
}

/// Makes deliveries with an expired lease ready again, and marks those dead whose leases expired too often.
pub(super) fn reclaim_expired(connection: &Connection, now: UnixMillis) -> rusqlite::Result<u64> {
    let sql = "SELECT number, endpoint, event, attempts, crashes, lane, is_replay FROM queue
        WHERE state = 2 AND lease_until < ?1";
    let mut rows = connection.prepare_cached(sql)?;
    let lost: Vec<Waiting> = rows.query_map([now.0], Waiting::read)?.collect::<Result<_, _>>()?;
    for delivery in &lost {
        let sql = "UPDATE status SET in_flight = max(0, in_flight - 1) WHERE endpoint = ?1";
        connection.prepare_cached(sql)?.execute([&delivery.endpoint])?;
        let crashes = delivery.crashes.saturating_add(1);
        if crashes >= MAX_CRASHES_PER_DELIVERY {
            delivery.set_aside(connection, Failure::WorkerLost, now)?;
        } else {
            let sql = "UPDATE queue SET state = 1, crashes = ?2, lease = NULL, lease_until = NULL WHERE number = ?1";
            connection.prepare_cached(sql)?.execute(params![delivery.number, crashes])?;
        }
    }
    Ok(u64::try_from(lost.len()).unwrap_or(u64::MAX))
}

/// Sets aside some of what waits for removed endpoints.
pub(super) fn abandon(connection: &Connection, now: UnixMillis) -> rusqlite::Result<u64> {
    let mut rows = connection.prepare_cached(ABANDONED)?;
    let waiting: Vec<Waiting> = rows.query_map([ABANDON_STEP], Waiting::read)?.collect::<Result<_, _>>()?;
    for delivery in &waiting {
        delivery.set_aside(connection, Failure::EndpointRemoved, now)?;
    }
    Ok(u64::try_from(waiting.len()).unwrap_or(u64::MAX))
}

/// Lets leases end later; answers with those that are lost.
pub(super) fn extend(connection: &Connection, leases: Vec<Lease>, until: UnixMillis) -> rusqlite::Result<Vec<Lease>> {
    let sql = "UPDATE queue SET lease_until = ?3 WHERE number = ?1 AND lease = ?2 AND state = 2";
    let mut update = connection.prepare_cached(sql)?;
    let mut lost = Vec::new();
    for lease in leases {
        if update.execute(params![lease.delivery, lease.token, until.0])? == 0 {
            lost.push(lease);
        }
    }
    Ok(lost)
}

/// Gives back deliveries that were not attempted.
pub(super) fn release(connection: &Connection, leases: &[Lease]) -> rusqlite::Result<()> {
    let sql =
        "UPDATE queue SET state = 1, lease = NULL, lease_until = NULL WHERE number = ?1 AND lease = ?2 AND state = 2
        RETURNING endpoint";
    let mut update = connection.prepare_cached(sql)?;
    for lease in leases {
        let row = |row: &Row<'_>| row.get::<_, String>(0);
        if let Some(endpoint) = update.query_row(params![lease.delivery, lease.token], row).optional()? {
            let sql = "UPDATE status SET in_flight = max(0, in_flight - 1) WHERE endpoint = ?1";
            connection.prepare_cached(sql)?.execute([endpoint])?;
        }
    }
    Ok(())
}
