//! The tables in PostgreSQL, and how those of an older release become those of this release.

use alloc::string::String;

use sqlx::{Connection, PgConnection};

use super::error::SendError;
use super::postgres_rows::failed;

/// Each step makes schema n out of schema n - 1. A step that was released is never changed.
const STEPS: [&str; 1] = ["
CREATE SEQUENCE mambo_revision;
CREATE SEQUENCE mambo_lease;
CREATE TABLE mambo_endpoint (
    id text PRIMARY KEY,
    settings text NOT NULL,
    kinds text[],
    max_in_flight bigint NOT NULL,
    state text NOT NULL,
    revision bigint NOT NULL DEFAULT nextval('mambo_revision'),
    failing_since bigint,
    failures bigint NOT NULL DEFAULT 0
);
CREATE TABLE mambo_event (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    kind text NOT NULL,
    version text NOT NULL,
    time text,
    data text NOT NULL,
    created bigint NOT NULL,
    idempotency_key text UNIQUE
);
CREATE TABLE mambo_delivery (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event bigint NOT NULL REFERENCES mambo_event,
    endpoint text NOT NULL REFERENCES mambo_endpoint,
    state smallint NOT NULL,
    lane smallint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    crashes bigint NOT NULL DEFAULT 0,
    due bigint NOT NULL,
    lease bigint,
    lease_until bigint
) WITH (fillfactor = 70);
CREATE INDEX mambo_delivery_event ON mambo_delivery (event);
CREATE INDEX mambo_delivery_due ON mambo_delivery (endpoint, lane, due) WHERE state = 0;
CREATE INDEX mambo_delivery_next ON mambo_delivery (due) WHERE state = 0;
CREATE INDEX mambo_delivery_leased ON mambo_delivery (endpoint, lease_until) WHERE state = 1;
CREATE INDEX mambo_delivery_dead ON mambo_delivery (endpoint) WHERE state = 3;
CREATE TABLE mambo_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery bigint NOT NULL REFERENCES mambo_delivery,
    endpoint text NOT NULL,
    number bigint NOT NULL,
    is_manual boolean NOT NULL,
    started bigint NOT NULL,
    version text,
    elapsed_ms bigint NOT NULL,
    status bigint,
    failure text,
    remote text,
    body bytea,
    is_truncated boolean NOT NULL
);
CREATE INDEX mambo_attempt_delivery ON mambo_attempt (delivery);
CREATE INDEX mambo_attempt_endpoint ON mambo_attempt (endpoint, started);
"];

/// Brings a database to this release's schema; one process at a time does it.
///
/// # Errors
/// `store_failed`, `store_newer`; when the database would not survive a loss of power.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), SendError> {
    let commit: String =
        sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&mut *connection).await.map_err(failed)?;
    if commit == "off" {
        return Err(SendError::StoreFailed { what: "synchronous_commit is off, needs on".into() });
    }
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::raw_sql(
        "SELECT pg_advisory_xact_lock(hashtext('mambo_schema'));
         CREATE TABLE IF NOT EXISTS mambo_schema (version bigint NOT NULL)",
    )
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    let sql = "SELECT coalesce(max(version), 0) FROM mambo_schema";
    let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut *transaction).await.map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(SendError::StoreNewer { found, known });
    }
    for step in STEPS.into_iter().skip(usize::try_from(found).unwrap_or(0)) {
        sqlx::raw_sql(step).execute(&mut *transaction).await.map_err(failed)?;
    }
    if found < known {
        let sql = "INSERT INTO mambo_schema (version) VALUES ($1)";
        sqlx::query(sql).bind(known).execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}
