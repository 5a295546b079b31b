//! The delivery log and what can be counted from it, in PostgreSQL.

use alloc::vec::Vec;
use core::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, row, rows};
use super::endpoints::Endpoints;
use super::rows::{get, line, unsigned};
use crate::send::error::SendError;
use crate::send::store::observed::breaker;
use crate::send::store::report::{DeliveryCounts, EndpointHealth, HEALTH_ATTEMPTS, LogLine, LogQuery};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) async fn log(pool: &Pool, query: &LogQuery) -> Result<Vec<LogLine>, SendError> {
    let sql = "SELECT a.delivery, e.id AS event, e.event_type, a.endpoint, a.number, a.is_manual, a.started, a.version, a.status,
            a.failure, a.body, a.is_truncated, a.elapsed_ms, a.remote,
            CASE WHEN q.state = 2 THEN 'leased' WHEN q.state IS NOT NULL THEN 'waiting' WHEN d.state = 2 THEN 'delivered'
                ELSE 'dead' END AS state
        FROM mambo_attempt a LEFT JOIN mambo_queue q ON q.number = a.delivery LEFT JOIN mambo_delivery d ON d.number = a.delivery
        JOIN mambo_event e ON e.number = coalesce(q.event, d.event)
        WHERE ($1::bigint IS NULL OR a.delivery = $1) AND ($2::text IS NULL OR a.endpoint = $2)
            AND ($3::text IS NULL OR a.delivery IN (
                SELECT number FROM mambo_queue WHERE event = (SELECT number FROM mambo_event WHERE id = $3)
                UNION ALL SELECT number FROM mambo_delivery WHERE event = (SELECT number FROM mambo_event WHERE id = $3)))
            AND (NOT $4 OR a.status IS NULL OR a.status NOT BETWEEN 200 AND 299)
        ORDER BY a.id DESC LIMIT $5";
    let LogQuery { delivery, endpoint, event, only_failed, limit } = query;
    let parameters: [Parameter<'_>; 5] = [
        (delivery, Type::INT8),
        (endpoint, Type::TEXT),
        (event, Type::TEXT),
        (only_failed, Type::BOOL),
        (&i64::from(*limit), Type::INT8),
    ];
    rows(pool, sql, &parameters).await?.iter().map(line).collect()
}

/// Counts deliveries by state. Only waiting ones are counted row by row; the others have running totals.
pub(super) async fn counts(pool: &Pool, endpoints: &Endpoints) -> Result<DeliveryCounts, SendError> {
    let sql = "SELECT (SELECT count(*) FROM mambo_queue WHERE state < 2) AS waiting, coalesce(sum(in_flight), 0)::bigint AS leased,
            coalesce(sum(delivered), 0)::bigint AS delivered, coalesce(sum(dead), 0)::bigint AS dead,
            count(*) FILTER (WHERE timeouts >= 5) AS breakers_open
        FROM mambo_status";
    let found = row(pool, sql, &[]).await?;
    let count = |column| get(&found, column).map(unsigned);
    Ok(DeliveryCounts {
        waiting: count("waiting")?,
        leased: count("leased")?,
        delivered: count("delivered")?,
        dead: count("dead")?,
        breakers_open: count("breakers_open")?,
        unreadable: endpoints.count_unreadable(pool).await?,
    })
}

/// Every endpoint with its record since a time.
pub(super) async fn health(
    pool: &Pool,
    endpoints: &Endpoints,
    since: UnixMillis,
) -> Result<Vec<EndpointHealth>, SendError> {
    let sql = "SELECT e.id, e.settings, e.state, e.revision, s.failing_since, s.failures, s.timeouts, s.open_until, s.in_flight,
            s.dead, coalesce(w.waiting, 0) AS waiting, a.*, mambo_now() AS now
        FROM mambo_endpoint e JOIN mambo_status s ON s.endpoint = e.id
        LEFT JOIN (SELECT endpoint, count(*) AS waiting FROM mambo_queue WHERE state < 2 GROUP BY endpoint) w ON w.endpoint = e.id
        CROSS JOIN LATERAL (
            SELECT count(*) AS attempts, count(*) FILTER (WHERE status BETWEEN 200 AND 299) AS answered,
                coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY elapsed_ms), 0) AS p50,
                coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY elapsed_ms), 0) AS p99
            FROM (SELECT status, elapsed_ms FROM mambo_attempt WHERE endpoint = e.id AND started >= $1 AND NOT is_manual
                ORDER BY started DESC LIMIT $2) latest
        ) a
        WHERE e.state <> 'removed'
        ORDER BY e.id";
    let found = rows(pool, sql, &[(&since.0, Type::INT8), (&HEALTH_ATTEMPTS, Type::INT8)]).await?;
    let one = |row| {
        let count = |column| get(row, column).map(unsigned);
        let timeouts = unsigned(get(row, "timeouts")?);
        Ok(EndpointHealth {
            id: get(row, "id")?,
            endpoint: endpoints.read(row)?,
            failing_since: get::<Option<i64>>(row, "failing_since")?.map(UnixMillis),
            failures: unsigned(get(row, "failures")?),
            breaker: breaker(timeouts, UnixMillis(get(row, "open_until")?), UnixMillis(get(row, "now")?)),
            waiting: count("waiting")?,
            in_flight: count("in_flight")?,
            dead: count("dead")?,
            attempts: count("attempts")?,
            delivered: count("answered")?,
            p50: Duration::from_millis(count("p50")?),
            p99: Duration::from_millis(count("p99")?),
        })
    };
    found.iter().map(one).collect()
}
