//! What can be counted of deliveries and endpoints, in SQLite.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::endpoints::{Endpoints, Known};
use super::log::unsigned;
use crate::send::store::observed::{BREAKER_TIMEOUTS, breaker};
use crate::send::store::report::{DeliveryCounts, EndpointHealth, HEALTH_ATTEMPTS};
use crate::send::tenant::Tenant;
use crate::time::UnixMillis;

/// Counts deliveries by state. Only waiting ones are counted row by row; the others have running totals.
pub(super) fn counts(
    connection: &Connection,
    endpoints: &Endpoints,
    tenant: Option<&Tenant>,
) -> rusqlite::Result<DeliveryCounts> {
    let (start, end) = tenant.map(Tenant::key_range).unzip();
    let sql = "SELECT coalesce(sum(in_flight), 0), coalesce(sum(delivered), 0), coalesce(sum(dead), 0),
        count(*) FILTER (WHERE timeouts >= ?1) FROM status WHERE ?2 IS NULL OR (endpoint >= ?2 AND endpoint < ?3)";
    let row = params![BREAKER_TIMEOUTS, start, end];
    let mut counts = connection.prepare_cached(sql)?.query_row(row, |row| {
        let count = |at: usize| row.get(at).map(unsigned);
        let (leased, delivered, dead, breakers_open) = (count(0)?, count(1)?, count(2)?, count(3)?);
        Ok(DeliveryCounts { leased, delivered, dead, breakers_open, ..DeliveryCounts::default() })
    })?;
    let waiting = |sql: &str| connection.prepare_cached(sql)?.query_row(params![start, end], |row| row.get(0));
    let inside = "(?1 IS NULL OR (endpoint >= ?1 AND endpoint < ?2))";
    counts.scheduled = unsigned(waiting(&["SELECT count(*) FROM queue WHERE state = 0 AND ", inside].concat())?);
    counts.ready = unsigned(waiting(&["SELECT count(*) FROM queue WHERE state = 1 AND ", inside].concat())?);
    counts.oldest = oldest(connection, tenant)?.map(UnixMillis);
    let unreadable = endpoints.of(tenant).iter().filter(|known| known.endpoint.is_err()).count();
    counts.unreadable = u64::try_from(unreadable).unwrap_or(u64::MAX);
    Ok(counts)
}

/// When the oldest event came in that waits or is in flight.
fn oldest(connection: &Connection, tenant: Option<&Tenant>) -> rusqlite::Result<Option<i64>> {
    let (start, end) = tenant.map(Tenant::key_range).unzip();
    let sql = match tenant {
        Some(_) => {
            "SELECT created FROM event WHERE number = (SELECT min(event) FROM queue WHERE endpoint >= ?1 AND endpoint < ?2)"
        }
        None => "SELECT created FROM event WHERE number = (SELECT min(event) FROM queue) AND ?1 IS NULL AND ?2 IS NULL",
    };
    connection.prepare_cached(sql)?.query_row(params![start, end], |row| row.get(0)).optional()
}

/// Every endpoint with its record since a time.
pub(super) fn health(
    connection: &Connection,
    endpoints: &Endpoints,
    tenant: Option<&Tenant>,
    since: UnixMillis,
    now: UnixMillis,
) -> rusqlite::Result<Vec<EndpointHealth>> {
    let sql = "SELECT endpoint, count(*) FROM queue WHERE state < 2 GROUP BY endpoint";
    let mut rows = connection.prepare_cached(sql)?;
    let waiting = rows.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
    let waiting: HashMap<String, u64> = waiting.collect::<Result<_, _>>()?;
    let one = |known: &Known| {
        let health = one(connection, known, since, now)?;
        Ok(EndpointHealth { waiting: waiting.get(known.key.as_stored()).copied().unwrap_or(0), ..health })
    };
    endpoints.of(tenant).iter().map(one).collect()
}

fn one(connection: &Connection, known: &Known, since: UnixMillis, now: UnixMillis) -> rusqlite::Result<EndpointHealth> {
    let sql = "SELECT status, elapsed_ms FROM attempt WHERE endpoint = ?1 AND started >= ?2 AND NOT is_manual
         ORDER BY started DESC LIMIT ?3";
    let mut rows = connection.prepare_cached(sql)?;
    let rows = rows.query_map(params![known.key.as_stored(), since.0, HEALTH_ATTEMPTS], |row| {
        Ok((row.get::<_, Option<u16>>(0)?, unsigned(row.get(1)?)))
    })?;
    let attempts: Vec<(Option<u16>, u64)> = rows.collect::<Result<_, _>>()?;
    let delivered = attempts.iter().filter(|(status, _)| status.is_some_and(|status| (200..300).contains(&status)));
    let mut times: Vec<u64> = attempts.iter().map(|(_, elapsed)| *elapsed).collect();
    times.sort_unstable();
    let percentile = |percent: usize| {
        // The smallest time that so many of a hundred do not exceed.
        let rank = times.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
        times.get(rank).copied().unwrap_or(0)
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let sql = "SELECT failing_since, failures, timeouts, open_until, in_flight, dead FROM status WHERE endpoint = ?1";
    connection.prepare_cached(sql)?.query_row([known.key.as_stored()], |row| {
        Ok(EndpointHealth {
            key: known.key.clone(),
            endpoint: known.endpoint.as_ref().ok().map(Arc::clone),
            failing_since: row.get::<_, Option<i64>>(0)?.map(UnixMillis),
            failures: row.get(1)?,
            breaker: breaker(row.get(2)?, UnixMillis(row.get(3)?), now),
            waiting: 0,
            in_flight: unsigned(row.get(4)?),
            dead: unsigned(row.get(5)?),
            attempts: count(times.len()),
            delivered: count(delivered.count()),
            p50: Duration::from_millis(percentile(50)),
            p99: Duration::from_millis(percentile(99)),
        })
    })
}
