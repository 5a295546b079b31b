//! What ended comes again or is forgotten, and what waits is set aside, in PostgreSQL.

use core::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::connection::{Parameter, row};
use super::rows::{get, unsigned};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::retention::Retention;
use crate::send::store::contract::{
    ABANDON_STEP, CANCEL_STEP, PRUNE_STEP, RECOVER_STEP, RETAIN_LOG_STEP, RETAIN_PAUSE, Retained,
};
use crate::send::store::report::DeliveryId;
use crate::send::store::request::{Conditions, Prune, Selection};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// Makes ended deliveries ready by hand.
pub(super) async fn retry(pool: &Pool, tenant: &Tenant, selection: Selection) -> Result<u64, SendError> {
    let Conditions { delivery, only_dead, endpoint, from, until } = selection.conditions();
    let key = endpoint.map(|id| tenant.endpoint(&id));
    let parameters: [Parameter<'_>; 6] = [
        (&tenant.as_str(), Type::TEXT),
        (&delivery, Type::INT8),
        (&only_dead, Type::BOOL),
        (&from, Type::INT8),
        (&until, Type::INT8),
        (&key.as_ref().map(EndpointKey::as_stored), Type::TEXT),
    ];
    Ok(unsigned(get(&row(pool, "SELECT mambo_retry($1, $2, $3, $4, $5, $6)", &parameters).await?, 0)?))
}

/// Recovers events for an endpoint among the next ones.
pub(super) async fn recover(
    pool: &Pool,
    key: &EndpointKey,
    since: UnixMillis,
    after: i64,
) -> Result<(u64, Option<i64>), SendError> {
    let parameters: [Parameter<'_>; 4] =
        [(&key.as_stored(), Type::TEXT), (&since.0, Type::INT8), (&after, Type::INT8), (&RECOVER_STEP, Type::INT8)];
    let found = row(pool, "SELECT recovered, last FROM mambo_recover($1, $2, $3, $4)", &parameters).await?;
    Ok((unsigned(get(&found, 0)?), get(&found, 1)?))
}

/// Sets aside some of what waits for removed endpoints.
pub(super) async fn abandon(pool: &Pool) -> Result<u64, SendError> {
    let found = row(pool, "SELECT mambo_abandon($1)", &[(&ABANDON_STEP, Type::INT8)]).await?;
    Ok(unsigned(get(&found, 0)?))
}

/// Sets aside what waits for an endpoint among the next deliveries of the queue.
pub(super) async fn cancel(
    pool: &Pool,
    key: &EndpointKey,
    after: DeliveryId,
) -> Result<(u64, Option<DeliveryId>), SendError> {
    let parameters: [Parameter<'_>; 3] =
        [(&key.as_stored(), Type::TEXT), (&after, Type::INT8), (&CANCEL_STEP, Type::INT8)];
    let found = row(pool, "SELECT cancelled, last FROM mambo_cancel($1, $2, $3)", &parameters).await?;
    Ok((unsigned(get(&found, 0)?), get(&found, 1)?))
}

/// Deletes events among the next ones.
pub(super) async fn prune(pool: &Pool, prune: &Prune, after: i64) -> Result<(u64, Option<i64>), SendError> {
    let Prune { tenant, before, with_dead } = prune;
    let parameters: [Parameter<'_>; 5] = [
        (&tenant.as_ref().map(Tenant::as_str), Type::TEXT),
        (&before.0, Type::INT8),
        (with_dead, Type::BOOL),
        (&after, Type::INT8),
        (&PRUNE_STEP, Type::INT8),
    ];
    let found = row(pool, "SELECT events, last FROM mambo_prune($1, $2, $3, $4, $5)", &parameters).await?;
    Ok((unsigned(get(&found, 0)?), get(&found, 1)?))
}

/// One step of retention.
pub(super) async fn retain(pool: &Pool, retention: Retention) -> Result<Retained, SendError> {
    let Retention { delivered, dead, log } = retention;
    let [delivered, dead, log] = [delivered, dead, log].map(|time| time.map(milliseconds));
    let parameters: [Parameter<'_>; 6] = [
        (&delivered, Type::INT8),
        (&dead, Type::INT8),
        (&log, Type::INT8),
        (&PRUNE_STEP, Type::INT8),
        (&RETAIN_LOG_STEP, Type::INT8),
        (&milliseconds(RETAIN_PAUSE), Type::INT8),
    ];
    let found = row(pool, "SELECT * FROM mambo_retain($1, $2, $3, $4, $5, $6)", &parameters).await?;
    let next_in = Duration::from_millis(unsigned(get(&found, "next_in_ms")?));
    Ok(Retained { events: unsigned(get(&found, "events")?), attempts: unsigned(get(&found, "attempts")?), next_in })
}
