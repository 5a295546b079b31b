//! Writing the delivery log, in SQLite.

use alloc::string::{String, ToString};

use rusqlite::{Connection, params};

use crate::send::clock::milliseconds;
use crate::send::outcome::{AttemptRecord, Failure};

/// Writes a line of the log.
pub(super) fn record(
    connection: &Connection,
    delivery: i64,
    endpoint: &str,
    attempt: &AttemptRecord,
) -> rusqlite::Result<()> {
    let AttemptRecord { number, is_manual, started, version, answer } = attempt;
    let version: Option<String> = version.map(|version| version.to_string());
    let elapsed = milliseconds(answer.elapsed);
    let failure = answer.failure.map(Failure::as_str);
    let body = Some(&answer.body).filter(|body| !body.is_empty());
    let sql = "INSERT INTO attempt
        (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, failure, remote, body, is_truncated)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let row = params![
        delivery,
        endpoint,
        number,
        is_manual,
        started.0,
        version,
        elapsed,
        answer.status,
        failure,
        answer.remote,
        body,
        answer.is_truncated
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}
