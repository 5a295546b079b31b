//! Forgetting events that ended, in SQLite.

use rusqlite::{Connection, params};

use crate::send::store::contract::PRUNE_STEP;
use crate::send::store::request::Prune;
use crate::send::tenant::Tenant;

/// Runs a step of pruning. Returns how many events were deleted, and the number to continue after.
pub(super) fn prune(connection: &Connection, prune: &Prune, after: i64) -> rusqlite::Result<(u64, Option<i64>)> {
    let Prune { tenant, before, with_dead } = prune;
    let sql = "SELECT max(number) FROM (SELECT number FROM event WHERE number > ?1 ORDER BY number LIMIT ?2)";
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row(params![after, PRUNE_STEP], |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    start(connection)?;
    let sql = "INSERT INTO ended SELECT number FROM event e WHERE number > ?1 AND number <= ?2 AND created < ?3
        AND (?5 IS NULL OR tenant = ?5)
        AND NOT EXISTS (SELECT 1 FROM queue WHERE event = e.number)
        AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.number AND (ended >= ?3 OR (state = 3 AND NOT ?4)))";
    let tenant = tenant.as_ref().map(Tenant::as_str);
    let events = connection.prepare_cached(sql)?.execute(params![after, last, before.0, with_dead, tenant])?;
    forget(connection)?;
    Ok((u64::try_from(events).unwrap_or(u64::MAX), Some(last)))
}

/// Makes room for the numbers of the events that [`forget`] deletes.
pub(super) fn start(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE IF NOT EXISTS ended (number INTEGER PRIMARY KEY); DELETE FROM ended")
}

/// Deletes the events in the table `ended`, with their deliveries and their part of the log.
pub(super) fn forget(connection: &Connection) -> rusqlite::Result<()> {
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
    Ok(())
}
