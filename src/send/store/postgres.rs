//! The store for workers on several machines: PostgreSQL. Feature `postgres`.
//!
//! Each method is one call of a function in the database (`postgres/schema_2.sql`), in one transaction and one round
//! trip. All times are the database's.

mod tls;

mod connection;

mod connect;

mod rows;

mod enqueue;

mod endpoints;

mod lease;

mod claim;

mod settle;

mod history;

mod reseal;

mod log;

mod health;

mod tenants;

mod schema;

mod listen;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::OnceLock;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use self::claim::Turn;
use self::connect::Target;
use self::connection::{Parameter, failed, row, rows};
use self::endpoints::Endpoints;
use self::enqueue::{Columns, ENQUEUE, taken};
use self::listen::{Listener, Notifier};
use self::rows::get;
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::outcome::DisableRule;
use crate::send::retention::{Retention, TenantSettings};
use crate::send::seal::Sealer;
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

/// A store in a database. Clones share its connections.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
    shared: Arc<Shared>,
}

struct Shared {
    endpoints: Endpoints,
    turn: Turn,
    /// Where to listen; unknown with a pool of the caller's.
    target: Option<Target>,
    listener: OnceLock<Listener>,
    notifier: OnceLock<Notifier>,
    heard: Arc<Notify>,
}

impl Postgres {
    /// Connects to a database, and brings its tables, named `mambo_…`, to this release's schema if need be.
    ///
    /// The URL is one of libpq, with several hosts and `target_session_attrs` where a failover may happen. For
    /// other hosts than this machine the default is `sslmode=verify-full`: TLS is required and the certificate is
    /// checked. `sslrootcert` names a file of certificate authorities to use instead of the system's.
    ///
    /// # Errors
    /// `store_failed`; `store_newer` for tables of a newer release; `store_older` for older ones, or none, when the
    /// role may not change them: see [`migrate`](Self::migrate).
    pub async fn connect(url: &str) -> Result<Self, SendError> {
        let target = Target::from_url(url)?;
        Self::new(target.pool()?, Some(target)).await
    }

    /// Works on a pool of the caller's. Other processes' events are then noticed within half a second, since a pool's
    /// connections do not listen.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn from_pool(pool: Pool) -> Result<Self, SendError> {
        Self::new(pool, None).await
    }

    async fn new(pool: Pool, target: Option<Target>) -> Result<Self, SendError> {
        schema::prepare(&pool).await?;
        let (endpoints, turn) = (Endpoints::default(), Turn::default());
        let (listener, notifier, heard) = (OnceLock::new(), OnceLock::new(), Arc::new(Notify::new()));
        Ok(Self { pool, shared: Arc::new(Shared { endpoints, turn, target, listener, notifier, heard }) })
    }

    /// Seals secrets from now on, and opens those that are sealed. `Sender::seal` seals what is there.
    #[must_use]
    pub fn sealed(self, sealer: Sealer) -> Self {
        self.shared.endpoints.seal.set(sealer);
        self
    }

    /// Brings a database to this release's schema, with a role that may, and lets the role `grant_to` use it. Workers
    /// and senders of the release before end with `store_failed` until they are replaced; nothing is lost meanwhile.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn migrate(url: &str, grant_to: Option<&str>) -> Result<(), SendError> {
        schema::migrate(&Target::from_url(url)?.pool()?, grant_to).await
    }

    /// Wakes the workers of other processes, after a transaction that [`enqueue_in`](Self::enqueue_in) was part of.
    pub fn notify(&self) {
        self.shared.notifier.get_or_init(|| Notifier::start(self.pool.clone())).notify();
    }

    /// Takes events inside a transaction of the caller's: they are sent if it commits, and were never there if it does
    /// not. Workers look twice a second, or at once after [`notify`](Self::notify). A transaction of deadpool's is
    /// passed as `&*transaction`. With another library than `tokio-postgres`, call the database's function
    /// `mambo_enqueue` in its transaction.
    ///
    /// # Errors
    /// `store_failed`, `event_exists`; the transaction can then only be rolled back.
    pub async fn enqueue_in(
        &self,
        transaction: &impl GenericClient,
        tenant: &Tenant,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Enqueued>, SendError> {
        let columns = Columns::new(&self.shared.endpoints.seal, tenant, events)?;
        taken(&transaction.query_typed(ENQUEUE, &columns.parameters()).await.map_err(|error| failed(&error))?)
    }
}

impl Postgres {
    /// Refuses a key without an endpoint.
    async fn known(&self, key: &EndpointKey) -> Result<(), SendError> {
        let sql = "SELECT 1 FROM mambo_endpoint WHERE id = $1 AND state <> 'removed'";
        let unknown = || SendError::EndpointUnknown { id: key.id().into() };
        rows(&self.pool, sql, &[(&key.as_stored(), Type::TEXT)]).await?.pop().map(drop).ok_or_else(unknown)
    }
}

impl Store for Postgres {
    async fn now(&self) -> Result<UnixMillis, SendError> {
        Ok(UnixMillis(get(&row(&self.pool, "SELECT mambo_now()", &[]).await?, 0)?))
    }

    async fn enqueue(&self, tenant: Tenant, events: Vec<NewEvent>) -> Result<Vec<Enqueued>, SendError> {
        let done = taken(
            &rows(&self.pool, ENQUEUE, &Columns::new(&self.shared.endpoints.seal, &tenant, events)?.parameters())
                .await?,
        );
        self.notify();
        done
    }

