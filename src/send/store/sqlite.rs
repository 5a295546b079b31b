//! The embedded store: a file of SQLite, in WAL mode, on disk before anything is said to be done. Feature `sqlite`.

mod error;

mod clock;

mod fair;

mod schema;

mod open;

mod endpoints;

mod enqueue;

mod writer;

mod notices;

mod change;

mod log;

mod health;

mod tenants;

mod record;

mod aside;

mod settle;

#[cfg(test)]
mod plans;

mod ready;

mod claim;

mod lease;

mod prune;

mod retain;

mod again;

mod reseal;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicI64, Ordering};
use core::time::Duration;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, Transaction};

use self::clock::Clock;
use self::endpoints::Endpoints;
use self::enqueue::{Target, enqueue};
use self::error::failed;
use self::open::connect;
use self::writer::{Access, Context, Writer};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::outcome::DisableRule;
use crate::send::retention::{Retention, TenantSettings};
use crate::send::seal::{Seal, Sealer};
use crate::send::store::contract::{
    Capacity, Claimed, Enqueued, Lease, Reclaimed, Retained, SettleReport, Settlement, Store, StoreFuture,
};
use crate::send::store::report::{
    AttemptTiming, DeliveryCounts, DeliveryId, EndpointHealth, LogLine, LogQuery, SealReport, TenantReport,
};
use crate::send::store::request::{EndpointChange, Prune, Selection, Waiting};
use crate::send::tenant::{EndpointKey, Tenant};
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
    seal: Seal,
    path: Arc<Path>,
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
        let seal = Seal::default();
        let writer = Writer::start(connect(path, may_create)?, clock.clone(), seal.clone(), Access::Write)?;
        let reader = Writer::start(connect(path, false)?, clock.clone(), seal.clone(), Access::Read)?;
        let connection = Mutex::new(connect(path, false)?);
        let changes = Arc::new(Changes { connection, seen: AtomicI64::new(-1) });
        Ok(Self { writer, reader, changes, seal, path: path.into() })
    }

    /// Seals secrets from now on, and opens those that are sealed. `Sender::seal` seals what is there.
    #[must_use]
    pub fn sealed(self, sealer: Sealer) -> Self {
        self.seal.set(sealer);
        self
    }

    /// Takes events inside a transaction of the caller's, on a separate connection to the store's file: they are sent
    /// if it commits, and were never there if it does not. It has to be one that writes from its beginning
    /// (`TransactionBehavior::Immediate`).
    ///
    /// # Errors
    /// `store_failed`, `event_exists`; the transaction is then to be rolled back.
    pub fn enqueue_in(
        &self,
        transaction: &Transaction<'_>,
        tenant: &Tenant,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Enqueued>, SendError> {
        let mut endpoints = Endpoints::new(self.seal.clone());
        endpoints.refresh(transaction).map_err(failed)?;
        let (target, now) = (Target::Subscribed(tenant), crate::send::clock::now());
        events.into_iter().map(|event| enqueue(transaction, &endpoints, event, target, now)).collect()
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

    fn enqueue(&self, tenant: Tenant, events: Vec<NewEvent>) -> impl StoreFuture<Vec<Enqueued>> {
        self.writer.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            let (connection, endpoints, now) = (&context.connection, &context.endpoints, context.now);
            let target = Target::Subscribed(&tenant);
            events.into_iter().map(|event| enqueue(connection, endpoints, event, target, now)).collect()
        })
    }

    fn enqueue_manual(&self, event: NewEvent, endpoint: EndpointKey) -> impl StoreFuture<Enqueued> {
        self.writer.run(move |context| {
            context.known(&endpoint)?;
            let target = Target::One(&endpoint);
            enqueue(&context.connection, &context.endpoints, event, target, context.now)
        })
    }

    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed> {
        self.writer.run(move |context| claim::claim(context, capacity, lease).map_err(failed))
    }

    fn reclaim_expired(&self, server: Version) -> impl StoreFuture<Reclaimed> {
        self.writer.run(move |context| {
            let reclaimed = lease::reclaim_expired(&context.connection, context.now).map_err(failed)?;
            notices::publish(context, &reclaimed.notices, server)?;
            Ok(reclaimed)
        })
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

    fn settle(
        &self,
        settlements: Arc<[Settlement]>,
        rule: DisableRule,
        server: Version,
    ) -> impl StoreFuture<SettleReport> {
        self.writer.run(move |context| {
            let report = settle::settle(&context.connection, &settlements, rule, context.now).map_err(failed)?;
            notices::publish(context, &report.notices, server)?;
            Ok(report)
        })
    }

    async fn changed(&self) {
        while !self.changes.are_there() {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::add(context, &endpoint, server))
    }

    fn endpoint(&self, key: EndpointKey) -> impl StoreFuture<Arc<Endpoint>> {
        self.reader.run(move |context| {
            context.known(&key)?;
            let unknown = || SendError::EndpointUnknown { id: key.id().into() };
            context.endpoints.find(key.as_stored()).ok_or_else(unknown)?.endpoint.clone()
        })
    }

    fn endpoints(&self, tenant: Option<Tenant>) -> impl StoreFuture<Vec<Arc<Endpoint>>> {
        self.reader.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            Ok(context.endpoints.of(tenant.as_ref()).iter().filter_map(|known| known.endpoint.clone().ok()).collect())
        })
    }

    fn change_endpoint(&self, key: EndpointKey, change: EndpointChange) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::change(context, &key, change))
    }

    fn remove_endpoint(&self, key: EndpointKey, waiting: Waiting) -> impl StoreFuture<()> {
        self.writer.run(move |context| change::remove(&context.connection, &key, waiting))
    }

    fn abandon(&self) -> impl StoreFuture<u64> {
        self.writer.run(|context| aside::abandon(&context.connection, context.now).map_err(failed))
    }

    fn cancel(&self, key: EndpointKey, after: DeliveryId) -> impl StoreFuture<(u64, Option<DeliveryId>)> {
        self.writer.run(move |context| {
            context.known(&key)?;
            aside::cancel(&context.connection, &key, after, context.now).map_err(failed)
        })
    }

    fn retry(&self, tenant: Tenant, selection: Selection) -> impl StoreFuture<u64> {
        self.writer
            .run(move |context| again::retry(&context.connection, &tenant, selection, context.now).map_err(failed))
    }

    fn recover(&self, key: EndpointKey, since: UnixMillis, after: i64) -> impl StoreFuture<(u64, Option<i64>)> {
        self.writer.run(move |context| {
            let now = context.now;
            context.known(&key)?;
            let Some(known) = context.endpoints.find(key.as_stored()) else { return Ok((0, None)) };
            again::recover(&context.connection, known, since, after, now).map_err(failed)
        })
    }

    fn prune(&self, which: Prune, after: i64) -> impl StoreFuture<(u64, Option<i64>)> {
        self.writer.run(move |context| prune::prune(&context.connection, &which, after).map_err(failed))
    }

    fn retain(&self, retention: Retention) -> impl StoreFuture<Retained> {
        self.writer.run(move |context| retain::retain(&context.connection, retention, context.now).map_err(failed))
    }

    fn seal_endpoints(&self, after: String) -> impl StoreFuture<(SealReport, Option<String>)> {
        self.writer.run(move |context| reseal::endpoints(&context.connection, &context.endpoints.seal, &after))
    }

    fn seal_payloads(&self, after: i64) -> impl StoreFuture<(SealReport, Option<i64>)> {
        self.writer.run(move |context| reseal::payloads(&context.connection, &context.endpoints.seal, after))
    }

    async fn scrub(&self) -> Result<(), SendError> {
        let path = Arc::clone(&self.path);
        let done = tokio::task::spawn_blocking(move || reseal::scrub(&path)).await;
        done.map_err(|error| SendError::StoreFailed { what: error.to_string() })?
    }

    fn set_tenant(&self, tenant: Tenant, settings: TenantSettings) -> impl StoreFuture<()> {
        self.writer.run(move |context| tenants::set(&context.connection, &tenant, &settings).map_err(failed))
    }

    fn tenants(&self) -> impl StoreFuture<Vec<TenantReport>> {
        self.reader.run(|context| tenants::reports(&context.connection).map_err(failed))
    }

    fn log(&self, query: LogQuery) -> impl StoreFuture<Vec<LogLine>> {
        self.reader.run(move |context| log::log(&context.connection, &query).map_err(failed))
    }

    fn timings(&self, after: i64, most: u32) -> impl StoreFuture<Vec<AttemptTiming>> {
        self.reader.run(move |context| log::timings(&context.connection, after, most).map_err(failed))
    }

    fn counts(&self, tenant: Option<Tenant>) -> impl StoreFuture<DeliveryCounts> {
        self.reader.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            health::counts(&context.connection, &context.endpoints, tenant.as_ref()).map_err(failed)
        })
    }

    fn health(&self, tenant: Option<Tenant>, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>> {
        self.reader.run(move |context| {
            context.endpoints.refresh(&context.connection).map_err(failed)?;
            let Context { connection, endpoints, now, .. } = context;
            health::health(connection, endpoints, tenant.as_ref(), since, *now).map_err(failed)
        })
    }
}
