//! Where time comes in: the only file of the sender that reads a clock.

#[cfg(feature = "sqlite")]
use alloc::string::String;
use std::time::SystemTime;

use crate::time::UnixMillis;

/// The time by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the sender is an edge: it is where time comes in")]
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time since the machine started, sleep included: the same for every process. It cannot be set.
#[cfg(all(unix, feature = "sqlite"))]
pub(crate) fn steady() -> UnixMillis {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    let time = clock_gettime(ClockId::Boottime);
    #[cfg(not(target_os = "linux"))]
    let time = clock_gettime(ClockId::Monotonic);
    UnixMillis(time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000))
}

/// Returns the system time: without Unix, a steady clock needs unsafe code, so setting the clock goes unnoticed.
#[cfg(all(not(unix), feature = "sqlite"))]
pub(crate) fn steady() -> UnixMillis {
    now()
}

/// An identifier of the machine's current boot; empty if there is none.
#[cfg(feature = "sqlite")]
pub(crate) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

/// A duration in whole milliseconds, as stores and logs keep it.
pub(crate) fn milliseconds(duration: core::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
