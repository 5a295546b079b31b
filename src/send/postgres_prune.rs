//! Forgetting what ended long ago, in PostgreSQL.

use alloc::vec::Vec;

use sqlx::PgConnection;

use super::store::{PRUNE_STEP, Prune};

/// A step of it: how many events were forgotten, and the number to go on after.
pub(super) async fn prune(
    connection: &mut PgConnection,
    prune: Prune,
    after: i64,
) -> Result<(u64, Option<i64>), sqlx::Error> {
    let Prune { before, with_dead } = prune;
    let sql = "SELECT number, created < $2 FROM mambo_event WHERE number > $1 ORDER BY number LIMIT $3";
    let query = sqlx::query_as(sql).bind(after).bind(before.0).bind(PRUNE_STEP);
    let looked_at: Vec<(i64, bool)> = query.fetch_all(&mut *connection).await?;
    let last = looked_at.last().map_or(after, |(number, _)| *number);
    let old: Vec<i64> = looked_at.iter().filter(|(_, is_old)| *is_old).map(|(number, _)| *number).collect();
    // Held from here on, so that nobody asks for one of them again meanwhile.
    let sql = "SELECT event, state IN (0, 1) OR due >= $2 OR (state = 3 AND NOT $3) FROM mambo_delivery
        WHERE event = ANY($1) ORDER BY number FOR UPDATE";
    let query = sqlx::query_as(sql).bind(&old).bind(before.0).bind(with_dead);
    let deliveries: Vec<(i64, bool)> = query.fetch_all(&mut *connection).await?;
    let stay: Vec<i64> = deliveries.into_iter().filter(|(_, stays)| *stays).map(|(event, _)| event).collect();
    let ended: Vec<i64> = old.into_iter().filter(|number| !stay.contains(number)).collect();
    for sql in [
        "DELETE FROM mambo_attempt a USING mambo_delivery d WHERE a.delivery = d.number AND d.event = ANY($1)",
        "DELETE FROM mambo_delivery WHERE event = ANY($1)",
        "DELETE FROM mambo_event WHERE number = ANY($1)",
    ] {
        sqlx::query(sql).bind(&ended).execute(&mut *connection).await?;
    }
    // Events are numbered as they come in: after a step of new ones there are no old ones.
    let is_over = looked_at.iter().all(|(_, is_old)| !is_old);
    Ok((u64::try_from(ended.len()).unwrap_or(u64::MAX), (!is_over).then_some(last)))
}
