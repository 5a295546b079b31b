//! The store for several workers on several machines: PostgreSQL. Feature `postgres`.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};

use super::clock;
use super::endpoint::{Endpoint, Settings};
use super::error::SendError;
use super::event::NewEvent;
use super::outcome::DisableRule;
use super::postgres_claim::{begin, claim, extend, settle};
use super::postgres_enqueue::enqueue;
use super::postgres_held::held;
use super::postgres_log::{counts, health, log};
use super::postgres_prune::prune;
use super::postgres_rows::failed;
use super::postgres_schema::prepare;
use super::store::{
    Change, Claim, Counts, EndpointHealth, Enqueued, Lease, LogLine, LogQuery, Prune, Selection, Settled, Settlement,
    Store, Work,
};
use crate::release::Release;
use crate::time::UnixMillis;

/// Most connections of one process.
const CONNECTIONS: u32 = 16;
/// Compiling a plan costs more than running these does; and nobody holds a lock for long, dead or alive.
const OPTIONS: [(&str, &str); 4] = [
    ("jit", "off"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "15s"),
];
/// How long to wait for a connection; the worker then tries again, callers are told. Longer than closing one that is
/// silent takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A store in a database. Clones share its connections.
#[derive(Clone)]
pub struct Postgres {
    pool: PgPool,
    shared: Arc<Shared>,
}

/// Endpoints by their ids.
type Known = Arc<HashMap<String, Arc<Endpoint>>>;

struct Shared {
    /// How far the database's clock is ahead of this machine's, in milliseconds: the database's counts.
    ahead_ms: AtomicI64,
    /// Endpoints as of a revision.
    endpoints: Mutex<(i64, Known)>,
    turn: AtomicUsize,
}

impl Postgres {
    /// Connects to a database, and brings its tables, named `mambo_…`, to this release's schema.
    ///
    /// # Errors
    /// `store_failed`; `store_newer` for tables of a newer release.
    pub async fn connect(url: &str) -> Result<Self, SendError> {
        let options = PgConnectOptions::from_str(url).map_err(failed)?.options(OPTIONS);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(options).await.map_err(failed)?;
        held(&pool, async |connection| prepare(connection).await).await?;
        let endpoints = Mutex::new((-1, Arc::default()));
        let shared = Shared { ahead_ms: AtomicI64::new(0), endpoints, turn: AtomicUsize::new(0) };
        let store = Self { pool, shared: Arc::new(shared) };
        held(&store.pool, async |connection| store.set_clock(connection).await).await?;
        Ok(store)
    }

