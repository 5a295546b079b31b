//! What keeps events until they are delivered. Every method is one transaction, and serves many deliveries at once.
//!
//! A delivery is *scheduled* until its retry is due, *ready*, *leased* by a worker, and in the end *delivered* or
//! *dead*. A store has the time: PostgreSQL's own clock, or for SQLite this machine's, so that callers pass durations
//! only.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use super::report::{DeliveryCounts, DeliveryId, EndpointHealth, LogLine, LogQuery};
use crate::send::endpoint::{Endpoint, EndpointSettings, State};
use crate::send::error::SendError;
use crate::send::event::{NewEvent, StoredEvent};
use crate::send::outcome::{AttemptRecord, DisableRule, Effect, Next};
use crate::time::UnixMillis;
use crate::version::Version;

/// The number of worker crashes in a row at which a delivery is marked dead.
pub const MAX_CRASHES_PER_DELIVERY: u32 = 5;

/// How many deliveries of removed endpoints one step sets aside.
pub const ABANDON_STEP: i64 = 1000;

/// How many events one step of pruning looks at.
pub const PRUNE_STEP: i64 = 250;

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
    pub endpoint: String,
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

/// Which deliveries are tried again by hand. Those that wait or are under way are left as they are.
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

/// The events to delete, with their deliveries and their part of the log: those that came in and ended before a
/// time. Events with a waiting or leased delivery are never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prune {
    /// The time.
    pub before: UnixMillis,
    /// Whether events with dead deliveries are forgotten too.
    pub with_dead: bool,
}

impl Prune {
    /// Forgets events that came in and ended before this time, except those with dead deliveries.
    #[must_use]
    pub const fn before(time: UnixMillis) -> Self {
        Self { before: time, with_dead: false }
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
    /// Other settings, which were checked.
    Settings(EndpointSettings),
    /// A new secret, and the end of those before it.
    Rotate {
        /// The new secret, checked.
        secret: String,
        /// How long the secrets before it sign too.
        overlap: Duration,
    },
}

/// Keeps events, endpoints and the log. What a method returned `Ok` for survives the end of every process.
pub trait Store: Send + Sync + 'static {
    /// The store's time.
    fn now(&self) -> impl StoreFuture<UnixMillis>;

    /// Takes events, each with a delivery for every enabled endpoint that subscribes to its type. All of them or none.
    fn enqueue(&self, events: Vec<NewEvent>) -> impl StoreFuture<Vec<Enqueued>>;

    /// Takes an event for one endpoint alone, to be tried once.
    fn enqueue_manual(&self, event: NewEvent, endpoint: String) -> impl StoreFuture<Enqueued>;

    /// Leases due deliveries: no more to an endpoint than its limits, its rate and its circuit breaker allow, and an
    /// equal share for each endpoint when deliveries compete.
    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed>;

    /// Makes deliveries with an expired lease ready again, and marks dead those whose leases expired too often. Returns
    /// how many leases had expired.
    fn reclaim_expired(&self) -> impl StoreFuture<u64>;

    /// Lets leases end after `lease` from now; answers with those that are lost.
    fn extend(&self, leases: Vec<Lease>, lease: Duration) -> impl StoreFuture<Vec<Lease>>;

    /// Gives back deliveries that were not attempted.
    fn release(&self, leases: Vec<Lease>) -> impl StoreFuture<()>;

    /// Records how attempts ended, in one transaction.
    fn settle(&self, settlements: Arc<[Settlement]>, rule: DisableRule) -> impl StoreFuture<Vec<Settled>>;

    /// Waits until another process may have made a delivery ready. May also end for no reason.
    fn changed(&self) -> impl Future<Output = ()> + Send;

    /// Adds an endpoint, and in the same transaction a Ping to it.
    fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> impl StoreFuture<()>;

    /// Every endpoint whose settings can be read, in the order of their ids.
    fn endpoints(&self) -> impl StoreFuture<Vec<Arc<Endpoint>>>;

    /// Changes an endpoint.
    fn change_endpoint(&self, id: String, change: EndpointChange) -> impl StoreFuture<()>;

    /// Removes an endpoint: its settings, with its secrets, are deleted, and it gets no more events. Its part of the
    /// log stays. Its id is free again once none of its deliveries waits or is in flight.
    fn remove_endpoint(&self, id: String) -> impl StoreFuture<()>;

    /// Sets aside as dead, with the failure `endpoint_removed`, up to [`ABANDON_STEP`] deliveries that wait for removed
    /// endpoints; answers with how many.
    fn abandon(&self) -> impl StoreFuture<u64>;

    /// Makes ended deliveries ready by hand, except those of removed endpoints; answers with how many.
    fn retry(&self, selection: Selection) -> impl StoreFuture<u64>;

    /// Deletes events among the next [`PRUNE_STEP`] after a number. Returns how many, and the number to continue after,
    /// or `None` at the end. One short transaction, so that deliveries do not wait for it.
    fn prune(&self, prune: Prune, after: i64) -> impl StoreFuture<(u64, Option<i64>)>;

    /// Lines of the delivery log.
    fn log(&self, query: LogQuery) -> impl StoreFuture<Vec<LogLine>>;

    /// How many deliveries are in which state.
    fn counts(&self) -> impl StoreFuture<DeliveryCounts>;

    /// Every endpoint with its record since a time.
    fn health(&self, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>>;
}

/// What a method of a store returns: it takes time, on any thread, and may fail.
pub trait StoreFuture<T>: Future<Output = Result<T, SendError>> + Send {}

impl<T, F: Future<Output = Result<T, SendError>> + Send> StoreFuture<T> for F {}

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
