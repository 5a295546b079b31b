//! Claims in SQLite.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::time::Instant;

use super::fair::{Candidate, Room, Status, choose, interleave};
use super::log::parsed;
use super::writer::Context;
use crate::send::endpoint::Endpoint;
use crate::send::event::StoredEvent;
use crate::send::store::contract::{Capacity, Claim, Claimed, Lease};
use crate::time::UnixMillis;

/// The endpoints that a claim looks at, and what may go out to each.
type Open = (Vec<Arc<Endpoint>>, Vec<Room>);

/// Up to `?2` endpoints with ready deliveries, after the id `?1`, with their status: one index lookup
/// for each.
const READY: &str = "WITH RECURSIVE ready (endpoint) AS (
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint > ?1 ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT (SELECT endpoint FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint > ready.endpoint
            ORDER BY endpoint LIMIT 1)
        FROM ready WHERE endpoint IS NOT NULL LIMIT ?2
    ) SELECT endpoint, in_flight, concurrency, latency_ms, timeouts, open_until, next_slot_us
    FROM ready CROSS JOIN status USING (endpoint)";
/// The status of one endpoint.
const STATUS: &str =
    "SELECT endpoint, in_flight, concurrency, latency_ms, timeouts, open_until, next_slot_us FROM status
    WHERE endpoint = ?1";
/// Ready deliveries of one endpoint and lane, oldest first.
const CANDIDATES: &str = "SELECT number, event, size, attempts FROM queue INDEXED BY queue_ready
    WHERE state = 1 AND endpoint = ?1 AND lane = ?2 ORDER BY due LIMIT ?3";

/// Scheduled deliveries that are due become ready.
const PROMOTE: &str = "UPDATE queue SET state = 1 WHERE number IN (
    SELECT number FROM queue WHERE state = 0 AND due <= ?1 ORDER BY due LIMIT 1000)";
const NEXT_DUE: &str = "SELECT due FROM queue WHERE state = 0 ORDER BY due LIMIT 1";

/// Leases due deliveries: of hot endpoints, or if nothing is ready for those, of any.
pub(super) fn claim(context: &mut Context, capacity: Capacity, lease: Duration) -> rusqlite::Result<Claimed> {
    context.endpoints.refresh(&context.connection)?;
    promote(&context.connection, context.now)?;
    context.turn.0 = context.turn.0.wrapping_add(1);
    if let Some(hot) = context.turn.1.endpoints() {
        let ready = hot.into_iter().map(|id| status(&context.connection, id));
        let ready: Vec<_> = ready.collect::<rusqlite::Result<_>>()?;
        let mut claimed = claim_from(context, &ready, capacity, lease)?;
        let has_ready = claimed.claims.is_empty() && has_ready(&context.connection, &ready)?;
        if context.turn.1.is_enough(&mut claimed, has_ready) {
            return Ok(claimed);
        }
    }
    let began = Instant::now();
    let ready = ready(&context.connection, context.turn.1.after(), capacity.deliveries.saturating_mul(2))?;
    let claimed = claim_from(context, &ready, capacity, lease)?;
    context.turn.1.found(&claimed.claims, began);
    Ok(claimed)
}

