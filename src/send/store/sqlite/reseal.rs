//! Sealing what a file holds, and overwriting what it held.

use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

use rusqlite::{Connection, params};

use super::error::failed;
use super::open::connect;
use crate::send::error::SendError;
use crate::send::seal::Seal;
use crate::send::store::contract::SEAL_STEP;
use crate::send::tenant::{EndpointKey, Tenant};

/// Seals every endpoint that is not sealed under the current key; answers with how many.
pub(super) fn endpoints(connection: &Connection, seal: &Seal) -> Result<u64, SendError> {
    let sql = "SELECT id, settings, state FROM endpoint WHERE state <> 'removed'";
    let mut rows = connection.prepare_cached(sql).map_err(failed)?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    let all: Vec<(String, String, String)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    let mut count = 0_u64;
    for (key, settings, state) in all {
        let key = EndpointKey::from_stored(key);
        if let Some(sealed) = seal.reseal_settings(&key, &settings, &state)? {
            let sql =
                "UPDATE endpoint SET settings = ?2, revision = 1 + (SELECT max(revision) FROM endpoint) WHERE id = ?1";
            connection.execute(sql, params![key.as_stored(), sealed]).map_err(failed)?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// Seals the data of the next events. Returns how many, and the number to continue after.
pub(super) fn payloads(connection: &Connection, seal: &Seal, after: i64) -> Result<(u64, Option<i64>), SendError> {
    let sql = "SELECT number, tenant, id, data FROM event WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut rows = connection.prepare_cached(sql).map_err(failed)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, i64>(0)?,
            Tenant::from_stored(row.get(1)?),
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
        ))
    };
    let rows = rows.query_map(params![after, SEAL_STEP], read).map_err(failed)?;
    let (mut count, mut last) = (0_u64, None);
    for row in rows.collect::<Result<Vec<_>, _>>().map_err(failed)? {
        let (number, tenant, id, data) = row;
        last = Some(number);
        if let Some(sealed) = seal.reseal_data(&tenant, &id, &data)? {
            connection
                .execute("UPDATE event SET data = ?2 WHERE number = ?1", params![number, sealed])
                .map_err(failed)?;
            count = count.saturating_add(1);
        }
    }
    Ok((count, last))
}

/// Writes the file anew without what was deleted, and empties the write-ahead log.
pub(super) fn scrub(path: &Path) -> Result<(), SendError> {
    let connection = connect(path, false)?;
    connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").map_err(failed)
}
