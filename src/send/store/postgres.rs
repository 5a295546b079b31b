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

mod claim;

mod log;

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
use self::rows::{get, unsigned};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::outcome::DisableRule;
use crate::send::store::contract::{
    Capacity, Claimed, EndpointChange, Enqueued, Lease, PRUNE_STEP, Prune, Selection, Settled, Settlement, Store,
    StoreFuture,
};
use crate::send::store::report::{DeliveryCounts, EndpointHealth, LogLine, LogQuery};
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
        events: Vec<NewEvent>,
    ) -> Result<Vec<Enqueued>, SendError> {
        let columns = Columns::new(events, None)?;
        taken(&transaction.query_typed(ENQUEUE, &columns.parameters()).await.map_err(|error| failed(&error))?)
    }
}

impl Store for Postgres {
    async fn now(&self) -> Result<UnixMillis, SendError> {
        Ok(UnixMillis(get(&row(&self.pool, "SELECT mambo_now()", &[]).await?, 0)?))
    }

    async fn enqueue(&self, events: Vec<NewEvent>) -> Result<Vec<Enqueued>, SendError> {
        let done = taken(&rows(&self.pool, ENQUEUE, &Columns::new(events, None)?.parameters()).await?);
        self.notify();
        done
    }

    async fn enqueue_manual(&self, event: NewEvent, endpoint: String) -> Result<Enqueued, SendError> {
        let known = "SELECT 1 FROM mambo_endpoint WHERE id = $1 AND state <> 'removed'";
        if rows(&self.pool, known, &[(&endpoint, Type::TEXT)]).await?.is_empty() {
            return Err(SendError::EndpointUnknown { id: endpoint });
        }
        let columns = Columns::new(alloc::vec![event], Some(endpoint.clone()))?;
        let event = taken(&rows(&self.pool, ENQUEUE, &columns.parameters()).await?)?.pop();
        self.notify();
        event.ok_or(SendError::EndpointUnknown { id: endpoint })
    }

    fn claim(&self, capacity: Capacity, lease: Duration) -> impl StoreFuture<Claimed> {
        claim::claim(&self.pool, &self.shared.endpoints, &self.shared.turn, capacity, lease)
    }

    fn reclaim_expired(&self) -> impl StoreFuture<u64> {
        claim::reclaim_expired(&self.pool)
    }

    fn extend(&self, leases: Vec<Lease>, lease: Duration) -> impl StoreFuture<Vec<Lease>> {
        claim::extend(&self.pool, leases, lease)
    }

    async fn release(&self, leases: Vec<Lease>) -> Result<(), SendError> {
        claim::release(&self.pool, &leases).await
    }

    async fn settle(&self, settlements: Arc<[Settlement]>, rule: DisableRule) -> Result<Vec<Settled>, SendError> {
        claim::settle(&self.pool, &settlements, rule).await
    }

    async fn changed(&self) {
        let Some(target) = &self.shared.target else { return core::future::pending().await };
        let heard = self.shared.heard.notified();
        self.shared.listener.get_or_init(|| Listener::start(target.clone(), Arc::clone(&self.shared.heard)));
        heard.await;
    }

    async fn add_endpoint(&self, endpoint: Endpoint, server: Version) -> Result<(), SendError> {
        endpoints::add(&self.pool, endpoint, server).await
    }

    async fn endpoints(&self) -> Result<Vec<Arc<Endpoint>>, SendError> {
        Ok(self.shared.endpoints.load(&self.pool, None).await?.into_iter().flatten().collect())
    }

    async fn change_endpoint(&self, id: String, change: EndpointChange) -> Result<(), SendError> {
        endpoints::change(&self.pool, &id, &change).await
    }

    async fn remove_endpoint(&self, id: String) -> Result<(), SendError> {
        let found = row(&self.pool, "SELECT mambo_remove($1)", &[(&id, Type::TEXT)]).await?;
        if get(&found, 0)? { Ok(()) } else { Err(SendError::EndpointUnknown { id }) }
    }

    fn abandon(&self) -> impl StoreFuture<u64> {
        claim::abandon(&self.pool)
    }

    async fn retry(&self, selection: Selection) -> Result<u64, SendError> {
        let (only_dead, one, endpoint, range) = match selection {
            Selection::One(delivery) => (false, Some(delivery), None, None),
            Selection::Dead { endpoint } => (true, None, endpoint, None),
            Selection::Range { from, until, endpoint } => (false, None, endpoint, Some((from.0, until.0))),
        };
        let (from, until) = range.unzip();
        let parameters: [Parameter<'_>; 5] = [
            (&one, Type::INT8),
            (&only_dead, Type::BOOL),
            (&from, Type::INT8),
            (&until, Type::INT8),
            (&endpoint, Type::TEXT),
        ];
        Ok(unsigned(get(&row(&self.pool, "SELECT mambo_retry($1, $2, $3, $4, $5)", &parameters).await?, 0)?))
    }

    async fn prune(&self, which: Prune, after: i64) -> Result<(u64, Option<i64>), SendError> {
        let parameters: [Parameter<'_>; 4] = [
            (&which.before.0, Type::INT8),
            (&which.with_dead, Type::BOOL),
            (&after, Type::INT8),
            (&PRUNE_STEP, Type::INT8),
        ];
        let found = row(&self.pool, "SELECT events, last FROM mambo_prune($1, $2, $3, $4)", &parameters).await?;
        Ok((unsigned(get(&found, 0)?), get(&found, 1)?))
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, SendError> {
        log::log(&self.pool, &query).await
    }

    fn counts(&self) -> impl StoreFuture<DeliveryCounts> {
        log::counts(&self.pool, &self.shared.endpoints)
    }

    fn health(&self, since: UnixMillis) -> impl StoreFuture<Vec<EndpointHealth>> {
        log::health(&self.pool, &self.shared.endpoints, since)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
