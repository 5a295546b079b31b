//! Sealing what a database holds.

use alloc::string::String;
use alloc::vec::Vec;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::rows::{get, key};
use crate::send::error::SendError;
use crate::send::seal::Seal;
use crate::send::store::contract::SEAL_STEP;
use crate::send::tenant::Tenant;

/// Seals every endpoint that is not sealed under the current key; answers with how many. One that another process changed
/// meanwhile is read again.
pub(super) async fn endpoints(pool: &Pool, seal: &Seal) -> Result<u64, SendError> {
    let mut count = 0_u64;
    loop {
        let mut is_changed = false;
        let sql = "SELECT id, settings, state, revision FROM mambo_endpoint WHERE state <> 'removed'";
        for row in rows(pool, sql, &[]).await? {
            let key = key(&row, "id")?;
            let Some(sealed) = seal.reseal_settings(&key, get(&row, "settings")?, get(&row, "state")?)? else {
                continue;
            };
            let sql = "UPDATE mambo_endpoint SET settings = $2, revision = nextval('mambo_revision')
                WHERE id = $1 AND revision = $3 RETURNING 1";
            let parameters: [Parameter<'_>; 3] =
                [(&key.as_stored(), Type::TEXT), (&sealed, Type::TEXT), (&get::<i64>(&row, "revision")?, Type::INT8)];
            if rows(pool, sql, &parameters).await?.is_empty() {
                is_changed = true;
            } else {
                count = count.saturating_add(1);
            }
        }
        if !is_changed {
            return Ok(count);
        }
    }
}

/// Seals the data of the next events. Returns how many, and the number to continue after.
pub(super) async fn payloads(pool: &Pool, seal: &Seal, after: i64) -> Result<(u64, Option<i64>), SendError> {
    let sql = "SELECT number, tenant, id, data FROM mambo_event WHERE number > $1 ORDER BY number LIMIT $2";
    let found = rows(pool, sql, &[(&after, Type::INT8), (&SEAL_STEP, Type::INT8)]).await?;
    let (mut numbers, mut datas): (Vec<i64>, Vec<String>) = (Vec::new(), Vec::new());
    for row in &found {
        let tenant = Tenant::from_stored(get(row, "tenant")?);
        if let Some(sealed) = seal.reseal_data(&tenant, get(row, "id")?, get(row, "data")?)? {
            numbers.push(get(row, "number")?);
            datas.push(sealed);
        }
    }
    let sql = "UPDATE mambo_event e SET data = given.data FROM unnest($1, $2) AS given (number, data) WHERE e.number = given.number";
    rows(pool, sql, &[(&numbers, Type::INT8_ARRAY), (&datas, Type::TEXT_ARRAY)]).await?;
    let last = found.last().map(|row| get(row, "number")).transpose()?;
    Ok((u64::try_from(numbers.len()).unwrap_or(u64::MAX), last))
}
