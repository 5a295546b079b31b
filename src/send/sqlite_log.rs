//! The delivery log and what can be counted from it, in SQLite.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rusqlite::{Connection, Row, params};

use super::endpoint::Endpoint;
use super::outcome::{Answer, AttemptRecord, Failure};
use super::sqlite_claim::parsed;
use super::store::{Counts, EndpointHealth, LogLine, LogQuery, STATES};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) fn log(connection: &Connection, query: &LogQuery) -> rusqlite::Result<Vec<LogLine>> {
    let LogQuery { delivery, endpoint, event, only_failed, limit } = query;
    let sql = "SELECT attempt.delivery, event.id, event.kind, attempt.endpoint, delivery.state, attempt.number,
            is_manual, started, attempt.version, status, failure, body, is_truncated, elapsed_ms, remote
        FROM attempt JOIN delivery ON delivery.number = attempt.delivery JOIN event ON event.number = delivery.event
        WHERE (?1 IS NULL OR attempt.delivery = ?1) AND (?2 IS NULL OR attempt.endpoint = ?2)
            AND (?3 IS NULL OR event.id = ?3) AND (NOT ?4 OR status IS NULL OR status NOT BETWEEN 200 AND 299)
        ORDER BY attempt.rowid DESC LIMIT ?5";
    let mut rows = connection.prepare_cached(sql)?;
    rows.query_map(params![delivery, endpoint, event, only_failed, limit], line)?.collect()
}

fn line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    let failure: Option<String> = row.get(10)?;
    let version: Option<String> = row.get(8)?;
    let answer = Answer {
        status: row.get(9)?,
        failure: failure.as_deref().and_then(Failure::from_name),
        retry_after_ms: None,
        body: row.get::<_, Option<Vec<u8>>>(11)?.unwrap_or_default(),
        is_truncated: row.get(12)?,
        elapsed_ms: unsigned(row.get(13)?),
        remote: row.get(14)?,
    };
    let attempt = AttemptRecord {
        number: row.get(5)?,
        is_manual: row.get(6)?,
        started: UnixMillis(row.get(7)?),
        version: version.map(|version| parsed(8, &version)).transpose()?,
        answer,
    };
    let state: u8 = row.get(4)?;
    Ok(LogLine {
        delivery: row.get(0)?,
        event: row.get(1)?,
        kind: row.get(2)?,
        endpoint: row.get(3)?,
        state: STATES.get(usize::from(state)).copied().unwrap_or_default(),
        attempt,
    })
}

/// How many deliveries are in which state.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    let count = |state: i64| {
        let sql = "SELECT count(*) FROM delivery WHERE state = ?1";
        connection.prepare_cached(sql)?.query_row([state], |row| row.get(0)).map(unsigned)
    };
    Ok(Counts { waiting: count(0)?, leased: count(1)?, delivered: count(2)?, dead: count(3)? })
}

/// Every endpoint with its record since a moment.
pub(super) fn health(
    connection: &Connection,
    endpoints: &[Arc<Endpoint>],
    since: UnixMillis,
) -> rusqlite::Result<Vec<EndpointHealth>> {
    endpoints.iter().map(|endpoint| one(connection, endpoint, since)).collect()
}

fn one(connection: &Connection, endpoint: &Arc<Endpoint>, since: UnixMillis) -> rusqlite::Result<EndpointHealth> {
    let id = &endpoint.id;
    let sql = "SELECT failing_since, failures FROM endpoint WHERE id = ?1";
    let (failing_since, failures): (Option<i64>, u32) =
        connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = |state: i64| {
        let sql = "SELECT count(*) FROM delivery WHERE state = ?2 AND endpoint = ?1";
        connection.prepare_cached(sql)?.query_row(params![id, state], |row| row.get(0)).map(unsigned)
    };
    let sql = "SELECT count(*), count(*) FILTER (WHERE status BETWEEN 200 AND 299) FROM attempt
        WHERE endpoint = ?1 AND started >= ?2";
    let row = |row: &Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)));
    let (attempts, delivered) = connection.prepare_cached(sql)?.query_row(params![id, since.0], row)?;
    let percentile = |percent: u64| {
        // The smallest time that so many of a hundred do not exceed.
        let rank = attempts.saturating_mul(percent).div_ceil(100).saturating_sub(1);
        let sql = "SELECT elapsed_ms FROM attempt WHERE endpoint = ?1 AND started >= ?2 ORDER BY elapsed_ms LIMIT 1 OFFSET ?3";
        let rank = i64::try_from(rank).unwrap_or(i64::MAX);
        let found = connection.prepare_cached(sql)?.query_row(params![id, since.0, rank], |row| row.get(0));
        rusqlite::OptionalExtension::optional(found).map(|found| unsigned(found.unwrap_or(0)))
    };
    Ok(EndpointHealth {
        endpoint: Arc::clone(endpoint),
        failing_since: failing_since.map(UnixMillis),
        failures,
        waiting: count(0)?,
        dead: count(3)?,
        attempts,
        delivered,
        p50_ms: percentile(50)?,
        p99_ms: percentile(99)?,
    })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
