//! Claims in PostgreSQL: each one call of `mambo_claim`.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::Pool;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::endpoints::Endpoints;
use super::lease::release;
use super::rows::{event, get, key, unsigned};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::store::contract::{Capacity, Claim, Claimed, Lease};
use crate::send::store::hot::Hot;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;

/// The state between claims: the last one's number, and where it ended ([`Hot`]), so that every endpoint gets its turn.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<(i64, Hot)>);

/// Where a claim looks: which claim it is, behind which keys, and at which endpoints only.
#[derive(Clone, Debug)]
struct Look {
    number: i64,
    after: String,
    after_of: Vec<EndpointKey>,
    hot: Option<Vec<EndpointKey>>,
}

impl Turn {
    fn next(&self) -> Look {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turn.0 = turn.0.wrapping_add(1) & i64::from(u32::MAX);
        let after_of = turn.1.after_of().map(|(_, key)| key.clone()).collect();
        Look { number: turn.0, after: turn.1.after().into(), after_of, hot: turn.1.endpoints() }
    }

    fn is_enough(&self, claimed: &mut Claimed, has_ready: bool) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.is_enough(claimed, has_ready)
    }

    fn found(&self, claims: &[Claim], looked_at: impl Iterator<Item = EndpointKey>, began: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.found(claims, looked_at, began);
    }
}

/// Leases due deliveries: of hot endpoints, or if nothing is ready for those, of any.
pub(super) async fn claim(
    pool: &Pool,
    endpoints: &Endpoints,
    turn: &Turn,
    capacity: Capacity,
    lease: Duration,
) -> Result<Claimed, SendError> {
    let mut look = turn.next();
    if look.hot.is_some() {
        let (mut claimed, last) = claim_from(pool, endpoints, &look, capacity, lease).await?;
        if turn.is_enough(&mut claimed, get(&last, "has_ready")?) {
            return Ok(claimed);
        }
    }
    look.hot = None;
    let began = Instant::now();
    let (claimed, last) = claim_from(pool, endpoints, &look, capacity, lease).await?;
    let looked_at: Vec<String> = get(&last, "looked_at")?;
    turn.found(&claimed.claims, looked_at.into_iter().map(EndpointKey::from_stored), began);
    Ok(claimed)
}

/// Leases what is due. Also returns the row that says what is left.
async fn claim_from(
    pool: &Pool,
    endpoints: &Endpoints,
    Look { number, after, after_of, hot }: &Look,
    capacity: Capacity,
    lease: Duration,
) -> Result<(Claimed, Row), SendError> {
    let (unreadable, revisions) = endpoints.unreadable();
    let texts = |keys: &Vec<EndpointKey>| keys.iter().map(|key| key.as_stored().into()).collect::<Vec<String>>();
    let (unreadable, after_of, hot) = (texts(&unreadable), texts(after_of), hot.as_ref().map(texts));
    let sql = "SELECT * FROM mambo_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let parameters: [Parameter<'_>; 10] = [
        (&signed(capacity.deliveries), Type::INT8),
        (&signed(capacity.slow), Type::INT8),
        (&signed(capacity.bytes), Type::INT8),
        (&milliseconds(lease), Type::INT8),
        (number, Type::INT8),
        (after, Type::TEXT),
        (&after_of, Type::TEXT_ARRAY),
        (&hot, Type::TEXT_ARRAY),
        (&unreadable, Type::TEXT_ARRAY),
        (&revisions, Type::INT8_ARRAY),
    ];
    let mut found = rows(pool, sql, &parameters).await?;
    let Some(last) = found.pop() else { return Err(SendError::StoreFailed { what: "a row is missing".into() }) };
    #[cfg(feature = "failpoints")]
    crate::send::failpoint::hit("in_transaction");
    let claims = read(pool, endpoints, &found).await?;
    let wait = |column| -> Result<Option<Duration>, SendError> {
        let wait: Option<i64> = get(&last, column)?;
        Ok(wait.map(|wait| Duration::from_millis(unsigned(wait))))
    };
    let now = UnixMillis(get(&last, "now_ms")?);
    let claimed = Claimed { claims, now, due_in: wait("due_in_ms")?, rate_in: wait("rate_in_ms")? };
    Ok((claimed, last))
}

/// Claims from their rows. Those of endpoints that this release cannot read are given back.
async fn read(pool: &Pool, endpoints: &Endpoints, found: &[Row]) -> Result<Vec<Claim>, SendError> {
    let mut missing = Vec::new();
    for row in found {
        let (key, revision) = (key(row, "endpoint")?, get(row, "revision")?);
        if !endpoints.has(&key, revision) {
            missing.push(key);
        }
    }
    if !missing.is_empty() {
        endpoints.load(pool, &missing).await?;
    }
    let mut events = HashMap::new();
    let (mut claims, mut unreadable) = (Vec::with_capacity(found.len()), Vec::new());
    for row in found {
        let number: i64 = get(row, "event")?;
        if get::<Option<&str>>(row, "data")?.is_some() {
            let mut event = event(row)?;
            endpoints.seal.open_event(&key(row, "endpoint")?.tenant(), &mut event);
            events.insert(number, Arc::new(event));
        }
        let lease = Lease { delivery: get(row, "number")?, token: get(row, "lease")? };
        let endpoint = endpoints.latest(&key(row, "endpoint")?);
        let (Some(endpoint), Some(event)) = (endpoint, events.get(&number)) else {
            unreadable.push(lease);
            continue;
        };
        claims.push(Claim {
            lease,
            endpoint,
            event: Arc::clone(event),
            attempts: unsigned(get(row, "attempts")?),
            attempts_before: unsigned(get(row, "attempts_before")?),
            is_manual: get::<i16>(row, "lane")? == 2,
            is_slow: get(row, "is_slow")?,
        });
    }
    if !unreadable.is_empty() {
        release(pool, &unreadable).await?;
    }
    Ok(claims)
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
