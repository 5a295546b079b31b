//! Points where the tests of crashes end the process, as a loss of power would. Not in any release.

use alloc::string::ToString;
use std::sync::atomic::{AtomicU64, Ordering};

static HITS: AtomicU64 = AtomicU64::new(0);

/// Ends the process if `MAMBO_FAIL_POINT` is `name:n` and this is the n-th time.
pub(super) fn hit(name: &str) {
    let Ok(wanted) = std::env::var("MAMBO_FAIL_POINT") else { return };
    if let Some((point, count)) = wanted.split_once(':') {
        if point == name && HITS.fetch_add(1, Ordering::SeqCst).saturating_add(1).to_string() == count {
            std::process::abort();
        }
    }
}
