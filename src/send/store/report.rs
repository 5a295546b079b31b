//! What a store reports: the log, counts, and the health of endpoints.

use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::outcome::AttemptRecord;
use crate::send::retention::TenantSettings;
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;

/// The latest attempts of an endpoint that its health is counted from, at most.
pub const HEALTH_ATTEMPTS: i64 = 1000;

/// The number of a delivery in its store.
pub type DeliveryId = i64;

/// An endpoint's circuit breaker: it stops an endpoint whose attempts all time out from occupying the workers' slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Deliveries go out.
    Closed,
    /// No delivery goes out until this time.
    Open(UnixMillis),
    /// One goes out at a time, until one is answered.
    Probing,
}

/// The health of an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointHealth {
    /// The endpoint's tenant and id.
    pub key: EndpointKey,
    /// The endpoint; `None` when its settings cannot be read, because a newer release wrote them. Its deliveries wait.
    pub endpoint: Option<Arc<Endpoint>>,
    /// Since when every attempt has failed.
    pub failing_since: Option<UnixMillis>,
    /// How many attempts have failed since one worked.
    pub failures: u32,
    /// The endpoint's circuit breaker.
    pub breaker: BreakerState,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries under way.
    pub in_flight: u64,
    /// Deliveries that are dead.
    pub dead: u64,
    /// The number of attempts since the time that was asked for, at most the latest 1,000.
    pub attempts: u64,
    /// How many of those attempts were answered with 2xx.
    pub delivered: u64,
    /// The median response time of those attempts.
    pub p50: Duration,
    /// The 99th percentile of the response times of those attempts.
    pub p99: Duration,
}

/// A line of the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub event_type: String,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// What became of the delivery so far: `waiting`, `leased`, `delivered`, `dead`.
    pub state: &'static str,
    /// The delivery that this one replays.
    pub replays: Option<DeliveryId>,
    /// The attempt.
    pub attempt: AttemptRecord,
}

/// Which lines of the log are wanted, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogQuery {
    /// Lines of this tenant only; all tenants' when absent.
    pub tenant: Option<Tenant>,
    /// Lines of this delivery only.
    pub delivery: Option<DeliveryId>,
    /// Lines of the endpoint with this id only, of the query's tenant or else of the default one.
    pub endpoint: Option<String>,
    /// Lines of the event with this id only.
    pub event: Option<String>,
    /// Lines of failed attempts only.
    pub only_failed: bool,
    /// Most lines. Default: 50.
    pub limit: u32,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { tenant: None, delivery: None, endpoint: None, event: None, only_failed: false, limit: 50 }
    }
}

impl LogQuery {
    /// Asks for lines of this tenant only.
    #[must_use]
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// The key of the endpoint that is asked for.
    pub(crate) fn key(&self) -> Option<EndpointKey> {
        let id = self.endpoint.as_ref()?;
        Some(self.tenant.clone().unwrap_or_default().endpoint(id))
    }

    /// Asks for lines of this delivery only.
    #[must_use]
    pub const fn delivery(mut self, delivery: DeliveryId) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Asks for lines of the endpoint with this id only, of the query's tenant or else of the default one.
    #[must_use]
    pub fn endpoint(mut self, id: &str) -> Self {
        self.endpoint = Some(id.into());
        self
    }

    /// Asks for lines of this event only.
    #[must_use]
    pub fn event(mut self, id: &str) -> Self {
        self.event = Some(id.into());
        self
    }

    /// Asks for lines of failed attempts only.
    #[must_use]
    pub const fn only_failed(mut self) -> Self {
        self.only_failed = true;
        self
    }

    /// Asks for so many lines at most. Default: 50.
    #[must_use]
    pub const fn limit(mut self, lines: u32) -> Self {
        self.limit = lines;
        self
    }
}

/// How long an attempt took, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptTiming {
    /// The number of its line in the log; later attempts have higher ones.
    pub id: i64,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// When it was signed.
    pub started: UnixMillis,
    /// How long it took.
    pub elapsed: Duration,
    /// The status; `None` when there was no answer.
    pub status: Option<u16>,
    /// Whether a caller asked for it.
    pub is_manual: bool,
}

/// How many deliveries are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryCounts {
    /// Failed, and waiting for their retry to be due.
    pub scheduled: u64,
    /// Due: they wait for a worker, for a limit, or for an endpoint that is disabled.
    pub ready: u64,
    /// With a worker.
    pub leased: u64,
    /// Answered with 2xx.
    pub delivered: u64,
    /// Kept, and not tried again by themselves.
    pub dead: u64,
    /// Endpoints whose circuit breaker is open or probing.
    pub breakers_open: u64,
    /// Endpoints whose settings this release cannot read.
    pub unreadable: u64,
    /// When the oldest event came in that waits or is in flight.
    pub oldest: Option<UnixMillis>,
}

impl DeliveryCounts {
    /// Scheduled and ready.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        self.scheduled.saturating_add(self.ready)
    }
}

/// A tenant, and how its deliveries do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantReport {
    /// The tenant.
    pub tenant: Tenant,
    /// The tenant's limits and retention.
    pub settings: TenantSettings,
    /// How many endpoints it has.
    pub endpoints: u64,
    /// Scheduled and ready deliveries.
    pub waiting: u64,
    /// Deliveries in flight.
    pub in_flight: u64,
    /// Deliveries that were answered with 2xx.
    pub delivered: u64,
    /// Deliveries that are dead.
    pub dead: u64,
}

impl TenantReport {
    /// A tenant without anything.
    pub(crate) fn new(name: &str) -> Self {
        let tenant = Tenant::from_stored(name.into());
        let settings = TenantSettings::default();
        Self { tenant, settings, endpoints: 0, waiting: 0, in_flight: 0, delivered: 0, dead: 0 }
    }
}

/// What sealing did, in a step or in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealReport {
    /// Endpoints that were not sealed under the current key, and are now.
    pub endpoints: u64,
    /// Events whose data was not sealed under the current key, and is now.
    pub events: u64,
    /// Endpoints and events that were left as they are, since they cannot be read.
    pub skipped: u64,
    /// Why the first of them cannot be read.
    pub problem: Option<SendError>,
}

impl SealReport {
    /// Counts what cannot be read. Other failures end the run.
    pub(super) fn skip(&mut self, error: SendError) -> Result<(), SendError> {
        if matches!(error, SendError::SealFailed { .. } | SendError::StoreFailed { .. }) {
            return Err(error);
        }
        self.skipped = self.skipped.saturating_add(1);
        self.problem.get_or_insert(error);
        Ok(())
    }

    /// Adds what a further step did.
    pub(crate) fn add(&mut self, step: Self) {
        self.endpoints = self.endpoints.saturating_add(step.endpoints);
        self.events = self.events.saturating_add(step.events);
        self.skipped = self.skipped.saturating_add(step.skipped);
        self.problem = self.problem.take().or(step.problem);
    }
}
