//! Forgetting what ended long ago, and bringing back what ended, in SQLite.

use rusqlite::{Connection, params};

use crate::send::store::contract::{PRUNE_STEP, Prune, Selection};
use crate::time::UnixMillis;

/// Runs a step of pruning. Returns how many events were deleted, and the number to continue after.
pub(super) fn prune(connection: &Connection, prune: Prune, after: i64) -> rusqlite::Result<(u64, Option<i64>)> {
    let Prune { before, with_dead } = prune;
    let sql = "SELECT max(number) FROM (SELECT number FROM event WHERE number > ?1 ORDER BY number LIMIT ?2)";
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row(params![after, PRUNE_STEP], |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    connection
        .execute_batch("CREATE TEMP TABLE IF NOT EXISTS ended (number INTEGER PRIMARY KEY); DELETE FROM ended")?;
    let sql = "INSERT INTO ended SELECT number FROM event e WHERE number > ?1 AND number <= ?2 AND created < ?3
        AND NOT EXISTS (SELECT 1 FROM queue WHERE event = e.number)
        AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.number AND (ended >= ?3 OR (state = 3 AND NOT ?4)))";
    let events = connection.prepare_cached(sql)?.execute(params![after, last, before.0, with_dead])?;
    for sql in [
        "DELETE FROM attempt WHERE delivery IN (SELECT d.number FROM ended JOIN delivery d ON d.event = ended.number)",
        "UPDATE status SET delivered = status.delivered - gone.delivered, dead = status.dead - gone.dead
            FROM (SELECT endpoint, sum(state = 2) AS delivered, sum(state = 3) AS dead
                FROM ended JOIN delivery d ON d.event = ended.number GROUP BY endpoint) gone
            WHERE status.endpoint = gone.endpoint",
        "DELETE FROM delivery WHERE event IN (SELECT number FROM ended)",
        "DELETE FROM event WHERE number IN (SELECT number FROM ended)",
    ] {
        connection.prepare_cached(sql)?.execute([])?;
    }
    Ok((u64::try_from(events).unwrap_or(u64::MAX), Some(last)))
}

/// Makes ended deliveries ready once more, a second after the attempt before, so that no two share a timestamp and
/// signature; answers with how many.
pub(super) fn retry(connection: &Connection, selection: Selection, now: UnixMillis) -> rusqlite::Result<u64> {
    let (only_dead, one, endpoint, range) = match selection {
        Selection::One(delivery) => (false, Some(delivery), None, None),
        Selection::Dead { endpoint } => (true, None, endpoint, None),
        Selection::Range { from, until, endpoint } => (false, None, endpoint, Some((from.0, until.0))),
    };
    let (from, until) = range.unzip();
    connection
        .execute_batch("CREATE TEMP TABLE IF NOT EXISTS chosen (number INTEGER PRIMARY KEY); DELETE FROM chosen")?;
    let sql = "INSERT INTO chosen SELECT number FROM delivery d WHERE (?1 IS NULL OR number = ?1) AND (state = 3 OR NOT ?2)
        AND (?3 IS NULL OR endpoint = ?3) AND (?4 IS NULL OR event IN (SELECT number FROM event WHERE created BETWEEN ?4 AND ?5))
        AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.number = d.number)
        AND endpoint IN (SELECT id FROM endpoint WHERE state <> 'removed')";
    let count = connection.prepare_cached(sql)?.execute(params![one, only_dead, endpoint, from, until])?;
    let sql = "INSERT INTO queue (number, event, endpoint, state, lane, attempts, size, due, is_replay)
        SELECT d.number, d.event, d.endpoint, 0, 2, d.attempts, length(CAST(e.data AS BLOB)),
            max(?1, coalesce((SELECT max(started) + 1000 FROM attempt WHERE delivery = d.number), 0)), d.state = 2
        FROM chosen JOIN delivery d ON d.number = chosen.number JOIN event e ON e.number = d.event";
    connection.prepare_cached(sql)?.execute([now.0])?;
    for sql in [
        "UPDATE status SET dead = status.dead - gone.dead FROM (SELECT endpoint, count(*) AS dead
            FROM chosen JOIN delivery d ON d.number = chosen.number WHERE state = 3 GROUP BY endpoint) gone
            WHERE status.endpoint = gone.endpoint",
        "DELETE FROM delivery WHERE state = 3 AND number IN (SELECT number FROM chosen)",
    ] {
        connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
