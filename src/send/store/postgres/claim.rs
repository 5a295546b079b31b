//! Claims, leases and settlements in PostgreSQL: each one call of a function of `schema_2.sql`.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::Pool;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::{Parameter, row, rows};
use super::endpoints::Endpoints;
use super::rows::{event, get, unsigned};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::outcome::{AttemptRecord, DisableRule, Failure, Next};
use crate::send::store::contract::{
    ABANDON_STEP, Capacity, Claim, Claimed, Lease, MAX_CRASHES_PER_DELIVERY, Settled, Settlement,
};
use crate::send::store::hot::Hot;
use crate::send::store::observed::observe;
use crate::time::UnixMillis;

/// The state between claims: the last one's number, and where it ended ([`Hot`]), so that every endpoint gets its turn.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<(i64, Hot)>);

impl Turn {
    fn next(&self) -> (i64, String, Option<Vec<String>>) {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turn.0 = turn.0.wrapping_add(1) & i64::from(u32::MAX);
        (turn.0, turn.1.after().into(), turn.1.endpoints())
    }

    fn is_enough(&self, claimed: &mut Claimed, has_ready: bool) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.is_enough(claimed, has_ready)
    }

    fn found(&self, claims: &[Claim], began: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.found(claims, began);
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
    let (number, after, hot) = turn.next();
    if hot.is_some() {
        let (mut claimed, has_ready) = claim_from(pool, endpoints, (number, &after, hot), capacity, lease).await?;
        if turn.is_enough(&mut claimed, has_ready) {
            return Ok(claimed);
        }
    }
    let began = Instant::now();
    let (claimed, _) = claim_from(pool, endpoints, (number, &after, None), capacity, lease).await?;
    turn.found(&claimed.claims, began);
    Ok(claimed)
}

/// Leases what is due, and tells whether more is ready for the hot endpoints.
async fn claim_from(
    pool: &Pool,
    endpoints: &Endpoints,
    (number, after, hot): (i64, &str, Option<Vec<String>>),
    capacity: Capacity,
    lease: Duration,
) -> Result<(Claimed, bool), SendError> {
    let (unreadable, revisions) = endpoints.unreadable();
    let sql = "SELECT * FROM mambo_claim($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let parameters: [Parameter<'_>; 9] = [
        (&signed(capacity.deliveries), Type::INT8),
        (&signed(capacity.slow), Type::INT8),
        (&signed(capacity.bytes), Type::INT8),
        (&milliseconds(lease), Type::INT8),
        (&number, Type::INT8),
        (&after, Type::TEXT),
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
    let has_ready = get(&last, "has_ready")?;
    Ok((Claimed { claims, now, due_in: wait("due_in_ms")?, rate_in: wait("rate_in_ms")? }, has_ready))
}

/// Claims from their rows. Those of endpoints that this release cannot read are given back.
async fn read(pool: &Pool, endpoints: &Endpoints, found: &[Row]) -> Result<Vec<Claim>, SendError> {
    let mut missing = Vec::new();
    for row in found {
        let (id, revision) = (get(row, "endpoint")?, get(row, "revision")?);
        if !endpoints.has(id, revision) {
            missing.push(id);
        }
    }
    if !missing.is_empty() {
        endpoints.load(pool, Some(&missing)).await?;
    }
    let mut events = HashMap::new();
    let (mut claims, mut unreadable) = (Vec::with_capacity(found.len()), Vec::new());
    for row in found {
        let number: i64 = get(row, "event")?;
        if get::<Option<&str>>(row, "data")?.is_some() {
            events.insert(number, Arc::new(event(row)?));
        }
        let lease = Lease { delivery: get(row, "number")?, token: get(row, "lease")? };
        let endpoint = endpoints.latest(get(row, "endpoint")?);
        let (Some(endpoint), Some(event)) = (endpoint, events.get(&number)) else {
            unreadable.push(lease);
            continue;
        };
        claims.push(Claim {
            lease,
            endpoint,
            event: Arc::clone(event),
            attempts: unsigned(get(row, "attempts")?),
            is_manual: get::<i16>(row, "lane")? == 2,
            is_slow: get(row, "is_slow")?,
        });
    }
    if !unreadable.is_empty() {
        release(pool, &unreadable).await?;
    }
    Ok(claims)
}

/// Makes deliveries ready again whose lease ended.
pub(super) async fn reclaim_expired(pool: &Pool) -> Result<u64, SendError> {
    let found = row(pool, "SELECT mambo_reclaim($1)", &[(&i64::from(MAX_CRASHES_PER_DELIVERY), Type::INT8)]).await?;
    Ok(unsigned(get(&found, 0)?))
}

