//! The delivery log, in PostgreSQL.

use alloc::vec::Vec;
use core::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::rows::{get, key, line, unsigned};
use crate::send::error::SendError;
use crate::send::store::report::{AttemptTiming, LogLine, LogQuery};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) async fn log(pool: &Pool, query: &LogQuery) -> Result<Vec<LogLine>, SendError> {
    let sql = "SELECT a.delivery, e.id AS event, e.event_type, a.endpoint, a.number, a.is_manual, a.started, a.version, a.status,
            a.failure, a.body, a.is_truncated, a.elapsed_ms, a.remote, coalesce(q.replays, d.replays) AS replays,
            CASE WHEN q.state = 2 THEN 'leased' WHEN q.state IS NOT NULL THEN 'waiting' WHEN d.state = 2 THEN 'delivered'
                ELSE 'dead' END AS state
        FROM mambo_attempt a LEFT JOIN mambo_queue q ON q.number = a.delivery LEFT JOIN mambo_delivery d ON d.number = a.delivery
        JOIN mambo_event e ON e.number = coalesce(q.event, d.event)
        WHERE ($1::bigint IS NULL OR a.delivery = $1) AND ($2::text IS NULL OR a.endpoint = $2)
            AND ($3::text IS NULL OR a.delivery IN (
                SELECT o.number FROM mambo_event v JOIN mambo_queue o ON o.event = v.number
                WHERE v.id = $3 AND ($6::text IS NULL OR v.tenant = $6)
                UNION ALL SELECT o.number FROM mambo_event v JOIN mambo_delivery o ON o.event = v.number
                WHERE v.id = $3 AND ($6::text IS NULL OR v.tenant = $6)))
            AND ($7::text IS NULL OR (a.endpoint >= $7 AND a.endpoint < $8))
            AND (NOT $4 OR a.status IS NULL OR a.status NOT BETWEEN 200 AND 299)
        ORDER BY a.id DESC LIMIT $5";
    let LogQuery { tenant, delivery, event, only_failed, limit, .. } = query;
    let (start, end) = tenant.as_ref().map(Tenant::key_range).unzip();
    let key = query.key();
    let (key, tenant) = (key.as_ref().map(EndpointKey::as_stored), tenant.as_ref().map(Tenant::as_str));
    let parameters: [Parameter<'_>; 8] = [
        (delivery, Type::INT8),
        (&key, Type::TEXT),
        (event, Type::TEXT),
        (only_failed, Type::BOOL),
        (&i64::from(*limit), Type::INT8),
        (&tenant, Type::TEXT),
        (&start, Type::TEXT),
        (&end, Type::TEXT),
    ];
    rows(pool, sql, &parameters).await?.iter().map(line).collect()
}

/// How long the attempts behind an id took; the latest ones if it is negative.
pub(super) async fn timings(pool: &Pool, after: i64, most: u32) -> Result<Vec<AttemptTiming>, SendError> {
    let order = if after < 0 { "DESC" } else { "ASC" };
    let sql = [
        "SELECT * FROM (SELECT id, endpoint, started, elapsed_ms, status, is_manual FROM mambo_attempt WHERE id > $1
            ORDER BY id ",
        order,
        " LIMIT $2) latest ORDER BY id",
    ]
    .concat();
    let found = rows(pool, &sql, &[(&after, Type::INT8), (&i64::from(most), Type::INT8)]).await?;
    let one = |row| {
        Ok(AttemptTiming {
            id: get(row, "id")?,
            endpoint: key(row, "endpoint")?,
            started: UnixMillis(get(row, "started")?),
            elapsed: Duration::from_millis(unsigned(get(row, "elapsed_ms")?)),
            status: get::<Option<i64>>(row, "status")?.map(unsigned),
            is_manual: get(row, "is_manual")?,
        })
    };
    found.iter().map(one).collect()
}
