//! Sealing what a file holds, and overwriting what it held.

use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

use rusqlite::{Connection, Row, params};

use super::error::failed;
use super::open::connect;
use crate::send::error::SendError;
use crate::send::seal::Seal;
use crate::send::store::contract::SEAL_STEP;
use crate::send::store::report::SealReport;
use crate::send::tenant::{EndpointKey, Tenant};

/// Seals the next endpoints, which no other process changes meanwhile: it is one transaction that writes.
pub(super) fn endpoints(
    connection: &Connection,
    seal: &Seal,
    after: &str,
) -> Result<(SealReport, Option<String>), SendError> {
    let sql = "SELECT id, settings, state, 1 + (SELECT max(revision) FROM endpoint) FROM endpoint
        WHERE id > ?1 AND state <> 'removed' ORDER BY id LIMIT ?2";
    let mut rows = connection.prepare_cached(sql).map_err(failed)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let rows = rows.query_map(params![after, SEAL_STEP], read).map_err(failed)?;
    let found: Vec<(String, String, String, i64)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    let (mut report, mut last) = (SealReport::default(), None);
    for (id, settings, state, revision) in found {
        let key = EndpointKey::from_stored(id.clone());
        last = Some(id);
        match seal.reseal_settings(&key, &settings, &state) {
            Ok(Some(sealed)) => {
                let sql = "UPDATE endpoint SET settings = ?2, revision = ?3 WHERE id = ?1";
                connection.execute(sql, params![key.as_stored(), sealed, revision]).map_err(failed)?;
                report.endpoints = report.endpoints.saturating_add(1);
            }
            Ok(None) => {}
            Err(error) => report.skip(error)?,
        }
    }
    Ok((report, last))
}

/// Seals the data of the next events.
pub(super) fn payloads(
    connection: &Connection,
    seal: &Seal,
    after: i64,
) -> Result<(SealReport, Option<i64>), SendError> {
    let sql = "SELECT number, tenant, id, data FROM event WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut rows = connection.prepare_cached(sql).map_err(failed)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, Tenant::from_stored(row.get(1)?), row.get(2)?, row.get(3)?));
    let rows = rows.query_map(params![after, SEAL_STEP], read).map_err(failed)?;
    let found: Vec<(i64, Tenant, String, String)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    let (mut report, mut last) = (SealReport::default(), None);
    for (number, tenant, id, data) in found {
        last = Some(number);
        match seal.reseal_data(&tenant, &id, &data) {
            Ok(Some(sealed)) => {
                let sql = "UPDATE event SET data = ?2 WHERE number = ?1";
                connection.execute(sql, params![number, sealed]).map_err(failed)?;
                report.events = report.events.saturating_add(1);
            }
            Ok(None) => {}
            Err(error) => report.skip(error)?,
        }
    }
    Ok((report, last))
}

/// Writes the file anew without what was deleted or replaced, and empties the write-ahead log.
pub(super) fn scrub(path: &Path) -> Result<(), SendError> {
    let connection = connect(path, false)?;
    connection.execute_batch("VACUUM").map_err(failed)?;
    // A checkpoint that a reader prevents does not fail, but says so in its row.
    let is_busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failed)?;
    if is_busy {
        let what = "all is sealed, but another program reads the file, so its write-ahead log could not be emptied; \
                    end that program and run `seal` again";
        return Err(SendError::StoreFailed { what: what.into() });
    }
    Ok(())
}