/// Sets aside some of what waits for removed endpoints.
pub(super) async fn abandon(pool: &Pool) -> Result<u64, SendError> {
    let found = row(pool, "SELECT mambo_abandon($1)", &[(&ABANDON_STEP, Type::INT8)]).await?;
    Ok(unsigned(get(&found, 0)?))
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

/// Records how attempts ended.
pub(super) async fn settle(
    pool: &Pool,
    settlements: &[Settlement],
    rule: DisableRule,
) -> Result<Vec<Settled>, SendError> {
    let (seen_ids, seen): (Vec<&str>, Vec<_>) = observe(settlements).into_iter().unzip();
    let (numbers, tokens) = columns(settlements.iter().map(|settlement| &settlement.lease));
    let nexts: Vec<(i64, i64)> = settlements.iter().map(|settlement| stored(settlement.next)).collect();
    let (nexts, delays): (Vec<i64>, Vec<i64>) = nexts.into_iter().unzip();
    let ids: Vec<&str> = settlements.iter().map(|settlement| settlement.endpoint.as_str()).collect();
    let attempts: Vec<&AttemptRecord> = settlements.iter().map(|settlement| &settlement.attempt).collect();
    let parameters: [Parameter<'_>; 24] = [
        (&numbers, Type::INT8_ARRAY),
        (&tokens, Type::INT8_ARRAY),
        (&nexts, Type::INT8_ARRAY),
        (&delays, Type::INT8_ARRAY),
        (&ids, Type::TEXT_ARRAY),
        (&column(&attempts, |attempt| i64::from(attempt.number)), Type::INT8_ARRAY),
        (&column(&attempts, |attempt| attempt.is_manual), Type::BOOL_ARRAY),
        (&column(&attempts, |attempt| attempt.started.0), Type::INT8_ARRAY),
        (&column(&attempts, |attempt| attempt.version.map(|version| alloc::format!("{version}"))), Type::TEXT_ARRAY),
        (&column(&attempts, |attempt| milliseconds(attempt.answer.elapsed)), Type::INT8_ARRAY),
        (&column(&attempts, |attempt| attempt.answer.status.map(i64::from)), Type::INT8_ARRAY),
        (&column(&attempts, |attempt| attempt.answer.failure.map(Failure::as_str)), Type::TEXT_ARRAY),
        (&column(&attempts, |attempt| attempt.answer.remote.as_deref()), Type::TEXT_ARRAY),
        (
            &column(&attempts, |attempt| Some(attempt.answer.body.as_slice()).filter(|body| !body.is_empty())),
            Type::BYTEA_ARRAY,
        ),
        (&column(&attempts, |attempt| attempt.answer.is_truncated), Type::BOOL_ARRAY),
        (&seen_ids, Type::TEXT_ARRAY),
        (&column(&seen, |seen| seen.latency_ms), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_answered), Type::BOOL_ARRAY),
        (&column(&seen, |seen| i64::from(seen.timeouts)), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_success), Type::BOOL_ARRAY),
        (&column(&seen, |seen| i64::from(seen.failures)), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_gone), Type::BOOL_ARRAY),
        (&milliseconds(rule.failing), Type::INT8),
        (&i64::from(rule.failures), Type::INT8),
    ];
    let sql =
        "SELECT number, lease FROM mambo_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21, $22, $23, $24)";
    let found = rows(pool, sql, &parameters).await?;
    #[cfg(feature = "failpoints")]
    crate::send::failpoint::hit("in_transaction");
    let mut done = leases_of(&found)?;
    let settled = |settlement: &Settlement| {
        let is_done = done.remove(&(settlement.lease.delivery, settlement.lease.token));
        if is_done { Settled::Done } else { Settled::LeaseLost }
    };
    Ok(settlements.iter().map(settled).collect())
}

/// The columns number and lease.
fn leases_of(rows: &[Row]) -> Result<HashSet<(i64, i64)>, SendError> {
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

fn columns<'a>(leases: impl IntoIterator<Item = &'a Lease>) -> (Vec<i64>, Vec<i64>) {
    leases.into_iter().map(|lease| (lease.delivery, lease.token)).unzip()
}

fn column<'a, S, T>(rows: &'a [S], value: impl Fn(&'a S) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// What becomes of a delivery, and in how many milliseconds, as `mambo_settle` reads it.
fn stored(next: Next) -> (i64, i64) {
    match next {
        Next::Retry(delay) => (0, milliseconds(delay)),
        Next::Delivered => (2, 0),
        Next::Dead => (3, 0),
    }
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
