//! What keeps events until they are delivered. Batch-shaped: one transaction serves many deliveries.
//!
//! Time is an argument, as in the core; [`Store::now`] says whose clock counts.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use super::endpoint::{Endpoint, Settings, State};
use super::error::SendError;
use super::event::{NewEvent, StoredEvent};
use super::outcome::{AttemptRecord, DisableRule, Effect, Next};
use crate::release::Release;
use crate::time::UnixMillis;

/// How often a delivery may take its worker down with it before it is set aside.
pub const MAX_CRASHES: u32 = 5;

/// The number of a delivery in its store.
pub type DeliveryId = i64;

/// Which deliveries are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Those that were not tried yet.
    First,
    /// Those that are tried again by their schedule.
    Retry,
    /// Those that somebody asked for, pings among them: one attempt, also to a disabled endpoint.
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

/// A delivery that a worker holds until its lease ends.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The delivery.
    pub lease: Lease,
    /// Where it goes.
    pub endpoint: Arc<Endpoint>,
    /// What it is.
    pub event: StoredEvent,
    /// Attempts that were made before.
    pub attempts: u32,
    /// Whether somebody asked for it.
    pub is_manual: bool,
}

/// The right to work on a delivery. Whoever comes with an older token finds it gone.
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
    /// The lease had ended, and somebody else has the delivery.
    LeaseLost,
}

/// Which deliveries are tried again by hand. Those under way or waiting are left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// This one, delivered or dead.
    One(DeliveryId),
    /// All dead ones, of one endpoint if it is named.
    Dead {
        /// The endpoint.
        endpoint: Option<String>,
    },
    /// Those of events that came in from one moment to another, both included, delivered or dead.
    Range {
        /// The first moment.
        from: UnixMillis,
        /// The last one.
        until: UnixMillis,
        /// The endpoint.
        endpoint: Option<String>,
    },
}

/// Which events are forgotten, with their deliveries and their part of the log: those that came in and ended before a
/// moment. What waits or is under way is never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// The moment.
    pub before: UnixMillis,
    /// Those with dead deliveries too.
    pub with_dead: bool,
}

/// A change of an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Enables or disables it. Enabling makes its record of failures new.
    State(State),
    /// Other settings, which were checked.
    Settings(Settings),
    /// A new secret, and the end of those before it.
    Rotate {
        /// The new secret, checked.
        secret: String,
        /// Now.
        now: UnixMillis,
        /// Until when the secrets before it sign too.
        overlap_until: UnixMillis,
    },
}

/// An endpoint and how it does.
#[derive(Clone, Debug)]
pub struct EndpointHealth {
    /// The endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Since when every attempt has failed.
    pub failing_since: Option<UnixMillis>,
    /// How many attempts have failed since one worked.
    pub failures: u32,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that are dead.
    pub dead: u64,
    /// Attempts in the time that was asked for.
    pub attempts: u64,
    /// Those that were answered with 2xx.
    pub delivered: u64,
    /// The middle response time of those attempts, in milliseconds.
    pub p50_ms: u64,
    /// The response time that 99 of 100 stay under, in milliseconds.
    pub p99_ms: u64,
}

/// A line of the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The event's id.
    pub event: String,
    /// The event's kind.
    pub kind: String,
    /// The endpoint.
    pub endpoint: String,
    /// What became of the delivery so far: `waiting`, `leased`, `delivered`, `dead`.
    pub state: &'static str,
    /// The attempt.
    pub attempt: AttemptRecord,
}

/// Which lines of the log are wanted, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Of one delivery.
    pub delivery: Option<DeliveryId>,
    /// Of one endpoint.
    pub endpoint: Option<String>,
    /// Of one event.
    pub event: Option<String>,
    /// Failed ones only.
    pub only_failed: bool,
    /// Most lines.
    pub limit: u32,
}

/// How many deliveries are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not yet due, or due and not yet claimed.
    pub waiting: u64,
    /// With a worker.
    pub leased: u64,
    /// Answered with 2xx.
    pub delivered: u64,
    /// Kept, and not tried again by themselves.
    pub dead: u64,
}

