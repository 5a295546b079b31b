//! The delivery log and what can be counted from it, in PostgreSQL.

use alloc::sync::Arc;
use alloc::vec::Vec;

use sqlx::PgConnection;

use super::endpoint::Endpoint;
use super::postgres_rows::{line, unsigned};
use super::store::{Counts, EndpointHealth, LogLine, LogQuery};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) async fn log(connection: &mut PgConnection, query: &LogQuery) -> Result<Vec<LogLine>, sqlx::Error> {
    let sql =
        "SELECT a.delivery, e.id AS event, e.kind, a.endpoint, d.state, a.number, a.is_manual, a.started, a.version,
            a.status, a.failure, a.body, a.is_truncated, a.elapsed_ms, a.remote
        FROM mambo_attempt a JOIN mambo_delivery d ON d.number = a.delivery JOIN mambo_event e ON e.number = d.event
        WHERE ($1::bigint IS NULL OR a.delivery = $1) AND ($2::text IS NULL OR a.endpoint = $2)
            AND ($3::text IS NULL OR e.id = $3) AND (NOT $4 OR a.status IS NULL OR a.status NOT BETWEEN 200 AND 299)
        ORDER BY a.id DESC LIMIT $5";
    let LogQuery { delivery, endpoint, event, only_failed, limit } = query;
    let query = sqlx::query(sql).bind(delivery).bind(endpoint).bind(event).bind(only_failed).bind(i64::from(*limit));
    query.fetch_all(connection).await?.iter().map(line).collect()
}

/// How many deliveries are in which state.
pub(super) async fn counts(connection: &mut PgConnection) -> Result<Counts, sqlx::Error> {
    let sql = "SELECT state, count(*) FROM mambo_delivery GROUP BY state";
    let rows: Vec<(i16, i64)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let count = |state| rows.iter().find(|row| row.0 == state).map_or(0, |row| unsigned(row.1));
    Ok(Counts { waiting: count(0), leased: count(1), delivered: count(2), dead: count(3) })
}

/// An endpoint with its record since a moment.
pub(super) async fn health(
    connection: &mut PgConnection,
    endpoint: &Arc<Endpoint>,
    since: UnixMillis,
) -> Result<EndpointHealth, sqlx::Error> {
    let sql = "SELECT failing_since, failures,
            (SELECT count(*) FROM mambo_delivery WHERE state = 0 AND endpoint = $1),
            (SELECT count(*) FROM mambo_delivery WHERE state = 3 AND endpoint = $1)
        FROM mambo_endpoint WHERE id = $1";
    let (failing_since, failures, waiting, dead): (Option<i64>, i64, i64, i64) =
        sqlx::query_as(sql).bind(&endpoint.id).fetch_one(&mut *connection).await?;
    let sql = "SELECT count(*), count(*) FILTER (WHERE status BETWEEN 200 AND 299),
            coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY elapsed_ms), 0),
            coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY elapsed_ms), 0)
        FROM mambo_attempt WHERE endpoint = $1 AND started >= $2";
    let (attempts, delivered, p50, p99): (i64, i64, i64, i64) =
        sqlx::query_as(sql).bind(&endpoint.id).bind(since.0).fetch_one(connection).await?;
    Ok(EndpointHealth {
        endpoint: Arc::clone(endpoint),
        failing_since: failing_since.map(UnixMillis),
        failures: unsigned(failures),
        waiting: unsigned(waiting),
        dead: unsigned(dead),
        attempts: unsigned(attempts),
        delivered: unsigned(delivered),
        p50_ms: unsigned(p50),
        p99_ms: unsigned(p99),
    })
}
