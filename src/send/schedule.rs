//! When to try again. Pure: the attempt's number, what the receiver asked for and a random number come in.

use alloc::vec::Vec;
use core::time::Duration;

/// The default waits in seconds: those that the Standard Webhooks specification gives as its example, 75 h in all.
const DELAYS_SECONDS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const LEAST_MS: u64 = 1000;
const JITTER_PERCENT: u64 = 10;
const JITTER_LEAST_MS: u64 = 2000;
const JITTER_MOST_MS: u64 = 900_000;
const RETRY_AFTER_MOST_MS: u64 = 86_400_000;

/// The waits after the first attempt, the second one, and so on. When there is none left, a delivery is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    delays_ms: Vec<u64>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { delays_ms: DELAYS_SECONDS.iter().map(|seconds| seconds.saturating_mul(1000)).collect() }
    }
}

impl Schedule {
    /// These waits, in milliseconds.
    #[must_use]
    pub const fn new(delays_ms: Vec<u64>) -> Self {
        Self { delays_ms }
    }

    /// How often a delivery is tried.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.delays_ms.len().saturating_add(1)
    }

    /// How long to wait after attempt `number`, counted from 1. `None` when it was the last.
    ///
    /// Jitter is only added, so nothing comes before its time; `random_permille`, 0 to 1000, says how much
    /// of it. What the receiver asked for counts if it is longer, up to a day.
    #[must_use]
    pub fn next(&self, number: u32, retry_after_ms: Option<u64>, random_permille: u32) -> Option<Duration> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let delay = *self.delays_ms.get(index)?;
        let asked = retry_after_ms.unwrap_or(0).min(RETRY_AFTER_MOST_MS);
        // Never within the second of the attempt before: the two would have one timestamp, and one signature.
        let delay = delay.max(asked).max(LEAST_MS);
        let most = (delay.saturating_mul(JITTER_PERCENT) / 100).clamp(JITTER_LEAST_MS, JITTER_MOST_MS);
        let jitter = most.saturating_mul(u64::from(random_permille.min(1000))) / 1000;
        Some(Duration::from_millis(delay.saturating_add(jitter)))
    }
}
