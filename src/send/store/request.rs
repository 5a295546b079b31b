//! What callers ask of a store: which deliveries to try again, what to forget, how to change an endpoint.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::report::DeliveryId;
use crate::send::settings::SettingsChange;
use crate::send::state::State;
use crate::send::tenant::Tenant;
use crate::time::UnixMillis;

/// Which deliveries are tried again by hand. Those that wait or are under way are left as they are. A dead delivery is
/// tried once more; one that was delivered is replayed, as a separate delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This one, delivered or dead.
    One(DeliveryId),
    /// All dead deliveries, or those to one endpoint.
    Dead {
        /// The endpoint.
        endpoint: Option<String>,
    },
    /// Delivered and dead deliveries of events that came in from one time to another, both included.
    Range {
        /// The first time.
        from: UnixMillis,
        /// The last one.
        until: UnixMillis,
        /// The endpoint.
        endpoint: Option<String>,
    },
}

/// A selection as conditions on a delivery, which all have to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    /// The delivery's number.
    pub delivery: Option<DeliveryId>,
    /// Whether it has to be dead.
    pub only_dead: bool,
    /// The endpoint's id.
    pub endpoint: Option<String>,
    /// When its event came in at the earliest, in milliseconds.
    pub from: Option<i64>,
    /// When its event came in at the latest, in milliseconds.
    pub until: Option<i64>,
}

impl Selection {
    /// The conditions that a store asks for.
    pub(crate) fn conditions(self) -> Conditions {
        match self {
            Self::One(delivery) => Conditions { delivery: Some(delivery), ..Conditions::default() },
            Self::Dead { endpoint } => Conditions { only_dead: true, endpoint, ..Conditions::default() },
            Self::Range { from, until, endpoint } => {
                Conditions { endpoint, from: Some(from.0), until: Some(until.0), ..Conditions::default() }
            }
        }
    }
}

/// The events to delete, with their deliveries and their part of the log: those that came in and ended before a
/// time. Events with a waiting or leased delivery are never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prune {
    /// The tenant whose events are deleted; all tenants' when absent.
    pub tenant: Option<Tenant>,
    /// The time.
    pub before: UnixMillis,
    /// Whether events with dead deliveries are forgotten too.
    pub with_dead: bool,
}

impl Prune {
    /// Forgets events that came in and ended before this time, except those with dead deliveries.
    #[must_use]
    pub const fn before(time: UnixMillis) -> Self {
        Self { tenant: None, before: time, with_dead: false }
    }

    /// Forgets events of this tenant only.
    #[must_use]
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Forgets events with dead deliveries too.
    #[must_use]
    pub const fn with_dead(mut self) -> Self {
        self.with_dead = true;
        self
    }
}

/// A change of an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub enum EndpointChange {
    /// Enables or disables it. Its record of failures starts anew, and its circuit breaker closes.
    State(State),
    /// Settings to change, which were checked.
    Settings(SettingsChange),
    /// A new secret, and the end of those before it.
    Rotate {
        /// The new secret, checked.
        secret: String,
        /// How long the secrets before it sign too.
        overlap: Duration,
    },
}

/// What becomes of the deliveries that wait for an endpoint that is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Waiting {
    /// What waits becomes dead, with the failure `endpoint_removed`.
    #[default]
    Cancel,
    /// What waits is delivered, or ends with its schedule; then the endpoint is removed.
    Deliver,
}

/// Shows no secret.
impl fmt::Debug for EndpointChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => f.debug_tuple("State").field(state).finish(),
            Self::Settings(settings) => f.debug_tuple("Settings").field(settings).finish(),
            Self::Rotate { .. } => f.write_str("Rotate { secret: [redacted], .. }"),
        }
    }
}
