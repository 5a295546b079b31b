//! The tables, and how a file of an older release becomes one of this release.

use alloc::format;
use alloc::string::ToString;

use rusqlite::Connection;

use crate::send::error::SendError;

/// Each step makes schema n out of schema n - 1. A step that was released is never changed.
const STEPS: [&str; 2] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

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
    // `synchronous` is set per connection, and a build of SQLite may have another default: so it is checked.
    let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" || level != 2 {
        let what = format!("journal_mode is {mode} and synchronous {level}, needs wal and 2");
        return Err(SendError::StoreFailed { what });
    }
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let version = |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    // A look without a lock first: another process may be in the middle of something.
    if version(connection).map_err(failed)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&transaction).map_err(failed)?;
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
