//! Points in time and the tolerance around now. There is no clock here: now is always an argument.

pub(crate) mod rfc3339;

use core::fmt;
use core::time::Duration;

use crate::limits::TOLERANCE_SECONDS;

/// The default on each side of now.
const TOLERANCE: Duration = Duration::from_secs(TOLERANCE_SECONDS as u64);

/// Milliseconds since 1970-01-01T00:00:00Z. Arithmetic saturates over the whole range of `i64`.
///
/// ```
/// use mambo_webhooks::UnixMillis;
///
/// let now = UnixMillis::from(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1500));
/// assert_eq!((now, now.as_seconds()), (UnixMillis(1500), 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The point in time that is `seconds` after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Converts the time of a host's clock, to the millisecond. A time beyond the range of `i64` saturates.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixMillis {
    fn from(time: std::time::SystemTime) -> Self {
        let millis = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(millis(before.duration()).saturating_neg()),
        }
    }
}

/// The largest distance of a timestamp from now, separate for past and future. Both bounds are included.
///
/// ```
/// use mambo_webhooks::Tolerance;
/// use std::time::Duration;
///
/// // Ten minutes for a delivery that is late, one for a clock that is ahead.
/// let tolerance = Tolerance::new(Duration::from_secs(600), Duration::from_secs(60));
/// assert_eq!(tolerance.replay_ttl(), Some(Duration::from_millis(660_001)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    past_ms: Option<u64>,
    future_ms: Option<u64>,
}

/// Where a timestamp lies relative to a [`Tolerance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Inside, bounds included.
    Inside,
    /// Further in the past than allowed.
    TooOld {
        /// Age of the timestamp.
        age: Millis,
        /// Largest age allowed.
        allowed: Millis,
    },
    /// Further in the future than allowed.
    TooNew {
        /// How far ahead of now the timestamp is.
        ahead: Millis,
        /// How far ahead it may be.
        allowed: Millis,
    },
}

/// A length of time in milliseconds, printed in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Default for Tolerance {
    fn default() -> Self {
        Self::new(TOLERANCE, TOLERANCE)
    }
}

impl Tolerance {
    /// A tolerance of `past` before and `future` after now, both to the millisecond.
    #[must_use]
    pub const fn new(past: Duration, future: Duration) -> Self {
        Self { past_ms: Some(milliseconds(past)), future_ms: Some(milliseconds(future)) }
    }

    /// No bound in the past: replays of any age are accepted.
    #[must_use]
    pub const fn any_age(mut self) -> Self {
        self.past_ms = None;
        self
    }

    /// No bound in the future: deliveries dated ahead of any clock are accepted.
    #[must_use]
    pub const fn any_lead(mut self) -> Self {
        self.future_ms = None;
        self
    }

    /// Returns how long a replay of one signature can pass this tolerance, and a store must keep its key. `None` when a
    /// side is unbounded.
    #[must_use]
    pub const fn replay_ttl(self) -> Option<Duration> {
        match (self.past_ms, self.future_ms) {
            // Both bounds are inside, so the last moment of a replay is one millisecond further.
            (Some(past), Some(future)) => Some(Duration::from_millis(past.saturating_add(future).saturating_add(1))),
            _ => None,
        }
    }

    /// Returns where `timestamp` lies in the tolerance around `now`.
    #[must_use]
    pub(crate) const fn position(self, timestamp: UnixMillis, now: UnixMillis) -> Position {
        let age = now.since(timestamp);
        let distance = Millis(age.unsigned_abs());
        match (self.past_ms, self.future_ms) {
            (Some(past), _) if age > 0 && distance.0 > past => {
                Position::TooOld { age: distance, allowed: Millis(past) }
            }
            (_, Some(future)) if age < 0 && distance.0 > future => {
                Position::TooNew { ahead: distance, allowed: Millis(future) }
            }
            _ => Position::Inside,
        }
    }
}

/// Converts a duration to milliseconds; saturates at `u64::MAX`.
const fn milliseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(duration.subsec_millis() as u64)
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 { write!(f, "{seconds} s") } else { write!(f, "{seconds}.{rest:03} s") }
    }
}
