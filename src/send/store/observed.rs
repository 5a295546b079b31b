//! What a batch of attempts says of the endpoints that they went to. Pure.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::contract::Settlement;
use super::report::Breaker;
use crate::send::outcome::Effect;
use crate::time::UnixMillis;

/// Timeouts in a row that open an endpoint's circuit breaker.
pub(crate) const BREAKER_TIMEOUTS: u32 = 5;
/// How long the breaker stays open first, in milliseconds; each probe that fails doubles it.
pub(crate) const BREAKER_FIRST_MS: i64 = 30_000;
/// How long the breaker stays open at most, in milliseconds.
pub(crate) const BREAKER_MOST_MS: i64 = 600_000;
/// From which average latency on an endpoint is slow, in milliseconds; one that was not tried yet counts as slow.
pub(crate) const SLOW_MS: i64 = 1000;
/// From which duration on an attempt without an answer is a timeout, in milliseconds; a faster failure costs no slot.
const TIMEOUT_MS: u64 = 1000;

/// What one endpoint's attempts, in their order, say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// The mean duration of the attempts, in milliseconds.
    pub latency_ms: i64,
    /// Whether one was answered, with any status.
    pub is_answered: bool,
    /// Timeouts after the last answer.
    pub timeouts: u32,
    /// Whether one of the schedule's succeeded.
    pub is_success: bool,
    /// Failures of the schedule's attempts after the last success.
    pub failures: u32,
    /// Whether one was answered with 410.
    pub is_gone: bool,
}

/// Sums settlements up, by endpoint.
#[must_use]
pub(crate) fn observe(settlements: &[Settlement]) -> BTreeMap<&str, Observed> {
    let mut endpoints: BTreeMap<&str, (Observed, Vec<u64>)> = BTreeMap::new();
    for settlement in settlements {
        let (seen, durations) = endpoints.entry(settlement.endpoint.as_str()).or_default();
        let answer = &settlement.attempt.answer;
        durations.push(answer.elapsed_ms);
        if answer.status.is_some() {
            (seen.is_answered, seen.timeouts) = (true, 0);
        } else if answer.elapsed_ms >= TIMEOUT_MS {
            seen.timeouts = seen.timeouts.saturating_add(1);
        }
        match settlement.effect {
            Effect::None => {}
            Effect::Works => (seen.is_success, seen.failures) = (true, 0),
            Effect::Fails => seen.failures = seen.failures.saturating_add(1),
            Effect::Gone => seen.is_gone = true,
        }
    }
    let mean = |durations: &[u64]| {
        let sum: u64 = durations.iter().sum();
        let count = u64::try_from(durations.len()).unwrap_or(u64::MAX);
        i64::try_from(sum.checked_div(count).unwrap_or(0)).unwrap_or(i64::MAX)
    };
    endpoints
        .into_iter()
        .map(|(id, (seen, durations))| (id, Observed { latency_ms: mean(&durations), ..seen }))
        .collect()
}

/// The state of a circuit breaker, from the columns that hold it.
#[must_use]
pub(crate) fn breaker(timeouts: u32, open_until: UnixMillis, now: UnixMillis) -> Breaker {
    match (timeouts < BREAKER_TIMEOUTS, open_until > now) {
        (true, _) => Breaker::Closed,
        (false, true) => Breaker::Open(open_until),
        (false, false) => Breaker::Probing,
    }
}
