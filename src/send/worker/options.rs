//! What a worker is asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::send::notice::Observer;
use crate::send::outcome::DisableRule;
use crate::send::retention::Retention;
use crate::send::schedule::Schedule;

/// Most attempts in flight at once.
const MAX_IN_FLIGHT: usize = 512;
/// Most bytes of payload in flight.
const MAX_BYTES_IN_FLIGHT: usize = 32 * 1024 * 1024;

/// What a worker does, and how much of it at once.
#[derive(Clone)]
pub struct WorkerOptions {
    /// When failed deliveries are tried again.
    pub(crate) schedule: Schedule,
    /// When an endpoint that only fails is disabled.
    pub(crate) disable: DisableRule,
    /// Most attempts in flight at once, and no more than half of the file descriptors. Slow endpoints, and those that
    /// were not attempted yet, get at most three quarters. Default: 512.
    pub(crate) max_in_flight: usize,
    /// Most bytes of events' data in flight at once, beside at most one event more. Default: 32 MiB.
    pub(crate) max_bytes_in_flight: usize,
    /// The time that a lease lasts without a heartbeat, at least a second. Default: the total timeout and 30 s.
    pub(crate) lease: Option<Duration>,
    /// How long ended events and their log are kept, where their tenant says nothing. Default: for ever.
    pub(crate) retention: Retention,
    /// What is told of notices.
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

impl WorkerOptions {
    /// Sets when failed deliveries are tried again.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Sets when an endpoint that only fails is disabled.
    #[must_use]
    pub const fn disable(mut self, rule: DisableRule) -> Self {
        self.disable = rule;
        self
    }

    /// Sets how many attempts may be in flight at once.
    #[must_use]
    pub const fn max_in_flight(mut self, attempts: usize) -> Self {
        self.max_in_flight = attempts;
        self
    }

    /// Sets how many bytes of events' data may be in flight at once.
    #[must_use]
    pub const fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.max_bytes_in_flight = bytes;
        self
    }

    /// Sets how long a claim is good for without a heartbeat, at least a second.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Sets how long ended events and their log are kept, where their tenant says nothing.
    #[must_use]
    pub const fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Tells an observer what happens: endpoints disabled, breakers, dead deliveries, a store that fails.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            disable: DisableRule::default(),
            max_in_flight: MAX_IN_FLIGHT,
            max_bytes_in_flight: MAX_BYTES_IN_FLIGHT,
            lease: None,
            retention: Retention::default(),
            observers: Vec::new(),
        }
    }
}

impl fmt::Debug for WorkerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedule, disable, max_in_flight, max_bytes_in_flight, lease, retention, observers } = self;
        f.debug_struct("WorkerOptions")
            .field("schedule", schedule)
            .field("disable", disable)
            .field("max_in_flight", max_in_flight)
            .field("max_bytes_in_flight", max_bytes_in_flight)
            .field("lease", lease)
            .field("retention", retention)
            .field("observers", &observers.len())
            .finish()
    }
}
