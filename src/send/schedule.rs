//! When to try again. Pure: the attempt's number, what the receiver asked for and a random number come in.

use alloc::vec::Vec;
use core::time::Duration;

/// The default waits in seconds: those that the Standard Webhooks specification gives as its example, 75 h in all.
const DELAYS_SECONDS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const LEAST: Duration = Duration::from_secs(1);
const JITTER_PERCENT: u32 = 10;
const JITTER_LEAST: Duration = Duration::from_secs(2);
const JITTER_MOST: Duration = Duration::from_secs(900);
const RETRY_AFTER_MOST: Duration = Duration::from_secs(86_400);

/// The waits after the first attempt, the second one, and so on. After the last wait, a delivery that fails is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    delays: Vec<Duration>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { delays: DELAYS_SECONDS.map(Duration::from_secs).into() }
    }
}

impl Schedule {
    /// A schedule of these waits.
    #[must_use]
    pub const fn new(delays: Vec<Duration>) -> Self {
        Self { delays }
    }

    /// How often a delivery is tried.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.delays.len().saturating_add(1)
    }

    /// How long to wait after attempt `number`, counted from 1. `None` when it was the last.
    ///
    /// Jitter is only added, so nothing comes before its time; `random_permille`, 0 to 1000, says how much
    /// of it. A longer `retry_after` replaces the scheduled wait, up to a day.
    #[must_use]
    pub fn next(&self, number: u32, retry_after: Option<Duration>, random_permille: u32) -> Option<Duration> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let delay = *self.delays.get(index)?;
        let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MOST);
        // Never within the second of the attempt before: the two would have one timestamp, and one signature.
        let delay = delay.max(asked).max(LEAST);
        let part =
            |of: Duration, share: u32, whole: u32| of.checked_div(whole).unwrap_or_default().saturating_mul(share);
        let most = part(delay, JITTER_PERCENT, 100).clamp(JITTER_LEAST, JITTER_MOST);
        let jitter = part(most, random_permille.min(1000), 1000);
        Some(delay.saturating_add(jitter))
    }
}
