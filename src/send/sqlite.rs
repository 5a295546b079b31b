//! The embedded store: a file of SQLite, in WAL mode, on disk before anything is said to be done.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::clock;
use super::endpoint::Endpoint;
use super::error::SendError;
use super::event::{NewEvent, StoredEvent};
use super::outcome::DisableRule;
use super::sqlite_claim::{claim, extend, settle};
use super::sqlite_log::{counts, health, log};
use super::sqlite_prune::prune;
use super::sqlite_writer::{Context, Writer};
use super::store::{
    Change, Claim, Counts, EndpointHealth, Enqueued, Lane, Lease, LogLine, LogQuery, Prune, Selection, Settled,
    Settlement, Store, Work,
};
use crate::release::Release;
use crate::time::UnixMillis;

/// A store in a file. Several processes may have it open, on one machine.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    /// A connection for what is long and only looked at, so that deliveries do not wait for it.
    reader: Writer,
    clock: fn() -> UnixMillis,
}

impl Sqlite {
    /// Opens a file, or makes it. Only its owner may read it, since it holds secrets and personal data.
    ///
    /// # Errors
    /// `store_failed`; `store_newer` for a file of a newer release.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SendError> {
        let writer = Writer::open(path.as_ref(), "BEGIN IMMEDIATE")?;
        Ok(Self { writer, reader: Writer::open(path.as_ref(), "BEGIN")?, clock: clock::now })
    }

    /// The same store with another clock than the machine's: for tests that do not want to wait for days.
    #[must_use]
    pub const fn with_clock(mut self, clock: fn() -> UnixMillis) -> Self {
        self.clock = clock;
        self
    }
}

impl Store for Sqlite {
    fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    fn enqueue(&self, events: Vec<NewEvent>, now: UnixMillis) -> impl Work<Vec<Enqueued>> {
        self.writer.run(move |context| {
            refresh(context)?;
            events.into_iter().map(|event| enqueue(context, event, None, now)).collect()
        })
    }

    fn enqueue_manual(&self, event: NewEvent, endpoint: String, now: UnixMillis) -> impl Work<Enqueued> {
        self.writer.run(move |context| {
            refresh(context)?;
            known(context, &endpoint)?;
            enqueue(context, event, Some(&endpoint), now)
        })
    }

    fn claim(&self, most: usize, now: UnixMillis, until: UnixMillis) -> impl Work<Vec<Claim>> {
        self.writer.run(move |context| {
            refresh(context)?;
            claim(context, most, now, until).map_err(failed)
        })
    }

    fn extend(&self, leases: Vec<Lease>, until: UnixMillis) -> impl Work<Vec<Lease>> {
        self.writer.run(move |context| extend(&context.connection, leases, until).map_err(failed))
    }

    fn settle(&self, settlements: Arc<[Settlement]>, rule: DisableRule, now: UnixMillis) -> impl Work<Vec<Settled>> {
        self.writer.run(move |context| settle(&context.connection, &settlements, rule, now).map_err(failed))
    }

    fn next_due(&self) -> impl Work<Option<UnixMillis>> {
        self.writer.run(|context| {
            let sql = "SELECT due FROM delivery WHERE state = 0 ORDER BY due LIMIT 1";
            let due = context.connection.query_row(sql, [], |row| row.get(0)).optional();
            due.map(|due| due.map(UnixMillis)).map_err(failed)
        })
    }

    fn add_endpoint(&self, endpoint: Endpoint, server: Release, now: UnixMillis) -> impl Work<()> {
        self.writer.run(move |context| {
            refresh(context)?;
            if known(context, &endpoint.id).is_ok() {
                return Err(SendError::EndpointExists { id: endpoint.id });
            }
            let sql = "INSERT INTO endpoint (id, settings, state, revision)
                SELECT ?1, ?2, ?3, 1 + (SELECT coalesce(max(revision), 0) FROM endpoint)";
            let row = params![endpoint.id, endpoint.settings.to_json(), endpoint.state.as_str()];
            context.connection.execute(sql, row).map_err(failed)?;
            enqueue(context, NewEvent::ping(server), Some(&endpoint.id), now).map(drop)
        })
    }

    fn endpoints(&self) -> impl Work<Vec<Arc<Endpoint>>> {
        self.writer.run(|context| refresh(context).map(|()| context.endpoints.clone()))
    }

    fn change_endpoint(&self, id: String, change: Change) -> impl Work<()> {
        self.writer.run(move |context| {
            refresh(context)?;
            let known = known(context, &id)?;
            let revised = "revision = 1 + (SELECT max(revision) FROM endpoint)";
            let done = match change {
                Change::State(state) => {
                    let sql = alloc::format!(
                        "UPDATE endpoint SET state = ?2, failing_since = NULL, failures = 0, {revised} WHERE id = ?1"
                    );
                    context.connection.execute(&sql, params![id, state.as_str()])
                }
                Change::Settings(settings) => {
                    let sql = alloc::format!("UPDATE endpoint SET settings = ?2, {revised} WHERE id = ?1");
                    context.connection.execute(&sql, params![id, settings.to_json()])
                }
                Change::Rotate { secret, now, overlap_until } => {
                    let mut settings = known.settings.clone();
                    settings.rotate(&secret, now, overlap_until)?;
                    let sql = alloc::format!("UPDATE endpoint SET settings = ?2, {revised} WHERE id = ?1");
                    context.connection.execute(&sql, params![id, settings.to_json()])
                }
            };
            done.map(drop).map_err(failed)
        })
    }

