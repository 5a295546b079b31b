//! Values by time for a day, in bounded memory: fine for the last hour, coarse for the time before.

use std::collections::BTreeMap;

const FINE_MS: i64 = 10_000;
const FINE_SPAN_MS: i64 = 3_660_000;
const COARSE_MS: i64 = 60_000;
pub const DAY_MS: i64 = 86_400_000;

/// A range of time that the page shows: how long it is, and how long each of its steps.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub span_ms: i64,
    pub step_ms: i64,
}

impl Range {
    /// The range with a name of the page: 15m, 6h, 24h, and 1h for any other.
    pub fn named(name: &str) -> Self {
        let (span_ms, step_ms) = match name {
            "15m" => (900_000, FINE_MS),
            "6h" => (21_600_000, 120_000),
            "24h" => (DAY_MS, 600_000),
            _ => (3_600_000, 30_000),
        };
        Self { span_ms, step_ms }
    }

    /// The beginning of the step that a time is in.
    pub const fn step(self, at: i64) -> i64 {
        start(at, self.step_ms)
    }

    /// The beginning of the first step that is shown.
    pub const fn first(self, now: i64) -> i64 {
        self.step(now.saturating_sub(self.span_ms)).saturating_add(self.step_ms)
    }
}

const fn start(at: i64, width: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(width))
}

/// At most 366 fine and 1,440 coarse values.
#[derive(Debug)]
pub struct Tiers<T> {
    fine: BTreeMap<i64, T>,
    coarse: BTreeMap<i64, T>,
}

impl<T> Default for Tiers<T> {
    fn default() -> Self {
        Self { fine: BTreeMap::new(), coarse: BTreeMap::new() }
    }
}

impl<T: Default> Tiers<T> {
    /// Changes the values of a time, and forgets those that are too old at `now`.
    pub fn update(&mut self, at: i64, now: i64, change: impl Fn(&mut T)) {
        let tiers = [(&mut self.fine, FINE_MS, FINE_SPAN_MS), (&mut self.coarse, COARSE_MS, DAY_MS)];
        for (values, width, span) in tiers {
            let oldest = start(now.saturating_sub(span), width).saturating_add(width);
            if at >= oldest && at <= now.saturating_add(width) {
                change(values.entry(start(at, width)).or_default());
            }
            while values.first_key_value().is_some_and(|(at, _)| *at < oldest) {
                values.pop_first();
            }
        }
    }

    /// The values of a range with their times, oldest first.
    pub fn values(&self, range: Range, now: i64) -> impl Iterator<Item = (i64, &T)> {
        let values = if range.span_ms <= 3_600_000 { &self.fine } else { &self.coarse };
        values.range(range.first(now)..).map(|(at, value)| (*at, value))
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Range, Tiers};

    #[test]
    fn a_day_of_values_is_bounded() {
        let mut tiers = Tiers::<u64>::default();
        for second in 0..200_000 {
            tiers.update(second * 1000, second * 1000, |count| *count += 1);
        }
        assert_eq!((tiers.fine.len(), tiers.coarse.len()), (366, 1440));
        let now = 199_999_000;
        let sum =
            |tiers: &Tiers<u64>, name| tiers.values(Range::named(name), now).map(|(_, count)| *count).sum::<u64>();
        assert_eq!(["15m", "1h", "6h", "24h"].map(|name| sum(&tiers, name)), [900, 3590, 21_560, 86_000]);
        tiers.update(now - DAY_MS, now, |count| *count += 1);
        assert_eq!(sum(&tiers, "24h"), 86_000, "too old");
    }
}