    async fn enqueue_manual(&self, event: NewEvent, endpoint: EndpointKey) -> Result<Enqueued, SendError> {
        self.known(&endpoint).await?;
        let columns = Columns::for_one(&self.shared.endpoints.seal, event, &endpoint)?;
        let event = taken(&rows(&self.pool, ENQUEUE, &columns.parameters()).await?)?.pop();
        self.notify();
        event.ok_or_else(|| SendError::EndpointUnknown { id: endpoint.id().into() })
    }

    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed> {
        claim::claim(&self.pool, &self.shared.endpoints, &self.shared.turn, capacity, lease)
    }

    fn reclaim_expired(&self, server: Version) -> impl StoreFuture<Reclaimed> {
        lease::reclaim_expired(&self.pool, server)
    }

    fn extend(&self, leases: Vec<Lease>, lease: Duration) -> impl StoreFuture<Vec<Lease>> {
        lease::extend(&self.pool, leases, lease)
    }

    async fn release(&self, leases: Vec<Lease>) -> Result<(), SendError> {
        lease::release(&self.pool, &leases).await
    }

    async fn settle(
        &self,
        settlements: Arc<[Settlement]>,
        rule: DisableRule,
        server: Version,
    ) -> Result<SettleReport, SendError> {
        settle::settle(&self.pool, &settlements, rule, server).await
    }

    async fn changed(&self) {
        let Some(target) = &self.shared.target else { return core::future::pending().await };
        let heard = self.shared.heard.notified();
        self.shared.listener.get_or_init(|| Listener::start(target.clone(), Arc::clone(&self.shared.heard)));
        heard.await;
    }

    async fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> Result<(), SendError> {
        endpoints::add(&self.pool, &self.shared.endpoints.seal, endpoint, server).await
    }

    async fn endpoint(&self, key: EndpointKey) -> Result<Arc<Endpoint>, SendError> {
        self.shared.endpoints.one(&self.pool, &key).await
    }

    async fn endpoints(&self, tenant: Option<Tenant>) -> Result<Vec<Arc<Endpoint>>, SendError> {
        self.shared.endpoints.all(&self.pool, tenant.as_ref()).await
    }

    async fn change_endpoint(&self, key: EndpointKey, change: EndpointChange) -> Result<(), SendError> {
        endpoints::change(&self.pool, &self.shared.endpoints.seal, &key, &change).await
    }

    async fn remove_endpoint(&self, key: EndpointKey, waiting: Waiting) -> Result<(), SendError> {
        let delivers = waiting == Waiting::Deliver;
        let parameters: [Parameter<'_>; 2] = [(&key.as_stored(), Type::TEXT), (&delivers, Type::BOOL)];
        let found = row(&self.pool, "SELECT mambo_remove($1, $2)", &parameters).await?;
        if get(&found, 0)? { Ok(()) } else { Err(SendError::EndpointUnknown { id: key.id().into() }) }
    }

    fn abandon(&self) -> impl StoreFuture<u64> {
        history::abandon(&self.pool)
    }

    async fn cancel(&self, key: EndpointKey, after: DeliveryId) -> Result<(u64, Option<DeliveryId>), SendError> {
        self.known(&key).await?;
        history::cancel(&self.pool, &key, after).await
    }

    async fn retry(&self, tenant: Tenant, selection: Selection) -> Result<u64, SendError> {
        history::retry(&self.pool, &tenant, selection).await
    }

    async fn recover(&self, key: EndpointKey, since: UnixMillis, after: i64) -> Result<(u64, Option<i64>), SendError> {
        self.known(&key).await?;
        history::recover(&self.pool, &key, since, after).await
    }

    async fn prune(&self, which: Prune, after: i64) -> Result<(u64, Option<i64>), SendError> {
        history::prune(&self.pool, &which, after).await
    }

    fn retain(&self, retention: Retention) -> impl StoreFuture<Retained> {
        history::retain(&self.pool, retention)
    }

    fn seal_endpoints(&self, after: String) -> impl StoreFuture<(SealReport, Option<String>)> {
        reseal::endpoints(&self.pool, &self.shared.endpoints.seal, after)
    }

    fn seal_payloads(&self, after: i64) -> impl StoreFuture<(SealReport, Option<i64>)> {
        reseal::payloads(&self.pool, &self.shared.endpoints.seal, after)
    }

    async fn scrub(&self) -> Result<(), SendError> {
        // Old versions of rows are the database's to clean up: docs/SENDER.md says how.
        Ok(())
    }

    async fn set_tenant(&self, tenant: Tenant, settings: TenantSettings) -> Result<(), SendError> {
        tenants::set(&self.pool, &tenant, &settings).await
    }

    fn tenants(&self) -> impl StoreFuture<Vec<TenantReport>> {
        tenants::reports(&self.pool)
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, SendError> {
        log::log(&self.pool, &query).await
    }

    fn timings(&self, after: i64, most: u32) -> impl StoreFuture<Vec<AttemptTiming>> {
        log::timings(&self.pool, after, most)
    }

    async fn counts(&self, tenant: Option<Tenant>) -> Result<DeliveryCounts, SendError> {
        health::counts(&self.pool, &self.shared.endpoints, tenant.as_ref()).await
    }

    async fn health(&self, tenant: Option<Tenant>, since: UnixMillis) -> Result<Vec<EndpointHealth>, SendError> {
        health::health(&self.pool, &self.shared.endpoints, tenant.as_ref(), since).await
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
