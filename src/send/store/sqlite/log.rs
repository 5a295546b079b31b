//! The delivery log and what can be counted from it, in SQLite.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::endpoints::{Endpoints, Known};
use crate::send::outcome::{AttemptRecord, AttemptResponse, Failure};
use crate::send::store::observed::{BREAKER_TIMEOUTS, breaker};
use crate::send::store::report::{DeliveryCounts, EndpointHealth, HEALTH_ATTEMPTS, LogLine, LogQuery};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) fn log(connection: &Connection, query: &LogQuery) -> rusqlite::Result<Vec<LogLine>> {
    let LogQuery { delivery, endpoint, event, only_failed, limit } = query;
    let sql =
        "SELECT a.delivery, e.id, e.event_type, a.endpoint, q.state, d.state, a.number, a.is_manual, a.started, a.version,
            a.status, a.failure, a.body, a.is_truncated, a.elapsed_ms, a.remote
        FROM attempt a LEFT JOIN queue q ON q.number = a.delivery LEFT JOIN delivery d ON d.number = a.delivery
        JOIN event e ON e.number = coalesce(q.event, d.event)
        WHERE (?1 IS NULL OR a.delivery = ?1) AND (?2 IS NULL OR a.endpoint = ?2)
            AND (?3 IS NULL OR a.delivery IN (
                SELECT number FROM queue WHERE event = (SELECT number FROM event WHERE id = ?3)
                UNION ALL SELECT number FROM delivery WHERE event = (SELECT number FROM event WHERE id = ?3)))
            AND (NOT ?4 OR a.status IS NULL OR a.status NOT BETWEEN 200 AND 299)
        ORDER BY a.id DESC LIMIT ?5";
    let mut rows = connection.prepare_cached(sql)?;
    rows.query_map(params![delivery, endpoint, event, only_failed, limit], line)?.collect()
}

fn line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    let failure: Option<String> = row.get(11)?;
    let version: Option<String> = row.get(9)?;
    let answer = AttemptResponse {
        status: row.get(10)?,
        failure: failure.as_deref().and_then(Failure::from_name),
        retry_after: None,
        body: row.get::<_, Option<Vec<u8>>>(12)?.unwrap_or_default(),
        is_truncated: row.get(13)?,
        elapsed: Duration::from_millis(unsigned(row.get(14)?)),
        remote: row.get(15)?,
    };
    let attempt = AttemptRecord {
        number: row.get(6)?,
        is_manual: row.get(7)?,
        started: UnixMillis(row.get(8)?),
        version: version.map(|version| parsed(9, &version)).transpose()?,
        answer,
    };
    let state = match (row.get::<_, Option<i64>>(4)?, row.get::<_, Option<i64>>(5)?) {
        (Some(2), _) => "leased",
        (Some(_), _) => "waiting",
        (None, Some(2)) => "delivered",
        (None, _) => "dead",
    };
    let (delivery, event) = (row.get(0)?, row.get(1)?);
    Ok(LogLine { delivery, event, event_type: row.get(2)?, endpoint: row.get(3)?, state, attempt })
}

/// Counts deliveries by state. Only waiting ones are counted row by row; the others have running totals.
pub(super) fn counts(connection: &Connection, endpoints: &Endpoints) -> rusqlite::Result<DeliveryCounts> {
    let sql = "SELECT (SELECT count(*) FROM queue WHERE state = 0) + (SELECT count(*) FROM queue WHERE state = 1),
        coalesce(sum(in_flight), 0), coalesce(sum(delivered), 0), coalesce(sum(dead), 0),
        count(*) FILTER (WHERE timeouts >= ?1) FROM status";
    let mut counts = connection.prepare_cached(sql)?.query_row([BREAKER_TIMEOUTS], |row| {
        let count = |at: usize| row.get(at).map(unsigned);
        Ok(DeliveryCounts {
            waiting: count(0)?,
            leased: count(1)?,
            delivered: count(2)?,
            dead: count(3)?,
            breakers_open: count(4)?,
            unreadable: 0,
        })
    })?;
    let unreadable = endpoints.all().iter().filter(|known| known.endpoint.is_none()).count();
    counts.unreadable = u64::try_from(unreadable).unwrap_or(u64::MAX);
    Ok(counts)
}

/// Every endpoint with its record since a time.
pub(super) fn health(
    connection: &Connection,
    endpoints: &Endpoints,
    since: UnixMillis,
    now: UnixMillis,
) -> rusqlite::Result<Vec<EndpointHealth>> {
    let sql = "SELECT endpoint, count(*) FROM queue WHERE state < 2 GROUP BY endpoint";
    let mut rows = connection.prepare_cached(sql)?;
    let waiting = rows.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
    let waiting: HashMap<String, u64> = waiting.collect::<Result<_, _>>()?;
    let one = |known: &Known| {
        let health = one(connection, known, since, now)?;
        Ok(EndpointHealth { waiting: waiting.get(&known.id).copied().unwrap_or(0), ..health })
    };
    endpoints.all().iter().map(one).collect()
}

fn one(connection: &Connection, known: &Known, since: UnixMillis, now: UnixMillis) -> rusqlite::Result<EndpointHealth> {
    let sql = "SELECT status, elapsed_ms FROM attempt WHERE endpoint = ?1 AND started >= ?2 AND NOT is_manual
         ORDER BY started DESC LIMIT ?3";
    let mut rows = connection.prepare_cached(sql)?;
    let rows = rows.query_map(params![known.id, since.0, HEALTH_ATTEMPTS], |row| {
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
    connection.prepare_cached(sql)?.query_row([&known.id], |row| {
        Ok(EndpointHealth {
            id: known.id.clone(),
            endpoint: known.endpoint.as_ref().map(Arc::clone),
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

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A value in its stored text.
pub(super) fn parsed<T: core::str::FromStr>(column: usize, text: &str) -> rusqlite::Result<T> {
    let unread = || {
        let what = alloc::format!("`{text}` cannot be read").into();
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what)
    };
    text.parse().map_err(|_| unread())
}
