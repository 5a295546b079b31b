//! Sealing what a database holds.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::rows::{get, key};
use crate::send::error::SendError;
use crate::send::seal::Seal;
use crate::send::store::contract::SEAL_STEP;
use crate::send::store::report::SealReport;
use crate::send::tenant::Tenant;

/// Seals the next endpoints. Those that another process changed meanwhile are read again.
pub(super) async fn endpoints(
    pool: &Pool,
    seal: &Seal,
    after: String,
) -> Result<(SealReport, Option<String>), SendError> {
    let mut sealed_count = 0_u64;
    loop {
        let (mut report, mut last, mut is_changed) = (SealReport::default(), None, false);
        let sql = "SELECT id, settings, state, revision FROM mambo_endpoint
            WHERE id > $1 AND state <> 'removed' ORDER BY id LIMIT $2";
        for row in rows(pool, sql, &[(&after, Type::TEXT), (&SEAL_STEP, Type::INT8)]).await? {
            let key = key(&row, "id")?;
            last = Some(key.as_stored().to_string());
            let sealed = match seal.reseal_settings(&key, get(&row, "settings")?, get(&row, "state")?) {
                Ok(Some(sealed)) => sealed,
                Ok(None) => continue,
                Err(error) => {
                    report.skip(error)?;
                    continue;
                }
            };
            let sql = "UPDATE mambo_endpoint SET settings = $2, revision = nextval('mambo_revision')
                WHERE id = $1 AND revision = $3 RETURNING 1";
            let parameters: [Parameter<'_>; 3] =
                [(&key.as_stored(), Type::TEXT), (&sealed, Type::TEXT), (&get::<i64>(&row, "revision")?, Type::INT8)];
            if rows(pool, sql, &parameters).await?.is_empty() {
                is_changed = true;
            } else {
                sealed_count = sealed_count.saturating_add(1);
            }
        }
        if !is_changed {
            report.endpoints = sealed_count;
            return Ok((report, last));
        }
    }
}

/// Seals the data of the next events.
pub(super) async fn payloads(pool: &Pool, seal: &Seal, after: i64) -> Result<(SealReport, Option<i64>), SendError> {
    let sql = "SELECT number, tenant, id, data FROM mambo_event WHERE number > $1 ORDER BY number LIMIT $2";
    let found = rows(pool, sql, &[(&after, Type::INT8), (&SEAL_STEP, Type::INT8)]).await?;
    let (mut report, mut numbers, mut datas) = (SealReport::default(), Vec::<i64>::new(), Vec::<String>::new());
    for row in &found {
        let tenant = Tenant::from_stored(get(row, "tenant")?);
        match seal.reseal_data(&tenant, get(row, "id")?, get(row, "data")?) {
            Ok(Some(sealed)) => {
                numbers.push(get(row, "number")?);
                datas.push(sealed);
            }
            Ok(None) => {}
            Err(error) => report.skip(error)?,
        }
    }
    let sql = "UPDATE mambo_event e SET data = given.data FROM unnest($1, $2) AS given (number, data) WHERE e.number = given.number";
    rows(pool, sql, &[(&numbers, Type::INT8_ARRAY), (&datas, Type::TEXT_ARRAY)]).await?;
    report.events = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
    let last = found.last().map(|row| get(row, "number")).transpose()?;
    Ok((report, last))
}
