//! Leases in SQLite: extended, given back, or ended without a word of their worker.

use alloc::string::String;
use alloc::vec::Vec;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::aside::Waiting;
use crate::send::outcome::Failure;
use crate::send::store::contract::{Lease, MAX_CRASHES_PER_DELIVERY, Reclaimed};
use crate::time::UnixMillis;

/// Makes deliveries with an expired lease ready again, and marks those dead whose leases expired too often.
pub(super) fn reclaim_expired(connection: &Connection, now: UnixMillis) -> rusqlite::Result<Reclaimed> {
    let sql = "SELECT number, endpoint, event, attempts, crashes, lane FROM queue WHERE state = 2 AND lease_until < ?1";
    let mut rows = connection.prepare_cached(sql)?;
    let lost: Vec<Waiting> = rows.query_map([now.0], Waiting::read)?.collect::<Result<_, _>>()?;
    let mut notices = Vec::new();
    for delivery in &lost {
        let sql = "UPDATE status SET in_flight = max(0, in_flight - 1) WHERE endpoint = ?1";
        connection.prepare_cached(sql)?.execute([&delivery.endpoint])?;
        let crashes = delivery.crashes.saturating_add(1);
        if crashes >= MAX_CRASHES_PER_DELIVERY {
            delivery.set_aside(connection, Failure::WorkerLost, now)?;
            notices.push(delivery.to_notice(connection)?);
        } else {
            let sql = "UPDATE queue SET state = 1, crashes = ?2, lease = NULL, lease_until = NULL WHERE number = ?1";
            connection.prepare_cached(sql)?.execute(params![delivery.number, crashes])?;
        }
    }
    Ok(Reclaimed { leases: u64::try_from(lost.len()).unwrap_or(u64::MAX), notices })
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
