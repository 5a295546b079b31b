//! What can be counted of deliveries and endpoints, in PostgreSQL.

use alloc::vec::Vec;
use core::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, row, rows};
use super::endpoints::Endpoints;
use super::rows::{get, key, unsigned};
use crate::send::error::SendError;
use crate::send::store::observed::breaker;
use crate::send::store::report::{DeliveryCounts, EndpointHealth, HEALTH_ATTEMPTS};
use crate::send::tenant::Tenant;
use crate::time::UnixMillis;

/// Counts deliveries by state. Only waiting ones are counted row by row; the others have running totals.
pub(super) async fn counts(
    pool: &Pool,
    endpoints: &Endpoints,
    tenant: Option<&Tenant>,
) -> Result<DeliveryCounts, SendError> {
    let (start, end) = tenant.map(Tenant::key_range).unzip();
    let inside = "($1::text IS NULL OR (endpoint >= $1 AND endpoint < $2))";
    let sql = [
        "SELECT (SELECT count(*) FROM mambo_queue WHERE state = 0 AND ",
        inside,
        ") AS scheduled, (SELECT count(*) FROM mambo_queue WHERE state = 1 AND ",
        inside,
        ") AS ready, (SELECT created FROM mambo_event WHERE number = (SELECT min(event) FROM mambo_queue WHERE ",
        inside,
        ")) AS oldest, coalesce(sum(in_flight), 0)::bigint AS leased,
            coalesce(sum(delivered), 0)::bigint AS delivered, coalesce(sum(dead), 0)::bigint AS dead,
            count(*) FILTER (WHERE timeouts >= 5) AS breakers_open
        FROM mambo_status WHERE ",
        inside,
    ]
    .concat();
    let found = row(pool, &sql, &[(&start, Type::TEXT), (&end, Type::TEXT)]).await?;
    let count = |column| get(&found, column).map(unsigned);
    Ok(DeliveryCounts {
        scheduled: count("scheduled")?,
        ready: count("ready")?,
        leased: count("leased")?,
        delivered: count("delivered")?,
        dead: count("dead")?,
        breakers_open: count("breakers_open")?,
        unreadable: endpoints.count_unreadable(pool, tenant).await?,
        oldest: get::<Option<i64>>(&found, "oldest")?.map(UnixMillis),
    })
}

/// Every endpoint with its record since a time.
pub(super) async fn health(
    pool: &Pool,
    endpoints: &Endpoints,
    tenant: Option<&Tenant>,
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
        WHERE e.state <> 'removed' AND ($3::text IS NULL OR (e.id >= $3 AND e.id < $4))
        ORDER BY e.id";
    let (start, end) = tenant.map(Tenant::key_range).unzip();
    let parameters: [Parameter<'_>; 4] =
        [(&since.0, Type::INT8), (&HEALTH_ATTEMPTS, Type::INT8), (&start, Type::TEXT), (&end, Type::TEXT)];
    let found = rows(pool, sql, &parameters).await?;
    let one = |row| {
        let count = |column| get(row, column).map(unsigned);
        let timeouts = unsigned(get(row, "timeouts")?);
        Ok(EndpointHealth {
            key: key(row, "id")?,
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
