//! How long ended deliveries and their log are kept, and what a tenant may take.

use core::num::NonZeroU32;
use core::time::Duration;

/// How long things are kept after they ended. Nothing is forgotten by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Events that were delivered everywhere, with their payloads.
    pub delivered: Option<Duration>,
    /// Events with dead deliveries.
    pub dead: Option<Duration>,
    /// Lines of the log.
    pub log: Option<Duration>,
}

/// The settings of a tenant. Everything is unlimited by default, and kept as the worker says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantSettings {
    /// Most attempts a second, to all endpoints of the tenant together.
    pub rate_per_second: Option<NonZeroU32>,
    /// Most deliveries in flight at once, to all endpoints of the tenant together.
    pub max_in_flight: Option<NonZeroU32>,
    /// How long its events and its log are kept; where it says nothing, the worker's options count.
    pub retention: Retention,
}

impl Retention {
    /// Forgets events this long after they were delivered everywhere.
    #[must_use]
    pub const fn delivered(mut self, after: Duration) -> Self {
        self.delivered = Some(after);
        self
    }

    /// Forgets events with dead deliveries this long after those ended.
    #[must_use]
    pub const fn dead(mut self, after: Duration) -> Self {
        self.dead = Some(after);
        self
    }

    /// Forgets lines of the log this long after their attempts.
    #[must_use]
    pub const fn log(mut self, after: Duration) -> Self {
        self.log = Some(after);
        self
    }
}

impl TenantSettings {
    /// Limits attempts a second.
    #[must_use]
    pub const fn rate_per_second(mut self, rate: NonZeroU32) -> Self {
        self.rate_per_second = Some(rate);
        self
    }

    /// Limits deliveries in flight.
    #[must_use]
    pub const fn max_in_flight(mut self, most: NonZeroU32) -> Self {
        self.max_in_flight = Some(most);
        self
    }

    /// Sets how long its events and its log are kept.
    #[must_use]
    pub const fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }
}
