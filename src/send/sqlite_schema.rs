//! The tables, and how a file of an older release becomes one of this release.

use alloc::format;
use alloc::string::ToString;

use rusqlite::Connection;

use super::error::SendError;

/// Each step makes schema n out of schema n - 1. A step that was released is never changed.
const STEPS: [&str; 1] = ["
CREATE TABLE endpoint (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    failing_since INTEGER,
    failures INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    time TEXT,
    data TEXT NOT NULL,
    created INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE
) STRICT;
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event,
    endpoint TEXT NOT NULL REFERENCES endpoint,
    state INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    lease INTEGER,
    lease_until INTEGER
) STRICT;
CREATE INDEX delivery_event ON delivery (event);
CREATE INDEX delivery_due ON delivery (endpoint, lane, due) WHERE state = 0;
CREATE INDEX delivery_next ON delivery (due) WHERE state = 0;
CREATE INDEX delivery_leased ON delivery (endpoint, lease_until) WHERE state = 1;
CREATE INDEX delivery_dead ON delivery (endpoint) WHERE state = 3;
CREATE TABLE attempt (
    delivery INTEGER NOT NULL REFERENCES delivery,
    endpoint TEXT NOT NULL,
    number INTEGER NOT NULL,
    is_manual INTEGER NOT NULL,
    started INTEGER NOT NULL,
    version TEXT,
    elapsed_ms INTEGER NOT NULL,
    status INTEGER,
    failure TEXT,
    remote TEXT,
    body BLOB,
    is_truncated INTEGER NOT NULL
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery);
CREATE INDEX attempt_endpoint ON attempt (endpoint, started);
"];

/// Sets a connection up and brings the file to this release's schema.
///
/// # Errors
/// `store_failed`, `store_newer`; when the file cannot be made to survive a loss of power.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), SendError> {
    let failed = |error: rusqlite::Error| SendError::StoreFailed { what: error.to_string() };
    connection.busy_timeout(core::time::Duration::from_secs(10)).map_err(failed)?;
    let mode: alloc::string::String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").map_err(failed)?;
    // It is a setting of the connection, and a build of SQLite may have another default: look, do not hope.
    let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" || level != 2 {
        let what = format!("journal_mode is {mode} and synchronous {level}, needs wal and 2");
        return Err(SendError::StoreFailed { what });
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(SendError::StoreNewer { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {known}")).map_err(failed)?;
    transaction.commit().map_err(failed)
}
