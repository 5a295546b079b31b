//! A receiver on axum that keeps what users did in SQLite:
//! `MAMBO_SECRET=… cargo run --features http --example axum_receiver -- activities.db 8080`

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fmt};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use mambo_webhooks::{KeyRing, Receiver, UnixMillis};
use rusqlite::Connection;

struct App {
    receiver: Receiver,
    database: Mutex<Connection>,
}

/// axum itself refuses bodies over 2 MB, before they come here.
async fn webhooks(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, StatusCode> {
    let received = app.receiver.receive(&headers, &body, now()).map_err(|error| {
        eprintln!("{}: {error}", error.code());
        StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let sql = "INSERT INTO activities (event_key, kind, data) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    // The key is the same for every delivery of an event, so no replay store is needed beside the database. Without an
    // id in the envelope it is a digest of the body: two events with equal bodies then count as one.
    let row = (received.event_key(), received.event.event_type(), received.event.json());
    let database = app.database.lock().unwrap_or_else(PoisonError::into_inner);
    database.execute(sql, row).map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many of each event type are there.
async fn counts(State(app): State<Arc<App>>) -> Result<String, StatusCode> {
    let sql =
        "SELECT coalesce(kind, 'none') || ' ' || count(*) || char(10) FROM activities GROUP BY kind ORDER BY kind";
    let database = app.database.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rows = database.prepare(sql).map_err(failed)?;
    let lines = rows.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
    lines.collect::<Result<String, _>>().map_err(failed)
}

/// A 500 asks for another attempt.
fn failed(error: impl fmt::Display) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[expect(clippy::disallowed_methods, reason = "a server has a clock; the core is told the time")]
fn now() -> UnixMillis {
    SystemTime::now().into()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [file, port] =
        [(1, "activities.db"), (2, "8080")].map(|(place, default)| env::args().nth(place).unwrap_or(default.into()));
    let database = Connection::open(file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE IF NOT EXISTS activities (event_key TEXT PRIMARY KEY, kind TEXT, data TEXT NOT NULL) STRICT;",
    )?;
    let receiver = Receiver::new(KeyRing::single(&env::var("MAMBO_SECRET")?)?);
    let app = Arc::new(App { receiver, database: Mutex::new(database) });
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    eprintln!("listening on {}", listener.local_addr()?.port());
    axum::serve(listener, Router::new().route("/webhooks", post(webhooks).get(counts)).with_state(app)).await?;
    Ok(())
}
