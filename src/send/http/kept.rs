//! Which hosts' connections are kept open: as many as the process has file descriptors for.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// How long an idle connection is kept.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most idle connections, however many descriptors there may be.
const IDLE_MOST: u64 = 8192;
/// Descriptors when the limit is not known.
const DESCRIPTORS: u64 = 1024;

/// How many file descriptors this process may have open.
pub(crate) fn descriptors() -> u64 {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit = None;
    limit.unwrap_or(DESCRIPTORS)
}

/// The hosts whose connections are kept, and how many of each. A quarter of the descriptors is for idle connections.
#[derive(Debug)]
pub(super) struct KeptHosts {
    used: Mutex<HashMap<String, Instant>>,
    hosts: usize,
    /// Idle connections to one host.
    pub idle_per_host: usize,
}

impl KeptHosts {
    pub(super) fn new(descriptors: u64) -> Self {
        let idle = (descriptors / 4).clamp(8, IDLE_MOST);
        let per_host: u64 = if idle >= IDLE_MOST { 128 } else { 32.min(idle) };
        let hosts = usize::try_from(idle.checked_div(per_host).unwrap_or(1)).unwrap_or(1);
        Self { used: Mutex::default(), hosts, idle_per_host: usize::try_from(per_host).unwrap_or(1) }
    }

    /// Whether a connection to this host is kept. A host that was not used for as long as connections are kept makes
    /// room for another.
    pub(super) fn keeps(&self, host: &str, now: Instant) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = used.get_mut(host) {
            *last = now;
            return true;
        }
        if used.len() >= self.hosts {
            used.retain(|_, last| now.duration_since(*last) <= IDLE_TIMEOUT.saturating_mul(2));
        }
        let has_room = used.len() < self.hosts;
        if has_room {
            used.insert(host.to_owned(), now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_no_more_connections_than_a_quarter_of_the_descriptors() {
        for (descriptors, hosts, per_host) in [(16, 1, 8), (1024, 8, 32), (65_536, 64, 128), (u64::MAX, 64, 128)] {
            let kept = KeptHosts::new(descriptors);
            assert_eq!((kept.hosts, kept.idle_per_host), (hosts, per_host), "{descriptors}");
        }
    }

    #[test]
    fn a_host_that_is_no_longer_used_makes_room() {
        let (kept, start) = (KeptHosts::new(1024), Instant::now());
        for host in 0..8 {
            assert!(kept.keeps(&alloc::format!("host-{host}"), start));
        }
        assert!(!kept.keeps("another", start));
        let later = start + IDLE_TIMEOUT * 3;
        assert!(kept.keeps("another", later));
        assert!(kept.keeps("host-0", later), "the others were forgotten");
    }
}