/// Keeps events, endpoints and the log. Whatever it said Ok to survives the end of every process.
pub trait Store: Send + Sync + 'static {
    /// The time that counts for this store.
    fn now(&self) -> UnixMillis;

    /// Takes events, each with a delivery for every enabled endpoint that wants its kind. All of them or none.
    fn enqueue(&self, events: Vec<NewEvent>, now: UnixMillis) -> impl Work<Vec<Enqueued>>;

    /// Takes an event for one endpoint alone, to be tried once.
    fn enqueue_manual(&self, event: NewEvent, endpoint: String, now: UnixMillis) -> impl Work<Enqueued>;

    /// Hands out due deliveries until `until`, at most so many, and no more to an endpoint than it may have under way.
    /// Takes back those whose lease ended, and sets aside those that did so too often.
    fn claim(&self, most: usize, now: UnixMillis, until: UnixMillis) -> impl Work<Vec<Claim>>;

    /// Makes leases longer; hands back those that are lost.
    fn extend(&self, leases: Vec<Lease>, until: UnixMillis) -> impl Work<Vec<Lease>>;

    /// Says how attempts ended, in one transaction.
    fn settle(&self, settlements: Arc<[Settlement]>, rule: DisableRule, now: UnixMillis) -> impl Work<Vec<Settled>>;

    /// When the next delivery is due, if one waits.
    fn next_due(&self) -> impl Work<Option<UnixMillis>>;

    /// Adds an endpoint, and in the same transaction a Ping to it.
    fn add_endpoint(&self, endpoint: Endpoint, server: Release, now: UnixMillis) -> impl Work<()>;

    /// Every endpoint, in the order of their ids.
    fn endpoints(&self) -> impl Work<Vec<Arc<Endpoint>>>;

    /// Changes an endpoint.
    fn change_endpoint(&self, id: String, change: Change) -> impl Work<()>;

    /// Makes deliveries due by hand; hands back how many.
    fn retry(&self, selection: Selection, now: UnixMillis) -> impl Work<u64>;

    /// Forgets events, of the next few after that number; hands back how many, and the number to go on after, if any
    /// came. One short transaction, so that deliveries do not wait for it.
    fn prune(&self, prune: Prune, after: i64) -> impl Work<(u64, Option<i64>)>;

    /// Lines of the delivery log.
    fn log(&self, query: LogQuery) -> impl Work<Vec<LogLine>>;

    /// How many deliveries are in which state.
    fn counts(&self) -> impl Work<Counts>;

    /// Every endpoint with its record since a moment.
    fn health(&self, since: UnixMillis) -> impl Work<Vec<EndpointHealth>>;
}

/// What a store does takes time, on any thread, and may fail.
pub trait Work<T>: Future<Output = Result<T, SendError>> + Send {}

impl<T, F: Future<Output = Result<T, SendError>> + Send> Work<T> for F {}

impl Lane {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::First => 0,
            Self::Retry => 1,
            Self::Manual => 2,
        }
    }
}

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

/// The states of a delivery, as they are stored.
pub(crate) const STATES: [&str; 4] = ["waiting", "leased", "delivered", "dead"];

/// How many events one step of forgetting looks at.
pub(crate) const PRUNE_STEP: i64 = 200;

/// The place of the pass that gives what is left to retries.
pub(crate) const LAST_PASS: usize = 3;

/// How much of an endpoint's room one lane may take: retries a quarter while first attempts may wait, at least one in
/// four turns; everything else all of it.
pub(crate) const fn part(lane: Lane, is_last: bool, room: usize, turn: usize) -> usize {
    match lane {
        Lane::Retry if !is_last && room >= 4 => room / 4,
        Lane::Retry if !is_last && turn % 4 != 0 => 0,
        _ => room,
    }
}

/// In which order lanes are looked at for `most` deliveries, and how many each may give: what was asked for by hand
/// first; retries get their quarter, so that neither they nor first attempts can starve the others.
pub(crate) const fn quotas(most: usize, turn: usize) -> [(Lane, usize); 4] {
    let retries = if most >= 4 {
        most / 4
    } else if turn % 4 == 0 {
        most
    } else {
        0
    };
    [(Lane::Manual, most), (Lane::Retry, retries), (Lane::First, most), (Lane::Retry, most)]
}

/// State and due time of a delivery after a settlement, as they are stored.
pub(crate) fn settled(next: Next, now: UnixMillis) -> (i64, i64) {
    match next {
        Next::Retry(due) => (0, due.0),
        Next::Delivered => (2, now.0),
        Next::Dead => (3, now.0),
    }
}
