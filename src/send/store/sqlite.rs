//! The embedded store: a file of SQLite, in WAL mode, on disk before anything is said to be done. Feature `sqlite`.

mod error;

mod clock;

mod fair;

mod schema;

mod open;

mod endpoints;

mod enqueue;

mod writer;

mod change;

mod log;

mod settle;

mod claim;

mod lease;

mod prune;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicI64, Ordering};
use core::time::Duration;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, Transaction};

use self::clock::Clock;
use self::endpoints::Endpoints;
use self::error::failed;
use self::open::connect;
use self::writer::{Access, Writer};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::outcome::DisableRule;
use crate::send::store::contract::{
    Capacity, Claimed, EndpointChange, Enqueued, Lease, Prune, Selection, Settled, Settlement, Store, StoreFuture,
};
use crate::send::store::report::{DeliveryCounts, EndpointHealth, LogLine, LogQuery};
use crate::time::UnixMillis;
use crate::version::Version;

/// How often an idle worker looks whether another process wrote something: a word of shared memory.
const LOOK: Duration = Duration::from_millis(5);

/// A store in a file. Several processes of one machine may have it open.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    /// A connection for long reads, so that deliveries do not wait for them.
    reader: Writer,
    changes: Arc<Changes>,
}

/// A connection that is only asked whether the file has changed.
#[derive(Debug)]
struct Changes {
    connection: Mutex<Connection>,
    seen: AtomicI64,
}

impl Sqlite {
    /// Opens a file, or makes it. Only its owner may read it, since it holds secrets and personal data.
    ///
    /// # Errors
    /// `store_failed`; `store_newer` for a file of a newer release.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SendError> {
        Self::with_clock(path.as_ref(), true, &Clock::system())
    }

    /// Opens a file that is there.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and `store_failed` when there is none.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, SendError> {
        Self::with_clock(path.as_ref(), false, &Clock::system())
    }

    /// Opens a file with other clocks than the machine's, for tests that do not want to wait for days: one that shows
    /// the time, and one that counts it and cannot be set.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with_clocks(
        path: impl AsRef<Path>,
        wall: impl Fn() -> UnixMillis + Send + Sync + 'static,
        steady: impl Fn() -> UnixMillis + Send + Sync + 'static,
    ) -> Result<Self, SendError> {
        Self::with_clock(path.as_ref(), true, &Clock::new(Arc::new(wall), Arc::new(steady)))
    }

    fn with_clock(path: &Path, may_create: bool, clock: &Clock) -> Result<Self, SendError> {
        let writer = Writer::start(connect(path, may_create)?, clock.clone(), Access::Write)?;
        let reader = Writer::start(connect(path, false)?, clock.clone(), Access::Read)?;
        let connection = Mutex::new(connect(path, false)?);
        Ok(Self { writer, reader, changes: Arc::new(Changes { connection, seen: AtomicI64::new(-1) }) })
    }

    /// Takes events inside a transaction of the caller's, on a separate connection to the store's file: they are sent
    /// if it commits, and were never there if it does not. It has to be one that writes from its beginning
    /// (`TransactionBehavior::Immediate`).
    ///
    /// # Errors
    /// `store_failed`, `event_exists`; the transaction is then to be rolled back.
    pub fn enqueue_in(transaction: &Transaction<'_>, events: Vec<NewEvent>) -> Result<Vec<Enqueued>, SendError> {
        let mut endpoints = Endpoints::default();
        endpoints.refresh(transaction).map_err(failed)?;
        let now = crate::send::clock::now();
        events.into_iter().map(|event| enqueue::enqueue(transaction, &endpoints, event, None, now)).collect()
    }
}

impl Changes {
    /// Whether the file has changed since this was asked before.
    fn are_there(&self) -> bool {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let version = connection.prepare_cached("PRAGMA data_version");
        let version = version.and_then(|mut version| version.query_row([], |row| row.get(0))).unwrap_or(-1);
        self.seen.swap(version, Ordering::Relaxed) != version
    }
}

impl Store for Sqlite {
    fn now(&self) -> impl StoreFuture<UnixMillis> {
        self.reader.run(|context| Ok(context.now))
    }

    fn enqueue(&self, events: Vec<NewEvent>) -> impl StoreFuture<Vec<Enqueued>> {
        self.writer.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            let (connection, endpoints, now) = (&context.connection, &context.endpoints, context.now);
            events.into_iter().map(|event| enqueue::enqueue(connection, endpoints, event, None, now)).collect()
        })
    }

    fn enqueue_manual(&self, event: NewEvent, endpoint: String) -> impl StoreFuture<Enqueued> {
        self.writer.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            if context.endpoints.find(&endpoint).is_none() {
                return Err(SendError::EndpointUnknown { id: endpoint });
            }
            enqueue::enqueue(&context.connection, &context.endpoints, event, Some(&endpoint), context.now)
        })
    }

    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed> {
        self.writer.run(move |context| claim::claim(context, capacity, lease).map_err(failed))
    }

    fn reclaim_expired(&self) -> impl StoreFuture<u64> {
        self.writer.run(|context| lease::reclaim_expired(&context.connection, context.now).map_err(failed))
    }

    fn extend(&self, leases: Vec<Lease>, lease: Duration) -> impl StoreFuture<Vec<Lease>> {
        self.writer.run(move |context| {
            let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
            let until = UnixMillis(context.now.0.saturating_add(lease));
            lease::extend(&context.connection, leases, until).map_err(failed)
        })
    }

    fn release(&self, leases: Vec<Lease>) -> impl StoreFuture<()> {
        self.writer.run(move |context| lease::release(&context.connection, &leases).map_err(failed))
    }

    fn settle(&self, settlements: Arc<[Settlement]>, rule: DisableRule) -> impl StoreFuture<Vec<Settled>> {
        self.writer
            .run(move |context| settle::settle(&context.connection, &settlements, rule, context.now).map_err(failed))
    }

    async fn changed(&self) {
        while !self.changes.are_there() {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::add(context, &endpoint, server))
    }

    fn endpoints(&self) -> impl StoreFuture<Vec<Arc<Endpoint>>> {
        self.reader.run(|context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            Ok(context.endpoints.all().iter().filter_map(|known| known.endpoint.clone()).collect())
        })
    }

    fn change_endpoint(&self, id: String, change: EndpointChange) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::change(context, &id, change))
    }

    fn remove_endpoint(&self, id: String) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::remove(&context.connection, &id))
    }

    fn abandon(&self) -> impl StoreFuture<u64> {
        self.writer.run(|context| lease::abandon(&context.connection, context.now).map_err(failed))
    }

    fn retry(&self, selection: Selection) -> impl StoreFuture<u64> {
        self.writer.run(move |context| prune::retry(&context.connection, selection, context.now).map_err(failed))
    }

    fn prune(&self, which: Prune, after: i64) -> impl StoreFuture<(u64, Option<i64>)> {
        self.writer.run(move |context| prune::prune(&context.connection, which, after).map_err(failed))
    }

    fn log(&self, query: LogQuery) -> impl StoreFuture<Vec<LogLine>> {
        self.reader.run(move |context| log::log(&context.connection, &query).map_err(failed))
    }

    fn counts(&self) -> impl StoreFuture<DeliveryCounts> {
        self.reader.run(|context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            log::counts(&context.connection, &context.endpoints).map_err(failed)
        })
    }

    fn health(&self, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>> {
        self.reader.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            log::health(&context.connection, &context.endpoints, since, context.now).map_err(failed)
        })
    }
}
