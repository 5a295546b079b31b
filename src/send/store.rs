//! What keeps events until they are delivered. Every method is one transaction, and serves many deliveries at once.
//!
//! A delivery is *scheduled* until its retry is due, *ready*, *leased* by a worker, and in the end *delivered* or *dead*.
//! A store has the time: PostgreSQL's own clock, or for SQLite this machine's, so that callers pass durations only.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use super::endpoint::{Endpoint, Settings, State};
use super::error::SendError;
use super::event::{NewEvent, StoredEvent};
use super::outcome::{AttemptRecord, DisableRule, Effect, Next};
use crate::time::UnixMillis;
use crate::version::Version;

/// How often a delivery may take its worker down with it before it is set aside as dead.
pub const MAX_CRASHES: u32 = 5;

/// How many events one step of pruning looks at.
pub const PRUNE_STEP: i64 = 250;

/// The latest attempts of an endpoint that its health is counted from, at most.
pub const HEALTH_ATTEMPTS: i64 = 1000;

/// The number of a delivery in its store.
pub type DeliveryId = i64;

/// Why a delivery is attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// It was not attempted yet.
    First,
    /// The schedule says so.
    Retry,
    /// A caller asked for it, as for a Ping: one attempt, also to a disabled endpoint.
    Manual,
}

/// An event that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The event's id.
    pub event: String,
    /// To how many endpoints it goes.
    pub deliveries: u32,
    /// Whether it is new; an idempotency key that was used before gives the event that it was used for.
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
    /// In how long a retry is due, a rate limit lets a delivery through, or a circuit breaker lets a probe through.
    pub due_in: Option<Duration>,
    /// In how long to claim again, for ready deliveries that a rate limit or an earlier look left.
    pub rate_in: Option<Duration>,
}

/// A delivery that a worker holds until its lease ends.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The delivery.
    pub lease: Lease,
    /// Where it goes.
    pub endpoint: Arc<Endpoint>,
    /// What it is.
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
    /// The right to say so.
    pub lease: Lease,
    /// The endpoint.
    pub endpoint: String,
    /// The attempt, for the log.
    pub attempt: AttemptRecord,
    /// What becomes of the delivery.
    pub next: Next,
    /// What becomes of the endpoint.
    pub effect: Effect,
}

/// Whether a settlement counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It did.
    Done,
    /// The lease had ended, and another worker has the delivery.
    LeaseLost,
}

/// Which deliveries are tried again by hand. Those that wait or are under way are left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This one, delivered or dead.
    One(DeliveryId),
    /// All dead ones, of one endpoint if it is named.
    Dead {
        /// The endpoint.
        endpoint: Option<String>,
    },
    /// Those of events that came in from one time to another, both included, delivered or dead.
    Range {
        /// The first time.
        from: UnixMillis,
        /// The last one.
        until: UnixMillis,
        /// The endpoint.
        endpoint: Option<String>,
    },
}

/// Which events are forgotten, with their deliveries and their part of the log: those that came in and ended before a
/// time. What waits or is under way is never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// The time.
    pub before: UnixMillis,
    /// Those with dead deliveries too.
    pub with_dead: bool,
}

/// A change of an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Enables or disables it. Its record of failures starts anew, and its circuit breaker closes.
    State(State),
    /// Other settings, which were checked.
    Settings(Settings),
    /// A new secret, and the end of those before it.
    Rotate {
        /// The new secret, checked.
        secret: String,
        /// For how long the secrets before it sign too.
        overlap: Duration,
    },
}

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
    pub kind: String,
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

/// Keeps events, endpoints and the log. What a method returned `Ok` for survives the end of every process.
pub trait Store: Send + Sync + 'static {
    /// The store's time.
    fn now(&self) -> impl StoreFuture<UnixMillis>;

    /// Takes events, each with a delivery for every enabled endpoint that subscribes to its type. All of them or none.
    fn enqueue(&self, events: Vec<NewEvent>) -> impl StoreFuture<Vec<Enqueued>>;

    /// Takes an event for one endpoint alone, to be tried once.
    fn enqueue_manual(&self, event: NewEvent, endpoint: String) -> impl StoreFuture<Enqueued>;

    /// Leases due deliveries: no more to an endpoint than its limits, its rate and its circuit breaker allow, and of
    /// those that compete an equal share to each endpoint.
    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed>;

    /// Makes deliveries ready again whose lease ended, and sets aside those that this happened to too often. Answers
    /// with how many leases had ended.
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
    fn change_endpoint(&self, id: String, change: Change) -> impl StoreFuture<()>;

    /// Makes ended deliveries ready by hand; answers with how many.
    fn retry(&self, selection: Selection) -> impl StoreFuture<u64>;

    /// Forgets events, of the next few after a number; answers with how many, and the number to go on after, if any
    /// came. One short transaction, so that deliveries do not wait for it.
    fn prune(&self, prune: Prune, after: i64) -> impl StoreFuture<(u64, Option<i64>)>;

    /// Lines of the delivery log.
    fn log(&self, query: LogQuery) -> impl StoreFuture<Vec<LogLine>>;

    /// How many deliveries are in which state.
    fn counts(&self) -> impl StoreFuture<Counts>;

    /// Every endpoint with its record since a time.
    fn health(&self, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>>;
}

/// What a method of a store returns: it takes time, on any thread, and may fail.
pub trait StoreFuture<T>: Future<Output = Result<T, SendError>> + Send {}

impl<T, F: Future<Output = Result<T, SendError>> + Send> StoreFuture<T> for F {}

/// Shows no secret.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => f.debug_tuple("State").field(state).finish(),
            Self::Settings(settings) => f.debug_tuple("Settings").field(settings).finish(),
            Self::Rotate { .. } => f.write_str("Rotate { secret: [redacted], .. }"),
        }
    }
}
