//! How attempts ended, in PostgreSQL: one call of `mambo_settle`.

use alloc::vec::Vec;
use std::collections::HashSet;

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::{Parameter, rows};
use super::lease::columns;
use super::rows::{get, key};
use crate::send::clock::milliseconds;
use crate::send::error::SendError;
use crate::send::notice::Notice;
use crate::send::outcome::{AttemptRecord, DisableRule, Failure, Next};
use crate::send::state::State;
use crate::send::store::contract::{SettleReport, Settled, Settlement};
use crate::send::store::observed::observe;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;
use crate::version::Version;

/// Records how attempts ended.
pub(super) async fn settle(
    pool: &Pool,
    settlements: &[Settlement],
    rule: DisableRule,
    server: Version,
) -> Result<SettleReport, SendError> {
    let (seen_keys, seen): (Vec<&EndpointKey>, Vec<_>) = observe(settlements).into_iter().unzip();
    let seen_keys: Vec<&str> = seen_keys.into_iter().map(EndpointKey::as_stored).collect();
    let (numbers, tokens) = columns(settlements.iter().map(|settlement| &settlement.lease));
    let nexts: Vec<(i64, i64)> = settlements.iter().map(|settlement| stored(settlement.next)).collect();
    let (nexts, delays): (Vec<i64>, Vec<i64>) = nexts.into_iter().unzip();
    let keys: Vec<&str> = settlements.iter().map(|settlement| settlement.endpoint.as_stored()).collect();
    let server = alloc::format!("{server}");
    let attempts: Vec<&AttemptRecord> = settlements.iter().map(|settlement| &settlement.attempt).collect();
    let parameters: [Parameter<'_>; 25] = [
        (&numbers, Type::INT8_ARRAY),
        (&tokens, Type::INT8_ARRAY),
        (&nexts, Type::INT8_ARRAY),
        (&delays, Type::INT8_ARRAY),
        (&keys, Type::TEXT_ARRAY),
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
        (&seen_keys, Type::TEXT_ARRAY),
        (&column(&seen, |seen| seen.latency_ms), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_answered), Type::BOOL_ARRAY),
        (&column(&seen, |seen| i64::from(seen.timeouts)), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_success), Type::BOOL_ARRAY),
        (&column(&seen, |seen| i64::from(seen.failures)), Type::INT8_ARRAY),
        (&column(&seen, |seen| seen.is_gone), Type::BOOL_ARRAY),
        (&milliseconds(rule.failing), Type::INT8),
        (&i64::from(rule.failures), Type::INT8),
        (&server, Type::TEXT),
    ];
    let sql = "SELECT * FROM mambo_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21, $22, $23, $24, $25)";
    let found = rows(pool, sql, &parameters).await?;
    #[cfg(feature = "failpoints")]
    crate::send::failpoint::hit("in_transaction");
    let mut report = SettleReport::default();
    let mut done = HashSet::new();
    for row in &found {
        match get::<Option<&str>>(row, "notice")? {
            Some(name) => report.notices.extend(notice(name, row)?),
            None => drop(done.insert((get::<i64>(row, "number")?, get::<i64>(row, "lease")?))),
        }
    }
    report.settled = settlements
        .iter()
        .map(|settlement| {
            let is_done = done.remove(&(settlement.lease.delivery, settlement.lease.token));
            if is_done { Settled::Done } else { Settled::LeaseLost }
        })
        .collect();
    Ok(report)
}

/// A notice from its row.
fn notice(name: &str, row: &Row) -> Result<Option<Notice>, SendError> {
    let endpoint = key(row, "endpoint")?;
    Ok(match name {
        "delivery_dead" => Some(Notice::DeliveryDead {
            endpoint,
            delivery: get(row, "number")?,
            event: get(row, "event")?,
            event_type: get(row, "event_type")?,
        }),
        "breaker_opened" => Some(Notice::BreakerOpened { endpoint, until: UnixMillis(get(row, "until")?) }),
        "breaker_closed" => Some(Notice::BreakerClosed { endpoint }),
        "endpoint_disabled" => match State::from_name(get(row, "event_type")?) {
            Some(State::Disabled(reason)) => Some(Notice::EndpointDisabled { endpoint, reason }),
            _ => None,
        },
        _ => None,
    })
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
