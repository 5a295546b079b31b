//! What keeps events until they are delivered. Every method is one transaction, and serves many deliveries at once.
//!
//! A delivery is *scheduled* until its retry is due, *ready*, *leased* by a worker, and in the end *delivered* or
//! *dead*. A store has the time: PostgreSQL's own clock, or for SQLite this machine's, so that callers pass durations
//! only.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::time::Duration;

use super::report::{
    AttemptTiming, DeliveryCounts, DeliveryId, EndpointHealth, LogLine, LogQuery, SealReport, TenantReport,
};
use super::request::{EndpointChange, Prune, Selection, Waiting};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::{NewEvent, StoredEvent};
use crate::send::notice::Notice;
use crate::send::outcome::{AttemptRecord, DisableRule, Effect, Next};
use crate::send::retention::{Retention, TenantSettings};
use crate::send::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;
use crate::version::Version;

/// The number of worker crashes in a row at which a delivery is marked dead.
pub const MAX_CRASHES_PER_DELIVERY: u32 = 5;

/// How many deliveries of removed endpoints one step sets aside.
pub const ABANDON_STEP: i64 = 1000;

/// How many deliveries in the queue one step of cancelling looks at.
pub const CANCEL_STEP: i64 = 1000;

/// How many events one step of pruning looks at.
pub const PRUNE_STEP: i64 = 250;

/// How many endpoints or events one step of sealing looks at.
pub const SEAL_STEP: i64 = 250;

/// How many lines of the log one step of retention looks at.
pub(crate) const RETAIN_LOG_STEP: i64 = 1000;

/// The pause between two passes of retention.
pub(crate) const RETAIN_PAUSE: Duration = Duration::from_secs(600);

/// How many events one step of recovery looks at.
pub const RECOVER_STEP: i64 = 1000;

/// An event that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The event's id.
    pub event: String,
    /// To how many endpoints it goes.
    pub deliveries: u32,
    /// Whether the event is new. If its idempotency key was used before, `event` is the id of that earlier event.
    pub is_new: bool,
}

/// What a worker can take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Most deliveries.
    pub deliveries: usize,
    /// Most deliveries to slow endpoints, and to those that were not attempted yet.
    pub slow: usize,
    /// Most bytes of data.
    pub bytes: usize,
}

/// What a claim found.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The deliveries.
    pub claims: Vec<Claim>,
    /// The store's time at the claim.
    pub now: UnixMillis,
    /// How long until a retry is due, or a rate limit or a circuit breaker lets a delivery through.
    pub due_in: Option<Duration>,
    /// The wait until another claim may lease the ready deliveries that this claim had to leave.
    pub rate_in: Option<Duration>,
}

/// A delivery that a worker holds until its lease ends.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The delivery.
    pub lease: Lease,
    /// The endpoint that the delivery goes to.
    pub endpoint: Arc<Endpoint>,
    /// The event that is delivered.
    pub event: Arc<StoredEvent>,
    /// Attempts that were made before.
    pub attempts: u32,
    /// How many of them were made before its schedule began; 0 unless the delivery was recovered.
    pub attempts_before: u32,
    /// Whether a caller asked for it.
    pub is_manual: bool,
    /// Whether the endpoint is slow, or was not attempted yet.
    pub is_slow: bool,
}

/// The right to work on a delivery. A worker with an older token has lost it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Different for each claim.
    pub token: i64,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The lease under which the attempt ran.
    pub lease: Lease,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// The attempt, for the log.
    pub attempt: AttemptRecord,
    /// What becomes of the delivery.
    pub next: Next,
    /// What the attempt says of its endpoint.
    pub effect: Effect,
}

/// Whether a settlement counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The settlement was recorded.
    Done,
    /// The lease had ended, and another worker has the delivery.
    LeaseLost,
}

/// What came of settlements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettleReport {
    /// Whether each settlement counted, in their order.
    pub settled: Vec<Settled>,
    /// What happened to endpoints and deliveries.
    pub notices: Vec<Notice>,
}

/// What came of expired leases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// How many leases had expired.
    pub leases: u64,
    /// The deliveries that are dead now.
    pub notices: Vec<Notice>,
}

/// What a step of retention forgot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Events, with their payloads and deliveries.
    pub events: u64,
    /// Lines of the log of events that stay.
    pub attempts: u64,
    /// How long until the next step has something to do.
    pub next_in: Duration,
}