/// Chooses endpoints first, then rows of the chosen endpoints.
fn claim_from(
    context: &Context,
    ready: &[(String, Status)],
    capacity: Capacity,
    lease: Duration,
) -> rusqlite::Result<Claimed> {
    let Context { connection, endpoints, now, turn, .. } = context;
    let now = *now;
    let (mut open, mut rooms): Open = (Vec::new(), Vec::new());
    let mut due: Option<i64> = connection.prepare_cached(NEXT_DUE)?.query_row([], |row| row.get(0)).optional()?;
    let mut rate_due = None;
    let mut candidates = Vec::new();
    // Twice an equal share, as some endpoints have less ready. The next claim takes what this leaves free.
    let share = capacity.deliveries.saturating_mul(2).checked_div(ready.len()).unwrap_or(0).max(1);
    for (id, status) in ready {
        let Some(endpoint) = endpoints.find(id).and_then(|known| known.endpoint.clone()) else { continue };
        let room = status.room(&endpoint.settings, endpoint.is_enabled(), now.0);
        let room = Room { free: room.free.min(share), ..room };
        let mut lanes = [Vec::new(), Vec::new(), Vec::new()];
        for (lane, found) in (0_u8..).zip(&mut lanes) {
            if room.free > 0 && (lane == 2 || !room.is_manual_only) {
                *found = candidates_of(connection, id, (open.len(), lane), room.free)?;
            }
        }
        if room.is_manual_only && endpoint.is_enabled() {
            due = earlier(due, Some(status.open_until));
        }
        if let Some((slot, _)) = room.rate.filter(|(slot, _)| *slot > now.0.saturating_mul(1000)) {
            rate_due = earlier(rate_due, Some(rounded_up_ms(slot)));
        }
        candidates.extend(interleave(lanes, turn.0, room.free));
        open.push(endpoint);
        rooms.push(room);
    }
    let chosen = choose(candidates, &rooms, capacity);
    let until = later(now, lease);
    let (claims, next_slot) = take(connection, &chosen, &(open, rooms), until)?;
    rate_due = earlier(rate_due, next_slot);
    let wait = |at: i64| Duration::from_millis(u64::try_from(at.saturating_sub(now.0)).unwrap_or(0));
    let due = earlier(due, rate_due);
    Ok(Claimed { claims, now, due_in: due.map(wait), rate_in: rate_due.map(wait) })
}