    /// Takes events inside a transaction of yours: they are sent if it commits, and were never there if it does not.
    /// A worker notices them within half a second.
    ///
    /// # Errors
    /// `store_failed`, `event_exists`.
    pub async fn enqueue_in(
        &self,
        transaction: &mut PgConnection,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Enqueued>, SendError> {
        enqueue(transaction, events, None, self.now()).await
    }

    /// Looks at the database's clock.
    async fn set_clock(&self, connection: &mut PgConnection) -> Result<(), SendError> {
        let before = clock::now().0;
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let database: i64 = sqlx::query_scalar(sql).fetch_one(connection).await.map_err(failed)?;
        let middle = before.saturating_add(clock::now().since(UnixMillis(before)) / 2);
        self.shared.ahead_ms.store(database.saturating_sub(middle), Ordering::Relaxed);
        Ok(())
    }

    /// The endpoints as of now, read again if any was changed.
    async fn known(&self, connection: &mut PgConnection) -> Result<Known, SendError> {
        // Their sum: each only grows, and whichever transaction ends last, it moves. Their maximum may not.
        let sql = "SELECT coalesce(sum(revision), 0)::bigint, count(*) FROM mambo_endpoint";
        let (newest, count): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(failed)?;
        let (revision, known) = self.shared.endpoints.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if newest == revision && i64::try_from(known.len()) == Ok(count) {
            return Ok(known);
        }
        let sql = "SELECT id, settings, state FROM mambo_endpoint";
        let rows: Vec<(String, String, String)> = sqlx::query_as(sql).fetch_all(connection).await.map_err(failed)?;
        let read = rows.into_iter().map(|(id, settings, state)| {
            Endpoint::stored(&id, &settings, &state).map(|endpoint| (id, Arc::new(endpoint)))
        });
        let read: Arc<HashMap<_, _>> = Arc::new(read.collect::<Result<_, _>>()?);
        *self.shared.endpoints.lock().unwrap_or_else(PoisonError::into_inner) = (newest, Arc::clone(&read));
        Ok(read)
    }

    async fn change(connection: &mut PgConnection, id: String, change: Change) -> Result<(), SendError> {
        let mut transaction = connection.begin().await.map_err(failed)?;
        let sql = "SELECT settings, state FROM mambo_endpoint WHERE id = $1 FOR NO KEY UPDATE";
        let row: Option<(String, String)> =
            sqlx::query_as(sql).bind(&id).fetch_optional(&mut *transaction).await.map_err(failed)?;
        let Some((settings, state)) = row else { return Err(SendError::EndpointUnknown { id }) };
        let settings = match change {
            Change::State(state) => {
                let sql = "UPDATE mambo_endpoint SET state = $2, failing_since = NULL, failures = 0,
                    revision = nextval('mambo_revision') WHERE id = $1";
                sqlx::query(sql).bind(&id).bind(state.as_str()).execute(&mut *transaction).await.map_err(failed)?;
                None
            }
            Change::Settings(settings) => Some(settings),
            Change::Rotate { secret, now, overlap_until } => {
                let mut settings = Endpoint::stored(&id, &settings, &state)?.settings;
                settings.rotate(&secret, now, overlap_until)?;
                Some(settings)
            }
        };
        if let Some(settings) = settings {
            let sql = "UPDATE mambo_endpoint SET settings = $2, kinds = $3, max_in_flight = $4,
                revision = nextval('mambo_revision') WHERE id = $1";
            let (kinds, most) = columns(&settings);
            let query = sqlx::query(sql).bind(&id).bind(settings.to_json()).bind(kinds).bind(most);
            query.execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

impl Store for Postgres {
    fn now(&self) -> UnixMillis {
        UnixMillis(clock::now().0.saturating_add(self.shared.ahead_ms.load(Ordering::Relaxed)))
    }

    async fn enqueue(&self, events: Vec<NewEvent>, now: UnixMillis) -> Result<Vec<Enqueued>, SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            let taken = enqueue(&mut transaction, events, None, now).await?;
            transaction.commit().await.map_err(failed)?;
            Ok(taken)
        })
        .await
    }

    async fn enqueue_manual(&self, event: NewEvent, endpoint: String, now: UnixMillis) -> Result<Enqueued, SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            let mut taken = enqueue(&mut transaction, alloc::vec![event], Some(&endpoint), now).await?;
            transaction.commit().await.map_err(failed)?;
            taken.pop().filter(|taken| taken.deliveries > 0).ok_or(SendError::EndpointUnknown { id: endpoint })
        })
        .await
    }

    async fn claim(&self, most: usize, now: UnixMillis, until: UnixMillis) -> Result<Vec<Claim>, SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            begin(&mut transaction).await.map_err(failed)?;
            let endpoints = self.known(&mut transaction).await?;
            let turn = self.shared.turn.fetch_add(1, Ordering::Relaxed);
            let claims = claim(&mut transaction, &endpoints, (most, turn), now, until).await.map_err(failed)?;
            #[cfg(feature = "failpoints")]
            super::failpoint::hit("in_transaction");
            transaction.commit().await.map_err(failed)?;
            Ok(claims)
        })
        .await
    }

    async fn extend(&self, leases: Vec<Lease>, until: UnixMillis) -> Result<Vec<Lease>, SendError> {
        held(&self.pool, async |connection| extend(connection, leases, until).await.map_err(failed)).await
    }

    async fn settle(
        &self,
        settlements: Arc<[Settlement]>,
        rule: DisableRule,
        now: UnixMillis,
    ) -> Result<Vec<Settled>, SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            let done = settle(&mut transaction, &settlements, rule, now).await.map_err(failed)?;
            #[cfg(feature = "failpoints")]
            super::failpoint::hit("in_transaction");
            transaction.commit().await.map_err(failed)?;
            Ok(done)
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<UnixMillis>, SendError> {
        held(&self.pool, async |connection| {
            self.set_clock(connection).await?;
            let sql = "SELECT due FROM mambo_delivery WHERE state = 0 ORDER BY due LIMIT 1";
            let due: Option<i64> = sqlx::query_scalar(sql).fetch_optional(connection).await.map_err(failed)?;
            Ok(due.map(UnixMillis))
        })
        .await
    }

    async fn add_endpoint(&self, endpoint: Endpoint, server: Release, now: UnixMillis) -> Result<(), SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            let sql =
                "INSERT INTO mambo_endpoint (id, settings, kinds, max_in_flight, state) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT DO NOTHING";
            let Endpoint { id, settings, state, .. } = &endpoint;
            let (kinds, most) = columns(settings);
            let query = sqlx::query(sql).bind(id).bind(settings.to_json()).bind(kinds).bind(most).bind(state.as_str());
            let added = query.execute(&mut *transaction).await.map_err(failed)?;
            if added.rows_affected() == 0 {
                return Err(SendError::EndpointExists { id: endpoint.id });
            }
            enqueue(&mut transaction, alloc::vec![NewEvent::ping(server)], Some(id), now).await?;
            transaction.commit().await.map_err(failed)
        })
        .await
    }

    async fn endpoints(&self) -> Result<Vec<Arc<Endpoint>>, SendError> {
        held(&self.pool, async |connection| {
            let mut all: Vec<_> = self.known(connection).await?.values().cloned().collect();
            all.sort_by(|left, right| left.id.cmp(&right.id));
            Ok(all)
        })
        .await
    }

    fn change_endpoint(&self, id: String, change: Change) -> impl Work<()> {
        held(&self.pool, async |connection| Self::change(connection, id, change).await)
    }

    async fn retry(&self, selection: Selection, now: UnixMillis) -> Result<u64, SendError> {
        held(&self.pool, async |connection| {
            // A second after the attempt before, so that no two have one timestamp, and so one signature.
            let sql = "UPDATE mambo_delivery d SET state = 0, lane = 2, crashes = 0, due = greatest($1,
                    (SELECT coalesce(max(started) + 1000, 0) FROM mambo_attempt WHERE delivery = d.number))
                WHERE (state = 3 OR (state = 2 AND NOT $2)) AND ($3::bigint IS NULL OR number = $3)
                    AND ($4::text IS NULL OR endpoint = $4)
                    AND ($5::bigint IS NULL OR event IN (SELECT number FROM mambo_event WHERE created BETWEEN $5 AND $6))";
            let (only_dead, number, endpoint, range) = match selection {
                Selection::One(delivery) => (false, Some(delivery), None, None),
                Selection::Dead { endpoint } => (true, None, endpoint, None),
                Selection::Range { from, until, endpoint } => (false, None, endpoint, Some((from.0, until.0))),
            };
            let (from, until) = range.unzip();
            let query = sqlx::query(sql).bind(now.0).bind(only_dead).bind(number).bind(endpoint).bind(from).bind(until);
            query.execute(connection).await.map(|done| done.rows_affected()).map_err(failed)
        })
        .await
    }

    async fn prune(&self, which: Prune, after: i64) -> Result<(u64, Option<i64>), SendError> {
        held(&self.pool, async |connection| {
            let mut transaction = connection.begin().await.map_err(failed)?;
            let done = prune(&mut transaction, which, after).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
            Ok(done)
        })
        .await
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, SendError> {
        held(&self.pool, async |connection| log(connection, &query).await.map_err(failed)).await
    }

    async fn counts(&self) -> Result<Counts, SendError> {
        held(&self.pool, async |connection| counts(connection).await.map_err(failed)).await
    }

    async fn health(&self, since: UnixMillis) -> Result<Vec<EndpointHealth>, SendError> {
        let mut all = Vec::new();
        // Each by itself: however many there are, and however long their logs, none of them is silence.
        for endpoint in self.endpoints().await? {
            let one = async |connection: &mut PgConnection| health(connection, &endpoint, since).await.map_err(failed);
            all.push(held(&self.pool, one).await?);
        }
        Ok(all)
    }
}

/// What of the settings the database itself has to know.
fn columns(settings: &Settings) -> (Option<Vec<String>>, i64) {
    (settings.kinds.clone(), settings.max_in_flight.into())
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