/// Keeps events, endpoints and the log. What a method returned `Ok` for survives the end of every process.
///
/// Methods that take a tenant act on what is that tenant's alone. An optional tenant is `None` for all tenants.
pub trait Store: Send + Sync + 'static {
    /// The store's time.
    fn now(&self) -> impl StoreFuture<UnixMillis>;

    /// Takes events of a tenant, each with a delivery for every enabled endpoint of the tenant that subscribes to its
    /// type. All of them or none.
    fn enqueue(&self, tenant: Tenant, events: Vec<NewEvent>) -> impl StoreFuture<Vec<Enqueued>>;

    /// Takes an event for one endpoint alone, to be tried once.
    fn enqueue_manual(&self, event: NewEvent, endpoint: EndpointKey) -> impl StoreFuture<Enqueued>;

    /// Leases due deliveries: no more to an endpoint than its limits, its rate and its circuit breaker allow, and to a
    /// tenant than its limits allow. When deliveries compete, each tenant has an equal share, and each endpoint an equal
    /// share of its tenant's.
    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed>;

    /// Makes deliveries with an expired lease ready again, and marks dead those whose leases expired too often.
    fn reclaim_expired(&self, server: Version) -> impl StoreFuture<Reclaimed>;

    /// Lets leases end after `lease` from now; answers with those that are lost.
    fn extend(&self, leases: Vec<Lease>, lease: Duration) -> impl StoreFuture<Vec<Lease>>;

    /// Gives back deliveries that were not attempted.
    fn release(&self, leases: Vec<Lease>) -> impl StoreFuture<()>;

    /// Records how attempts ended, and takes an event for the operator's endpoints for each notice, in one transaction.
    fn settle(
        &self,
        settlements: Arc<[Settlement]>,
        rule: DisableRule,
        server: Version,
    ) -> impl StoreFuture<SettleReport>;

    /// Waits until another process may have made a delivery ready. May also end for no reason.
    fn changed(&self) -> impl Future<Output = ()> + Send;

    /// Adds an endpoint, and in the same transaction a Ping to it.
    fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> impl StoreFuture<()>;

    /// An endpoint, or why it cannot be read.
    fn endpoint(&self, key: EndpointKey) -> impl StoreFuture<Arc<Endpoint>>;

    /// Every endpoint whose settings can be read, in the order of tenants and ids.
    fn endpoints(&self, tenant: Option<Tenant>) -> impl StoreFuture<Vec<Arc<Endpoint>>>;

    /// Changes an endpoint.
    fn change_endpoint(&self, key: EndpointKey, change: EndpointChange) -> impl StoreFuture<()>;

    /// Removes an endpoint: it gets no more events, and its settings, with its secrets, are deleted; at once, or when
    /// what waits was delivered. Its part of the log stays. Its id is free again once none of its deliveries waits or is
    /// in flight.
    fn remove_endpoint(&self, key: EndpointKey, waiting: Waiting) -> impl StoreFuture<()>;

    /// Sets aside as dead, with the failure `endpoint_removed`, up to [`ABANDON_STEP`] deliveries that wait for removed
    /// endpoints, and removes endpoints that leave and have nothing left; answers with how many deliveries.
    fn abandon(&self) -> impl StoreFuture<u64>;

    /// Sets aside as dead, with the failure `cancelled`, what waits for an endpoint, among the next [`CANCEL_STEP`] of
    /// the queue after a number. Returns how many, and the number to continue after, or `None` at the end.
    fn cancel(&self, key: EndpointKey, after: DeliveryId) -> impl StoreFuture<(u64, Option<DeliveryId>)>;

    /// Makes ended deliveries of a tenant ready by hand, except those of removed endpoints; answers with how many.
    fn retry(&self, tenant: Tenant, selection: Selection) -> impl StoreFuture<u64>;

    /// Makes deliveries of events that came in at or after a time, and that the endpoint subscribes to: of those that it
    /// has no delivery of, since it was disabled or not there, and of its dead ones. They follow the whole schedule.
    /// Looks at the next [`RECOVER_STEP`] events after a number. Returns how many, and the number to continue after, or
    /// `None` at the end.
    fn recover(&self, key: EndpointKey, since: UnixMillis, after: i64) -> impl StoreFuture<(u64, Option<i64>)>;

    /// Deletes events among the next [`PRUNE_STEP`] after a number. Returns how many, and the number to continue after,
    /// or `None` at the end. One short transaction, so that deliveries do not wait for it.
    fn prune(&self, prune: Prune, after: i64) -> impl StoreFuture<(u64, Option<i64>)>;

    /// Forgets some of what is older than its tenant's retention, or than `retention` where the tenant's says nothing.
    /// All workers share one pass over the store.
    fn retain(&self, retention: Retention) -> impl StoreFuture<Retained>;

    /// Seals the secrets of endpoints among the next [`SEAL_STEP`] after a key, unless they are sealed under the current
    /// sealing key. Returns the key to continue after, or `None` at the end.
    fn seal_endpoints(&self, after: String) -> impl StoreFuture<(SealReport, Option<String>)>;

    /// Seals the data of events among the next [`SEAL_STEP`] after a number, unless it is sealed under the current key.
    /// Returns the number to continue after, or `None` at the end.
    fn seal_payloads(&self, after: i64) -> impl StoreFuture<(SealReport, Option<i64>)>;

    /// Overwrites what was deleted or replaced, as far as the store can.
    fn scrub(&self) -> impl StoreFuture<()>;

    /// Sets a tenant's limits and retention.
    fn set_tenant(&self, tenant: Tenant, settings: TenantSettings) -> impl StoreFuture<()>;

    /// Every tenant that has endpoints or settings, in the order of their names.
    fn tenants(&self) -> impl StoreFuture<Vec<TenantReport>>;

    /// Lines of the delivery log.
    fn log(&self, query: LogQuery) -> impl StoreFuture<Vec<LogLine>>;

    /// Attempts with an id above `after`, oldest first, at most `most`; the latest ones if `after` is negative.
    fn timings(&self, after: i64, most: u32) -> impl StoreFuture<Vec<AttemptTiming>>;

    /// How many deliveries are in which state.
    fn counts(&self, tenant: Option<Tenant>) -> impl StoreFuture<DeliveryCounts>;

    /// Every endpoint with its record since a time.
    fn health(&self, tenant: Option<Tenant>, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>>;
}

/// What a method of a store returns: it takes time, on any thread, and may fail.
pub trait StoreFuture<T>: Future<Output = Result<T, SendError>> + Send {}

impl<T, F: Future<Output = Result<T, SendError>> + Send> StoreFuture<T> for F {}
