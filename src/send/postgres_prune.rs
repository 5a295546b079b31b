//! Forgetting what ended long ago, in PostgreSQL.

use alloc::vec::Vec;
use std::collections::HashMap;

use sqlx::PgConnection;

use super::store::{PRUNE_STEP, Prune};

/// A step of it: how many events were forgotten, and the number to go on after.
pub(super) async fn prune(
    connection: &mut PgConnection,
    prune: Prune,
    after: i64,
) -> Result<(u64, Option<i64>), sqlx::Error> {
    let Prune { before, with_dead } = prune;
    let sql =
        "SELECT max(number) FROM (SELECT number FROM mambo_event WHERE number > $1 ORDER BY number LIMIT $2) step";
    let last: Option<i64> = sqlx::query_scalar(sql).bind(after).bind(PRUNE_STEP).fetch_one(&mut *connection).await?;
    let Some(last) = last else { return Ok((0, None)) };
    // Looked at without a lock, so that what waits or is under way is not held up.
    let sql = "SELECT number, (SELECT count(*) FROM mambo_delivery WHERE event = e.number) FROM mambo_event e
        WHERE number > $1 AND number <= $2 AND created < $3 AND NOT EXISTS (SELECT 1 FROM mambo_delivery
            WHERE event = e.number AND (state IN (0, 1) OR due >= $3 OR (state = 3 AND NOT $4)))";
    let query = sqlx::query_as(sql).bind(after).bind(last).bind(before.0).bind(with_dead);
    let ended: Vec<(i64, i64)> = query.fetch_all(&mut *connection).await?;
    // Held from here on, so that nobody asks for one of them again; whoever was faster keeps the event.
    let sql = "SELECT event FROM mambo_delivery WHERE event = ANY($1)
            AND state IN (2, 3) AND due < $2 AND (state = 2 OR $3) FOR UPDATE SKIP LOCKED";
    let numbers: Vec<i64> = ended.iter().map(|(number, _)| *number).collect();
    let query = sqlx::query_scalar(sql).bind(&numbers).bind(before.0).bind(with_dead);
    let mut held: HashMap<i64, i64> = HashMap::new();
    for event in query.fetch_all(&mut *connection).await? {
        let count = held.entry(event).or_default();
        *count = count.saturating_add(1);
    }
    let is_held = |(number, all): &(i64, i64)| held.get(number).copied().unwrap_or(0) == *all;
    let ended: Vec<i64> = ended.into_iter().filter(is_held).map(|(number, _)| number).collect();
    for sql in [
        "DELETE FROM mambo_attempt a USING mambo_delivery d WHERE a.delivery = d.number AND d.event = ANY($1)",
        "DELETE FROM mambo_delivery WHERE event = ANY($1)",
    ] {
        sqlx::query(sql).bind(&ended).execute(&mut *connection).await?;
    }
    let sql = "DELETE FROM mambo_event WHERE number = ANY($1)";
    let forgotten = sqlx::query(sql).bind(&ended).execute(connection).await?;
    Ok((forgotten.rows_affected(), Some(last)))
}
