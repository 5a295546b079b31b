//! What a batch of attempts says of the endpoints that they went to. Pure.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use super::contract::Settlement;
use super::report::BreakerState;
use crate::send::clock::milliseconds;
use crate::send::outcome::Effect;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;

/// Timeouts in a row that open an endpoint's circuit breaker.
pub(crate) const BREAKER_TIMEOUTS: u32 = 5;
/// How long the breaker stays open first, in milliseconds; each probe that fails doubles it.
pub(crate) const BREAKER_FIRST_MS: i64 = 30_000;
/// How long the breaker stays open at most, in milliseconds.
pub(crate) const BREAKER_MOST_MS: i64 = 600_000;
/// The average latency from which an endpoint is slow, in milliseconds. One not attempted yet counts as slow.
pub(crate) const SLOW_MS: i64 = 1000;
/// The duration from which an attempt without a response is a timeout. A faster failure costs no slot.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What one endpoint's attempts, in their order, say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// The mean duration of the attempts, in milliseconds.
    pub latency_ms: i64,
    /// Whether one was answered, with any status.
    pub is_answered: bool,
    /// Timeouts after the last answer.
    pub timeouts: u32,
    /// Whether any scheduled attempt succeeded.
    pub is_success: bool,
    /// Failures of the schedule's attempts after the last success.
    pub failures: u32,
    /// Whether one was answered with 410.
    pub is_gone: bool,
}

/// Sums settlements up, by endpoint.
#[must_use]
pub(crate) fn observe(settlements: &[Settlement]) -> BTreeMap<&EndpointKey, Observed> {
    let mut endpoints: BTreeMap<&EndpointKey, (Observed, Vec<Duration>)> = BTreeMap::new();
    for settlement in settlements {
        let (seen, durations) = endpoints.entry(&settlement.endpoint).or_default();
        let answer = &settlement.attempt.answer;
        durations.push(answer.elapsed);
        if answer.status.is_some() {
            (seen.is_answered, seen.timeouts) = (true, 0);
        } else if answer.elapsed >= TIMEOUT {
            seen.timeouts = seen.timeouts.saturating_add(1);
        }
        match settlement.effect {
            Effect::None => {}
            Effect::Works => (seen.is_success, seen.failures) = (true, 0),
            Effect::Fails => seen.failures = seen.failures.saturating_add(1),
            Effect::Gone => seen.is_gone = true,
        }
    }
    let mean = |durations: &[Duration]| {
        let sum: i64 = durations.iter().copied().map(milliseconds).fold(0, i64::saturating_add);
        let count = i64::try_from(durations.len()).unwrap_or(i64::MAX);
        sum.checked_div(count).unwrap_or(0)
    };
    endpoints
        .into_iter()
        .map(|(id, (seen, durations))| (id, Observed { latency_ms: mean(&durations), ..seen }))
        .collect()
}

/// The state of a circuit breaker, from the columns that hold it.
#[must_use]
pub(crate) fn breaker(timeouts: u32, open_until: UnixMillis, now: UnixMillis) -> BreakerState {
    match (timeouts < BREAKER_TIMEOUTS, open_until > now) {
        (true, _) => BreakerState::Closed,
        (false, true) => BreakerState::Open(open_until),
        (false, false) => BreakerState::Probing,
    }
}
