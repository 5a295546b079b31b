//! What a store reports: the log, counts, and the health of endpoints.

use alloc::string::String;
use alloc::sync::Arc;

use crate::send::endpoint::Endpoint;
use crate::send::outcome::AttemptRecord;
use crate::time::UnixMillis;

/// The latest attempts of an endpoint that its health is counted from, at most.
pub const HEALTH_ATTEMPTS: i64 = 1000;

/// The number of a delivery in its store.
pub type DeliveryId = i64;

/// An endpoint's circuit breaker: it keeps an endpoint that only times out from taking the workers' slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Deliveries go out.
    Closed,
    /// None goes out until this time.
    Open(UnixMillis),
    /// One goes out at a time, until one is answered.
    Probing,
}

/// An endpoint and how it does.
#[derive(Clone, Debug)]
pub struct EndpointHealth {
    /// Its id.
    pub id: String,
    /// The endpoint; `None` when its settings cannot be read, because a newer release wrote them. Its deliveries wait.
    pub endpoint: Option<Arc<Endpoint>>,
    /// Since when every attempt has failed.
    pub failing_since: Option<UnixMillis>,
    /// How many attempts have failed since one worked.
    pub failures: u32,
    /// Its circuit breaker.
    pub breaker: Breaker,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries under way.
    pub in_flight: u64,
    /// Deliveries that are dead.
    pub dead: u64,
    /// Its latest attempts since the time that was asked for, at most 1,000.
    pub attempts: u64,
    /// Those that were answered with 2xx.
    pub delivered: u64,
    /// The median response time of those attempts, in milliseconds.
    pub p50_ms: u64,
    /// Their 99th percentile, in milliseconds.
    pub p99_ms: u64,
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
    pub endpoint: String,
    /// What became of the delivery so far: `waiting`, `leased`, `delivered`, `dead`.
    pub state: &'static str,
    /// The attempt.
    pub attempt: AttemptRecord,
}

/// Which lines of the log are wanted, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// Of one delivery.
    pub delivery: Option<DeliveryId>,
    /// Of one endpoint.
    pub endpoint: Option<String>,
    /// Of one event.
    pub event: Option<String>,
    /// Failed ones only.
    pub only_failed: bool,
    /// Most lines. Default: 50.
    pub limit: u32,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { delivery: None, endpoint: None, event: None, only_failed: false, limit: 50 }
    }
}

/// How many deliveries are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Scheduled or ready.
    pub waiting: u64,
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
}
