//! Leases in PostgreSQL: extended, given back, or ended without a word of their worker.

use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashSet;

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::rows::{get, key, unsigned};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::notice::Notice;
use crate::send::store::contract::{Lease, MAX_CRASHES_PER_DELIVERY, Reclaimed};
use crate::version::Version;

/// Makes deliveries ready again whose lease ended.
pub(super) async fn reclaim_expired(pool: &Pool, server: Version) -> Result<Reclaimed, SendError> {
    let server = alloc::format!("{server}");
    let parameters: [Parameter<'_>; 2] = [(&i64::from(MAX_CRASHES_PER_DELIVERY), Type::INT8), (&server, Type::TEXT)];
    let mut reclaimed = Reclaimed::default();
    for row in &rows(pool, "SELECT * FROM mambo_reclaim($1, $2)", &parameters).await? {
        match get::<Option<i64>>(row, "number")? {
            Some(delivery) => reclaimed.notices.push(Notice::DeliveryDead {
                endpoint: key(row, "endpoint")?,
                delivery,
                event: get(row, "event")?,
                event_type: get(row, "event_type")?,
            }),
            None => reclaimed.leases = unsigned(get(row, "expired")?),
        }
    }
    Ok(reclaimed)
}

/// Lets leases end later; answers with those that are lost.
pub(super) async fn extend(pool: &Pool, leases: Vec<Lease>, lease: Duration) -> Result<Vec<Lease>, SendError> {
    let sql = "UPDATE mambo_queue q SET lease_until = mambo_now() + $3 FROM unnest($1, $2) AS given (number, lease)
        WHERE q.number = given.number AND q.lease = given.lease AND q.state = 2 RETURNING q.number, q.lease";
    let (numbers, tokens) = columns(&leases);
    let parameters: [Parameter<'_>; 3] =
        [(&numbers, Type::INT8_ARRAY), (&tokens, Type::INT8_ARRAY), (&milliseconds(lease), Type::INT8)];
    let found = rows(pool, sql, &parameters).await?;
    let held = leases_of(&found)?;
    Ok(leases.into_iter().filter(|lease| !held.contains(&(lease.delivery, lease.token))).collect())
}

/// Gives back deliveries that were not attempted.
pub(super) async fn release(pool: &Pool, leases: &[Lease]) -> Result<(), SendError> {
    let (numbers, tokens) = columns(leases);
    let parameters: [Parameter<'_>; 2] = [(&numbers, Type::INT8_ARRAY), (&tokens, Type::INT8_ARRAY)];
    rows(pool, "SELECT mambo_release($1, $2)", &parameters).await.map(drop)
}

/// The columns number and lease.
pub(super) fn leases_of(rows: &[Row]) -> Result<HashSet<(i64, i64)>, SendError> {
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// Leases as two columns.
pub(super) fn columns<'a>(leases: impl IntoIterator<Item = &'a Lease>) -> (Vec<i64>, Vec<i64>) {
    leases.into_iter().map(|lease| (lease.delivery, lease.token)).unzip()
}
