//! Retention in SQLite: one pass after the other over events and log, in steps that all workers share.

use core::time::Duration;

use rusqlite::{Connection, params};

use super::prune::{forget, start};
use crate::send::clock::milliseconds;
use crate::send::retention::Retention;
use crate::send::store::contract::{PRUNE_STEP, RETAIN_LOG_STEP, RETAIN_PAUSE, Retained};
use crate::time::UnixMillis;

/// Forgets some of what is older than it is kept.
pub(super) fn retain(connection: &Connection, retention: Retention, now: UnixMillis) -> rusqlite::Result<Retained> {
    let sql = "SELECT after_event, after_attempt, due FROM upkeep";
    let (after_event, after_attempt, due): (i64, i64, i64) =
        connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if due > now.0 {
        let next_in = Duration::from_millis(u64::try_from(due.saturating_sub(now.0)).unwrap_or(0));
        return Ok(Retained { next_in: next_in.min(RETAIN_PAUSE), ..Retained::default() });
    }
    let (events, next_event) = events(connection, retention, after_event, now)?;
    let (attempts, next_attempt) = attempts(connection, retention, after_attempt, now)?;
    let is_over = next_event.is_none() && next_attempt.is_none();
    let pause = if is_over { RETAIN_PAUSE } else { Duration::ZERO };
    let sql = "UPDATE upkeep SET after_event = ?1, after_attempt = ?2, due = ?3";
    // What is at its end stays there until the other is.
    let cursor = |next: Option<i64>, after| if is_over { 0 } else { next.unwrap_or(after) };
    let due = now.0.saturating_add(milliseconds(pause));
    let row = params![cursor(next_event, after_event), cursor(next_attempt, after_attempt), due];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(Retained { events, attempts, next_in: pause })
}

/// Forgets events among the next ones. Returns how many, and the number to continue after.
fn events(
    connection: &Connection,
    retention: Retention,
    after: i64,
    now: UnixMillis,
) -> rusqlite::Result<(u64, Option<i64>)> {
    let [delivered, dead] = [retention.delivered, retention.dead].map(|time| time.map(milliseconds));
    // Events come in in the order of their numbers, so behind the first that is young enough for all there is nothing.
    let sql = "SELECT max(number) FROM (SELECT number, created FROM event WHERE number > ?1 ORDER BY number LIMIT ?2)
        WHERE created < ?3 - (SELECT min(keep) FROM (SELECT ?4 AS keep UNION ALL SELECT ?5
            UNION ALL SELECT keep_delivered_ms FROM tenant UNION ALL SELECT keep_dead_ms FROM tenant))";
    let row = params![after, PRUNE_STEP, now.0, delivered, dead];
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row(row, |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    start(connection)?;
    let sql = "INSERT INTO ended SELECT number FROM (
            SELECT e.number, e.created, coalesce(t.keep_delivered_ms, ?4) AS keep_delivered, coalesce(t.keep_dead_ms, ?5) AS keep_dead
            FROM event e LEFT JOIN tenant t ON t.name = e.tenant WHERE e.number > ?1 AND e.number <= ?2
        ) e
        WHERE NOT EXISTS (SELECT 1 FROM queue WHERE event = e.number)
            AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.number
                AND coalesce(d.ended >= ?3 - CASE d.state WHEN 2 THEN keep_delivered ELSE keep_dead END, 1))
            AND (EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.number) OR e.created < ?3 - keep_delivered)";
    let events = connection.prepare_cached(sql)?.execute(params![after, last, now.0, delivered, dead])?;
    forget(connection)?;
    Ok((u64::try_from(events).unwrap_or(u64::MAX), Some(last)))
}

/// Forgets lines of the log among the next ones. Returns how many, and the id to continue after.
fn attempts(
    connection: &Connection,
    retention: Retention,
    after: i64,
    now: UnixMillis,
) -> rusqlite::Result<(u64, Option<i64>)> {
    let log = retention.log.map(milliseconds);
    let sql = "SELECT max(id) FROM (SELECT id, started FROM attempt WHERE id > ?1 ORDER BY id LIMIT ?2)
        WHERE started < ?3 - (SELECT min(keep) FROM (SELECT ?4 AS keep UNION ALL SELECT keep_log_ms FROM tenant))";
    let row = params![after, RETAIN_LOG_STEP, now.0, log];
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row(row, |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    let sql = "DELETE FROM attempt WHERE id IN (
        SELECT a.id FROM attempt a LEFT JOIN tenant t ON t.name = substr(a.endpoint, 1, instr(a.endpoint, char(31)) - 1)
        WHERE a.id > ?1 AND a.id <= ?2 AND a.started < ?3 - coalesce(t.keep_log_ms, ?4))";
    let attempts = connection.prepare_cached(sql)?.execute(params![after, last, now.0, log])?;
    Ok((u64::try_from(attempts).unwrap_or(u64::MAX), Some(last)))
}
