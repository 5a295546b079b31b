//! How many connections are kept open when they are idle: as many as the process has file descriptors for.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// How long an idle connection is kept.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
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

/// Connections that may be kept, shared out among hosts: each gets as many as it had requests in flight at once, as
/// long as there are some left. Three eighths of the descriptors, beside half of them for attempts.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    hosts: Mutex<(usize, HashMap<String, Host>)>,
}

#[derive(Clone, Copy, Debug)]
struct Host {
    granted: usize,
    in_flight: usize,
    used: Instant,
}

/// A request whose connection is kept when it is over.
#[derive(Debug)]
pub(super) struct Kept {
    budget: Arc<Budget>,
    host: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut hosts = self.budget.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.1.get_mut(&self.host) {
            host.in_flight = host.in_flight.saturating_sub(1);
        }
    }
}

impl Budget {
    pub(super) fn new(descriptors: u64) -> Self {
        let most = usize::try_from(descriptors.saturating_mul(3) / 8).unwrap_or(usize::MAX);
        Self { most, hosts: Mutex::default() }
    }

    /// Grants a starting request a connection that is kept afterwards; `None` when it is to be closed.
    pub(super) fn keep(self: &Arc<Self>, name: &str, now: Instant) -> Option<Kept> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let (granted, hosts) = &mut *hosts;
        if *granted >= self.most {
            // The connections of a host that was not used for so long are closed by now.
            hosts.retain(|_, host| {
                let is_used = host.in_flight > 0 || now.duration_since(host.used) <= IDLE_TIMEOUT.saturating_mul(2);
                *granted = granted.saturating_sub(if is_used { 0 } else { host.granted });
                is_used
            });
        }
        let host = hosts.entry(name.to_owned()).or_insert(Host { granted: 0, in_flight: 0, used: now });
        if host.in_flight >= host.granted {
            if *granted >= self.most {
                return None;
            }
            host.granted = host.granted.saturating_add(1);
            *granted = granted.saturating_add(1);
        }
        (host.in_flight, host.used) = (host.in_flight.saturating_add(1), now);
        Some(Kept { budget: Arc::clone(self), host: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn grants_each_host_what_it_had_in_flight_and_no_more_than_there_is() {
        let (budget, start) = (Arc::new(Budget::new(32)), Instant::now());
        let one: Vec<Kept> = (0..8).map(|_| budget.keep("one", start).unwrap()).collect();
        let two: Vec<Kept> = (0..4).map(|_| budget.keep("two", start).unwrap()).collect();
        assert!(budget.keep("two", start).is_none() && budget.keep("three", start).is_none(), "twelve of 32");
        drop(one);
        assert!(budget.keep("one", start).is_some(), "its idle connections are used again");
        assert!(budget.keep("three", start).is_none(), "and still held");
        let later = start + IDLE_TIMEOUT * 3;
        assert!(budget.keep("three", later).is_some(), "until they have timed out");
        assert!(budget.keep("two", later).is_some(), "a host in use keeps what it has");
        drop(two);
    }
}