/// Microseconds as milliseconds, so that a wait does not end before them.
const fn rounded_up_ms(microseconds: i64) -> i64 {
    microseconds.saturating_add(999) / 1000
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

fn later(now: UnixMillis, by: Duration) -> UnixMillis {
    UnixMillis(now.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// Makes scheduled deliveries ready that are due.
fn promote(connection: &Connection, now: UnixMillis) -> rusqlite::Result<()> {
    connection.prepare_cached(PROMOTE)?.execute([now.0]).map(drop)
}

/// Returns up to `most` endpoints with ready deliveries: those after `after` first, then from the start.
fn ready(connection: &Connection, after: &str, most: usize) -> rusqlite::Result<Vec<(String, Status)>> {
    let mut statement = connection.prepare_cached(READY)?;
    let mut found: Vec<(String, Status)> = Vec::new();
    for (start, end) in [(after, None), ("", Some(after))] {
        let left = i64::try_from(most.saturating_sub(found.len())).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![start, left])?;
        while let Some(row) = rows.next()? {
            let endpoint: String = row.get(0)?;
            if end.is_some_and(|end| endpoint.as_str() > end) {
                break;
            }
            found.push((endpoint, status_of(row)?));
        }
    }
    Ok(found)
}

/// Whether something is ready for one of these endpoints.
fn has_ready(connection: &Connection, endpoints: &[(String, Status)]) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM queue INDEXED BY queue_ready WHERE state = 1 AND endpoint = ?1")?;
    for (id, _) in endpoints {
        if statement.exists([id])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An endpoint with what is known of it.
fn status(connection: &Connection, id: String) -> rusqlite::Result<(String, Status)> {
    let status = connection.prepare_cached(STATUS)?.query_row([&id], status_of)?;
    Ok((id, status))
}

fn status_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Status> {
    Ok(Status {
        in_flight: row.get(1)?,
        concurrency: row.get(2)?,
        latency_ms: row.get(3)?,
        timeouts: row.get(4)?,
        open_until: row.get(5)?,
        next_slot_us: row.get(6)?,
    })
}

fn candidates_of(
    connection: &Connection,
    id: &str,
    (endpoint, lane): (usize, u8),
    most: usize,
) -> rusqlite::Result<Vec<Candidate>> {
    let mut rows = connection.prepare_cached(CANDIDATES)?;
    let rows = rows.query_map(params![id, lane, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
        let size = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(usize::MAX);
        let (number, event, attempts) = (row.get(0)?, row.get(1)?, row.get(3)?);
        Ok(Candidate { endpoint, place: 0, number, event, size, attempts, lane })
    })?;
    rows.collect()
}

/// Leases the chosen deliveries. Also returns when the next of their rate limits allows another one.
fn take(
    connection: &Connection,
    chosen: &[Candidate],
    (endpoints, rooms): &Open,
    until: UnixMillis,
) -> rusqlite::Result<(Vec<Claim>, Option<i64>)> {
    let mut update =
        connection.prepare_cached("UPDATE queue SET state = 2, lease = ?2, lease_until = ?3 WHERE number = ?1")?;
    let mut events: HashMap<i64, Arc<StoredEvent>> = HashMap::new();
    let mut counts: BTreeMap<usize, i64> = BTreeMap::new();
    let mut claims = Vec::with_capacity(chosen.len());
    for candidate in chosen {
        let (Some(endpoint), Some(room)) = (endpoints.get(candidate.endpoint), rooms.get(candidate.endpoint)) else {
            continue;
        };
        let lease = Lease { delivery: candidate.number, token: fastrand::i64(1..) };
        update.execute(params![lease.delivery, lease.token, until.0])?;
        let event = match events.get(&candidate.event) {
            Some(event) => Arc::clone(event),
            None => Arc::new(event(connection, candidate.event)?),
        };
        events.insert(candidate.event, Arc::clone(&event));
        let count = counts.entry(candidate.endpoint).or_default();
        *count = count.saturating_add(1);
        let (endpoint, attempts) = (Arc::clone(endpoint), candidate.attempts);
        claims.push(Claim { lease, endpoint, event, attempts, is_manual: candidate.lane == 2, is_slow: room.is_slow });
    }
    let mut next = None;
    let sql =
        "UPDATE status SET in_flight = in_flight + ?2, next_slot_us = coalesce(?3, next_slot_us) WHERE endpoint = ?1";
    for (at, count) in counts {
        let (Some(endpoint), Some(room)) = (endpoints.get(at), rooms.get(at)) else { continue };
        let slot = room.rate.map(|(slot, interval)| slot.saturating_add(count.saturating_mul(interval)));
        connection.prepare_cached(sql)?.execute(params![endpoint.id, count, slot])?;
        next = earlier(next, slot.map(rounded_up_ms));
    }
    Ok((claims, next))
}

fn event(connection: &Connection, number: i64) -> rusqlite::Result<StoredEvent> {
    let sql = "SELECT id, event_type, version, time, data FROM event WHERE number = ?1";
    connection.prepare_cached(sql)?.query_row([number], |row| {
        let version = parsed(2, &row.get::<_, String>(2)?)?;
        Ok(StoredEvent { id: row.get(0)?, event_type: row.get(1)?, version, time: row.get(3)?, data: row.get(4)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_finds_every_row_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema_1.sql")).unwrap();
        connection.execute_batch(include_str!("schema_2.sql")).unwrap();
        for sql in [READY, STATUS, CANDIDATES, PROMOTE, NEXT_DUE] {
            let mut plan = connection.prepare(&["EXPLAIN QUERY PLAN ", sql].concat()).unwrap();
            let parameters = (1..=plan.parameter_count()).map(|_| 1_i64).collect::<Vec<_>>();
            let rows = plan.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
            for step in rows.map(Result::unwrap) {
                // What is scanned: the endpoints that were found, and the first entry of an index that is in order.
                let is_ordered = sql == NEXT_DUE && step.ends_with("USING COVERING INDEX queue_scheduled");
                let is_found = ["SCAN ready", "SCAN CONSTANT ROW"].contains(&step.as_str());
                assert!(!step.starts_with("SCAN") || is_ordered || is_found, "{step}: {sql}");
                assert!(!step.contains("TEMP B-TREE"), "{step}: {sql}");
            }
        }
    }
}
