//! Where time comes in: the only file of the sender that reads a clock.

use std::time::SystemTime;

use crate::time::UnixMillis;

/// The time by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the sender is an edge: it is where time comes in")]
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