    fn retry(&self, selection: Selection, now: UnixMillis) -> impl Work<u64> {
        self.writer.run(move |context| {
            // A second after the attempt before, so that no two have one timestamp, and so one signature.
            let update = "UPDATE delivery SET state = 0, lane = 2, crashes = 0, due = max(?1,
                (SELECT coalesce(max(started) + 1000, 0) FROM attempt WHERE delivery = delivery.number)) WHERE ";
            let connection = &context.connection;
            let changed = match selection {
                Selection::One(delivery) => {
                    connection.execute(&[update, "number = ?2 AND state IN (2, 3)"].concat(), params![now.0, delivery])
                }
                Selection::Dead { endpoint } => connection.execute(
                    &[update, "state = 3 AND (?2 IS NULL OR endpoint = ?2)"].concat(),
                    params![now.0, endpoint],
                ),
                Selection::Range { from, until, endpoint } => connection.execute(
                    &[
                        update,
                        "state IN (2, 3) AND (?2 IS NULL OR endpoint = ?2)
                         AND event IN (SELECT number FROM event WHERE created BETWEEN ?3 AND ?4)",
                    ]
                    .concat(),
                    params![now.0, endpoint, from.0, until.0],
                ),
            };
            changed.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX)).map_err(failed)
        })
    }

    fn prune(&self, which: Prune, after: i64) -> impl Work<(u64, Option<i64>)> {
        self.writer.run(move |context| prune(&context.connection, which, after).map_err(failed))
    }

    fn log(&self, query: LogQuery) -> impl Work<Vec<LogLine>> {
        self.reader.run(move |context| log(&context.connection, &query).map_err(failed))
    }

    fn counts(&self) -> impl Work<Counts> {
        self.reader.run(|context| counts(&context.connection).map_err(failed))
    }

    fn health(&self, since: UnixMillis) -> impl Work<Vec<EndpointHealth>> {
        self.reader.run(move |context| {
            refresh(context)?;
            health(&context.connection, &context.endpoints, since).map_err(failed)
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn failed(error: rusqlite::Error) -> SendError {
    SendError::StoreFailed { what: error.to_string() }
}

fn known(context: &Context, id: &str) -> Result<Arc<Endpoint>, SendError> {
    let found = context.endpoints.iter().find(|endpoint| endpoint.id == id);
    found.cloned().ok_or_else(|| SendError::EndpointUnknown { id: id.into() })
}

/// Reads the endpoints again if any was changed, here or by another process.
fn refresh(context: &mut Context) -> Result<(), SendError> {
    let sql = "SELECT coalesce(max(revision), 0) FROM endpoint";
    let mut newest = context.connection.prepare_cached(sql).map_err(failed)?;
    let revision: i64 = newest.query_row([], |row| row.get(0)).map_err(failed)?;
    if revision == context.revision {
        return Ok(());
    }
    drop(newest);
    let sql = "SELECT id, settings, state FROM endpoint ORDER BY id";
    let mut rows = context.connection.prepare_cached(sql).map_err(failed)?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    let rows: Vec<(String, String, String)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    context.endpoints = rows
        .iter()
        .map(|(id, settings, state)| Endpoint::stored(id, settings, state).map(Arc::new))
        .collect::<Result<_, _>>()?;
    context.revision = revision;
    Ok(())
}

/// Takes one event: for one endpoint by hand, or for all that want it.
fn enqueue(context: &Context, event: NewEvent, only: Option<&str>, now: UnixMillis) -> Result<Enqueued, SendError> {
    let connection = &context.connection;
    let (event, key) = event.named();
    if let Some(found) = key.as_ref().map(|key| used(connection, key)).transpose().map_err(failed)?.flatten() {
        return Ok(found);
    }
    let number = match insert_event(connection, &event, key.as_deref(), now) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            return Err(SendError::EventExists { id: event.id });
        }
        done => done.map_err(failed)?,
    };
    let targets =
        context.endpoints.iter().filter(|endpoint| endpoint.is_enabled() && endpoint.settings.takes(&event.kind));
    let all: Vec<&str> =
        only.map_or_else(|| targets.map(|endpoint| endpoint.id.as_str()).collect(), |id| alloc::vec![id]);
    let lane = if only.is_some() { Lane::Manual } else { Lane::First };
    let sql = "INSERT INTO delivery (event, endpoint, state, lane, due) VALUES (?1, ?2, 0, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql).map_err(failed)?;
    for endpoint in &all {
        insert.execute(params![number, endpoint, lane.number(), now.0]).map_err(failed)?;
    }
    let deliveries = u32::try_from(all.len()).unwrap_or(u32::MAX);
    Ok(Enqueued { event: event.id, deliveries, is_new: true })
}

fn insert_event(
    connection: &Connection,
    event: &StoredEvent,
    key: Option<&str>,
    now: UnixMillis,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO event (id, kind, version, time, data, created, idempotency_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let version = event.version.to_string();
    connection.prepare_cached(sql)?.insert(params![event.id, event.kind, version, event.time, event.data, now.0, key])
}

/// The event that an idempotency key was used for.
fn used(connection: &Connection, key: &str) -> rusqlite::Result<Option<Enqueued>> {
    let sql =
        "SELECT id, (SELECT count(*) FROM delivery WHERE event = event.number) FROM event WHERE idempotency_key = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok(Enqueued { event: row.get(0)?, deliveries: row.get(1)?, is_new: false });
    connection.prepare_cached(sql)?.query_row([key], row).optional()
}
