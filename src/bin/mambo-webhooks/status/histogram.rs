//! Response times as a histogram, which can be added to another one: percentiles over time in little memory.

use mambo_webhooks::send::store::AttemptTiming;

/// Response times up to this number of milliseconds have a bin of 1 ms; above, there are eight bins to each doubling.
const EXACT_MS: u64 = 8;
/// Longer times are counted as this one, about 17 minutes: no attempt may last that long.
const MOST_MS: u64 = (1 << 20) - 1;

/// Attempts by their response time. A percentile is at most 6.25 % off.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Pairs of a bin and its number of attempts, in the order of the bins.
    bins: Vec<(u8, u32)>,
    /// The number of attempts that were answered with 2xx.
    pub delivered: u64,
}

/// The bin of a time.
fn bin(ms: u64) -> u8 {
    let ms = ms.min(MOST_MS);
    if ms < EXACT_MS {
        return u8::try_from(ms).unwrap_or(0);
    }
    let octave = ms.ilog2();
    let eighth = (ms >> octave.saturating_sub(3)) & 7;
    u8::try_from(u64::from(octave.saturating_sub(2)).saturating_mul(8).saturating_add(eighth)).unwrap_or(u8::MAX)
}

/// The time in the middle of a bin.
const fn middle(bin: u8) -> u64 {
    let bin = bin as u64;
    if bin < EXACT_MS {
        return bin;
    }
    let shift = (bin / 8).saturating_sub(1);
    ((bin % 8).saturating_add(8) << shift).saturating_add((1 << shift) / 2)
}

impl Histogram {
    /// Counts an attempt.
    pub fn add(&mut self, timing: &AttemptTiming) {
        self.count(bin(u64::try_from(timing.elapsed.as_millis()).unwrap_or(u64::MAX)), 1);
        self.delivered = self.delivered.saturating_add(u64::from(is_delivered(timing)));
    }

    /// Adds the attempts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (bin, count) in &other.bins {
            self.count(*bin, *count);
        }
        self.delivered = self.delivered.saturating_add(other.delivered);
    }

    fn count(&mut self, bin: u8, more: u32) {
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(place) => {
                if let Some((_, count)) = self.bins.get_mut(place) {
                    *count = count.saturating_add(more);
                }
            }
            Err(place) => self.bins.insert(place, (bin, more)),
        }
    }

    /// The number of attempts.
    pub fn attempts(&self) -> u64 {
        self.bins.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// The response time, in milliseconds, that this share of the attempts does not exceed.
    pub fn percentile(&self, percent: u64) -> u64 {
        let rank = self.attempts().saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0_u64;
        let reached = self.bins.iter().find(|(_, count)| {
            seen = seen.saturating_add(u64::from(*count));
            seen >= rank
        });
        reached.map_or(0, |(bin, _)| middle(*bin))
    }
}

/// Whether an attempt was answered with 2xx.
pub fn is_delivered(timing: &AttemptTiming) -> bool {
    timing.status.is_some_and(|status| (200..300).contains(&status))
}

#[cfg(test)]
mod tests {
    use super::{MOST_MS, bin, middle};

    #[test]
    fn a_bin_holds_its_middle_and_is_at_most_an_eighth_wide() {
        for ms in (0..4096).chain([10_000, 15_000, 300_000, MOST_MS]) {
            let off = middle(bin(ms)).abs_diff(ms);
            assert!(off * 16 <= ms, "{ms} is off by {off}");
            assert_eq!(bin(middle(bin(ms))), bin(ms), "{ms}");
        }
        assert_eq!(bin(u64::MAX), bin(MOST_MS));
    }
}
