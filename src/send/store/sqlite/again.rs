//! Bringing back what ended, or never began, in SQLite: retries by hand, replays, recovery.

use alloc::string::String;
use alloc::vec::Vec;

use rusqlite::{Connection, params};

use super::endpoints::Known;
use crate::send::store::contract::RECOVER_STEP;
use crate::send::store::request::{Conditions, Selection};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// When a delivery of this event to this endpoint may go out: a second after the last attempt, so that no two share a
/// timestamp and a signature.
const LEAST: &str = "coalesce((SELECT max(started) + 1000 FROM attempt WHERE delivery IN (
    SELECT number FROM delivery l WHERE l.event = d.event AND l.endpoint = d.endpoint)), 0)";

/// Makes ended deliveries ready once more: a dead one itself, a delivered one as another delivery. Of each event and
/// endpoint only the last one. Answers with how many.
pub(super) fn retry(
    connection: &Connection,
    tenant: &Tenant,
    selection: Selection,
    now: UnixMillis,
) -> rusqlite::Result<u64> {
    let Conditions { delivery, only_dead, endpoint, from, until } = selection.conditions();
    let key = endpoint.map(|id| tenant.endpoint(&id));
    let key = key.as_ref().map(EndpointKey::as_stored);
    let (start, end) = tenant.key_range();
    start_choosing(connection)?;
    let sql = "INSERT INTO chosen SELECT max(number) FROM delivery d WHERE (?1 IS NULL OR number = ?1) AND (state = 3 OR NOT ?2)
        AND (?3 IS NULL OR endpoint = ?3) AND (?4 IS NULL OR event IN (SELECT number FROM event WHERE created BETWEEN ?4 AND ?5))
        AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.event = d.event AND q.endpoint = d.endpoint)
        AND endpoint IN (SELECT id FROM endpoint WHERE state <> 'removed' AND id >= ?6 AND id < ?7)
        GROUP BY event, endpoint";
    let row = params![delivery, only_dead, key, from, until, start, end];
    let count = connection.prepare_cached(sql)?.execute(row)?;
    let sql = [
        "INSERT INTO queue (number, event, endpoint, state, lane, attempts, size, due, replays)
        SELECT CASE WHEN d.state = 3 THEN d.number END, d.event, d.endpoint, 0, 2, CASE WHEN d.state = 3 THEN d.attempts ELSE 0 END,
            length(CAST(e.data AS BLOB)), max(?1, ",
        LEAST,
        "), CASE WHEN d.state = 3 THEN d.replays ELSE d.number END
        FROM chosen JOIN delivery d ON d.number = chosen.number JOIN event e ON e.number = d.event",
    ]
    .concat();
    connection.prepare_cached(&sql)?.execute([now.0])?;
    revive(connection)?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Makes room for the numbers of the deliveries that come again.
fn start_choosing(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE IF NOT EXISTS chosen (number INTEGER PRIMARY KEY); DELETE FROM chosen")
}

/// Takes the dead deliveries in the table `chosen` out of the history.
fn revive(connection: &Connection) -> rusqlite::Result<()> {
    for sql in [
        "UPDATE status SET dead = status.dead - gone.dead FROM (SELECT endpoint, count(*) AS dead
            FROM chosen JOIN delivery d ON d.number = chosen.number WHERE state = 3 GROUP BY endpoint) gone
            WHERE status.endpoint = gone.endpoint",
        "DELETE FROM delivery WHERE state = 3 AND number IN (SELECT number FROM chosen)",
    ] {
        connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(())
}

/// Recovers events for an endpoint among the next ones: those that it has no delivery of, and those whose delivery is
/// dead. Returns how many, and the number to continue after.
pub(super) fn recover(
    connection: &Connection,
    endpoint: &Known,
    since: UnixMillis,
    after: i64,
    now: UnixMillis,
) -> rusqlite::Result<(u64, Option<i64>)> {
    let sql = "SELECT max(number) FROM (SELECT number FROM event WHERE number > ?1 ORDER BY number LIMIT ?2)";
    let last: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params![after, RECOVER_STEP], |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    let (tenant, key) = (endpoint.key.tenant(), endpoint.key.as_stored());
    start_choosing(connection)?;
    let sql =
        "SELECT number, event_type FROM event e WHERE number > ?1 AND number <= ?2 AND tenant = ?3 AND created >= ?4
        AND target IS NULL
        AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.event = e.number AND q.endpoint = ?5)
        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.number AND d.endpoint = ?5 AND d.state = 2)";
    let mut rows = connection.prepare_cached(sql)?;
    let row = params![after, last, tenant.as_str(), since.0, key];
    let rows = rows.query_map(row, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let missed: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    let mut count = 0_u64;
    for (event, _) in missed.iter().filter(|(_, event_type)| endpoint.subscribes(event_type)) {
        bring_back(connection, *event, key, now)?;
        count = count.saturating_add(1);
    }
    revive(connection)?;
    Ok((count, Some(last)))
}

/// Queues a delivery with the whole schedule before it: the dead one if there is one, else a new one.
fn bring_back(connection: &Connection, event: i64, key: &str, now: UnixMillis) -> rusqlite::Result<()> {
    let sql = "SELECT max(number) FROM delivery WHERE event = ?1 AND endpoint = ?2";
    let dead: Option<i64> = connection.prepare_cached(sql)?.query_row(params![event, key], |row| row.get(0))?;
    let Some(dead) = dead else {
        let sql = "INSERT INTO queue (event, endpoint, lane, size, due)
            SELECT number, ?2, 1, length(CAST(data AS BLOB)), ?3 FROM event WHERE number = ?1";
        return connection.prepare_cached(sql)?.execute(params![event, key, now.0]).map(drop);
    };
    connection.prepare_cached("INSERT INTO chosen VALUES (?1)")?.execute([dead])?;
    let sql = [
        "INSERT INTO queue (number, event, endpoint, state, lane, attempts, attempts_before, size, due, replays)
        SELECT d.number, d.event, d.endpoint, 0, 1, d.attempts, d.attempts, length(CAST(e.data AS BLOB)), max(?2, ",
        LEAST,
        "), d.replays FROM delivery d JOIN event e ON e.number = d.event WHERE d.number = ?1",
    ]
    .concat();
    connection.prepare_cached(&sql)?.execute(params![dead, now.0]).map(drop)
}
