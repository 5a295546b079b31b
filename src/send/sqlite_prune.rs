//! Forgetting what ended long ago, in SQLite.

use alloc::vec::Vec;

use rusqlite::{Connection, params};

use super::store::{PRUNE_STEP, Prune};

/// A step of it: how many events were forgotten, and the number to go on after.
pub(super) fn prune(connection: &Connection, prune: Prune, after: i64) -> rusqlite::Result<(u64, Option<i64>)> {
    let Prune { before, with_dead } = prune;
    let sql = "SELECT max(number) FROM (SELECT number FROM event WHERE number > ?1 ORDER BY number LIMIT ?2)";
    let mut last = connection.prepare_cached(sql)?;
    let Some(last) = last.query_row(params![after, PRUNE_STEP], |row| row.get::<_, Option<i64>>(0))? else {
        return Ok((0, None));
    };
    // The newest event and the newest delivery stay: SQLite would give their numbers to others.
    let sql = "SELECT number FROM event WHERE number > ?1 AND number <= ?2 AND created < ?3
        AND number < (SELECT max(number) FROM event)
        AND number IS NOT (SELECT event FROM delivery ORDER BY number DESC LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = event.number
            AND (state IN (0, 1) OR due >= ?3 OR (state = 3 AND NOT ?4)))";
    let mut ended = connection.prepare_cached(sql)?;
    let ended: Vec<i64> =
        ended.query_map(params![after, last, before.0, with_dead], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for number in &ended {
        for sql in [
            "DELETE FROM attempt WHERE delivery IN (SELECT number FROM delivery WHERE event = ?1)",
            "DELETE FROM delivery WHERE event = ?1",
            "DELETE FROM event WHERE number = ?1",
        ] {
            connection.prepare_cached(sql)?.execute([number])?;
        }
    }
    Ok((u64::try_from(ended.len()).unwrap_or(u64::MAX), Some(last)))
}
