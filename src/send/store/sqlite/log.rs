//! The delivery log, in SQLite.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use rusqlite::{Connection, Row, params};

use crate::send::outcome::{AttemptRecord, AttemptResponse, Failure};
use crate::send::store::report::{AttemptTiming, LogLine, LogQuery};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// Lines of the log, newest first.
pub(super) fn log(connection: &Connection, query: &LogQuery) -> rusqlite::Result<Vec<LogLine>> {
    let LogQuery { tenant, delivery, event, only_failed, limit, .. } = query;
    let (start, end) = tenant.as_ref().map(Tenant::key_range).unzip();
    let (key, tenant) = (query.key(), tenant.as_ref().map(Tenant::as_str));
    let key = key.as_ref().map(EndpointKey::as_stored);
    let sql =
        "SELECT a.delivery, e.id, e.event_type, a.endpoint, q.state, d.state, a.number, a.is_manual, a.started, a.version,
            a.status, a.failure, a.body, a.is_truncated, a.elapsed_ms, a.remote,
            coalesce(q.replays, d.replays)
        FROM attempt a LEFT JOIN queue q ON q.number = a.delivery LEFT JOIN delivery d ON d.number = a.delivery
        JOIN event e ON e.number = coalesce(q.event, d.event)
        WHERE (?1 IS NULL OR a.delivery = ?1) AND (?2 IS NULL OR a.endpoint = ?2)
            AND (?3 IS NULL OR a.delivery IN (
                SELECT q.number FROM event e JOIN queue q ON q.event = e.number WHERE e.id = ?3 AND (?6 IS NULL OR e.tenant = ?6)
                UNION ALL SELECT d.number FROM event e JOIN delivery d ON d.event = e.number
                WHERE e.id = ?3 AND (?6 IS NULL OR e.tenant = ?6)))
            AND (?7 IS NULL OR (a.endpoint >= ?7 AND a.endpoint < ?8))
            AND (NOT ?4 OR a.status IS NULL OR a.status NOT BETWEEN 200 AND 299)
        ORDER BY a.id DESC LIMIT ?5";
    let mut rows = connection.prepare_cached(sql)?;
    let row = params![delivery, key, event, only_failed, limit, tenant, start, end];
    rows.query_map(row, line)?.collect()
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
    let endpoint = EndpointKey::from_stored(row.get(3)?);
    Ok(LogLine { delivery, event, event_type: row.get(2)?, endpoint, state, replays: row.get(16)?, attempt })
}

/// How long the attempts behind an id took; the latest ones if it is negative.
pub(super) fn timings(connection: &Connection, after: i64, most: u32) -> rusqlite::Result<Vec<AttemptTiming>> {
    let sql = if after < 0 {
        "SELECT * FROM (SELECT id, endpoint, started, elapsed_ms, status, is_manual FROM attempt WHERE id > ?1
            ORDER BY id DESC LIMIT ?2) ORDER BY id"
    } else {
        "SELECT id, endpoint, started, elapsed_ms, status, is_manual FROM attempt WHERE id > ?1 ORDER BY id LIMIT ?2"
    };
    let read = |row: &Row<'_>| {
        Ok(AttemptTiming {
            id: row.get(0)?,
            endpoint: EndpointKey::from_stored(row.get(1)?),
            started: UnixMillis(row.get(2)?),
            elapsed: Duration::from_millis(unsigned(row.get(3)?)),
            status: row.get(4)?,
            is_manual: row.get(5)?,
        })
    };
    connection.prepare_cached(sql)?.query_map(params![after, most], read)?.collect()
}

/// A number that is never negative.
pub(super) fn unsigned(number: i64) -> u64 {
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
