//! Tenants in PostgreSQL: their limits, their retention, and how their deliveries do.

use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::rows::{get, unsigned};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::retention::{Retention, TenantSettings};
use crate::send::store::report::TenantReport;
use crate::send::tenant::Tenant;

/// Sets a tenant's limits and retention.
pub(super) async fn set(pool: &Pool, tenant: &Tenant, settings: &TenantSettings) -> Result<(), SendError> {
    let TenantSettings { rate_per_second, max_in_flight, retention } = settings;
    let Retention { delivered, dead, log } = retention;
    let [rate, most] = [rate_per_second, max_in_flight].map(|limit| limit.map(|limit| i64::from(limit.get())));
    let [delivered, dead, log] = [delivered, dead, log].map(|time| time.map(milliseconds));
    let sql =
        "INSERT INTO mambo_tenant (name, rate_per_second, max_in_flight, keep_delivered_ms, keep_dead_ms, keep_log_ms)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET rate_per_second = excluded.rate_per_second,
        max_in_flight = excluded.max_in_flight, keep_delivered_ms = excluded.keep_delivered_ms,
        keep_dead_ms = excluded.keep_dead_ms, keep_log_ms = excluded.keep_log_ms";
    let parameters: [Parameter<'_>; 6] = [
        (&tenant.as_str(), Type::TEXT),
        (&rate, Type::INT8),
        (&most, Type::INT8),
        (&delivered, Type::INT8),
        (&dead, Type::INT8),
        (&log, Type::INT8),
    ];
    rows(pool, sql, &parameters).await.map(drop)
}

/// Every tenant that has endpoints, settings or history.
pub(super) async fn reports(pool: &Pool) -> Result<Vec<TenantReport>, SendError> {
    let sql = "WITH endpoints AS (
            SELECT mambo_tenant_of(id) AS name, count(*) AS endpoints FROM mambo_endpoint WHERE state <> 'removed' GROUP BY 1
        ), status AS (
            SELECT mambo_tenant_of(endpoint) AS name, sum(in_flight)::bigint AS in_flight, sum(delivered)::bigint AS delivered,
                sum(dead)::bigint AS dead FROM mambo_status GROUP BY 1
        ), queue AS (
            SELECT mambo_tenant_of(endpoint) AS name, count(*) AS waiting FROM mambo_queue WHERE state < 2 GROUP BY 1
        )
        SELECT name, rate_per_second, max_in_flight, keep_delivered_ms, keep_dead_ms, keep_log_ms, coalesce(endpoints, 0) AS endpoints,
            coalesce(waiting, 0) AS waiting, coalesce(in_flight, 0) AS in_flight, coalesce(delivered, 0) AS delivered,
            coalesce(dead, 0) AS dead
        FROM mambo_tenant FULL JOIN endpoints USING (name) FULL JOIN status USING (name) FULL JOIN queue USING (name)
        ORDER BY name COLLATE \"C\"";
    rows(pool, sql, &[]).await?.iter().map(report).collect()
}

fn report(row: &Row) -> Result<TenantReport, SendError> {
    let count = |column| get(row, column).map(unsigned);
    let limit = |column| -> Result<Option<NonZeroU32>, SendError> {
        Ok(get::<Option<i64>>(row, column)?.and_then(|limit| NonZeroU32::new(unsigned(limit))))
    };
    let time = |column| -> Result<Option<Duration>, SendError> {
        Ok(get::<Option<i64>>(row, column)?.map(|ms| Duration::from_millis(unsigned(ms))))
    };
    let retention =
        Retention { delivered: time("keep_delivered_ms")?, dead: time("keep_dead_ms")?, log: time("keep_log_ms")? };
    let (rate_per_second, max_in_flight) = (limit("rate_per_second")?, limit("max_in_flight")?);
    Ok(TenantReport {
        tenant: Tenant::from_stored(get::<String>(row, "name")?),
        settings: TenantSettings { rate_per_second, max_in_flight, retention },
        endpoints: count("endpoints")?,
        waiting: count("waiting")?,
        in_flight: count("in_flight")?,
        delivered: count("delivered")?,
        dead: count("dead")?,
    })
}
