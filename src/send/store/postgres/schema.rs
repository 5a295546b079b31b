//! The tables and functions in PostgreSQL, and how those of an older release become those of this release.

use alloc::string::{String, ToString};

use deadpool_postgres::Pool;
use tokio_postgres::error::SqlState;
use tracing::warn;

use super::connection::{acquire_failed, failed, row};
use super::rows::get;
use crate::send::error::SendError;

/// Each step makes schema n out of schema n - 1. A step that was released is never changed.
const STEPS: [&str; 2] = [
    include_str!("schema_1.sql"),
    concat!(
        include_str!("schema_2.sql"),
        include_str!("schema_2_claim.sql"),
        include_str!("schema_2_settle.sql"),
        include_str!("schema_2_upkeep.sql"),
        include_str!("schema_2_history.sql")
    ),
];
/// The number of the newest schema.
const KNOWN: i64 = 2;

/// Looks whether the database has this release's schema, and brings it there if not; a role that may not is told what
/// to do.
///
/// # Errors
/// `store_failed`, `store_newer`, `store_older`; when the database would not survive a loss of power.
pub(super) async fn prepare(pool: &Pool) -> Result<(), SendError> {
    durable(pool).await?;
    match version(pool).await? {
        KNOWN => Ok(()),
        found if found > KNOWN => Err(SendError::StoreNewer { found, known: KNOWN }),
        _older => migrate(pool, None).await,
    }
}

/// The schema's number, 0 for none.
async fn version(pool: &Pool) -> Result<i64, SendError> {
    let sql = "SELECT to_regclass('mambo_schema') IS NOT NULL";
    if !get::<bool>(&row(pool, sql, &[]).await?, 0)? {
        return Ok(0);
    }
    get(&row(pool, "SELECT coalesce(max(version), 0) FROM mambo_schema", &[]).await?, 0)
}

/// Refuses a database that can lose committed data in a crash, and warns of one that can lose it in a failover.
async fn durable(pool: &Pool) -> Result<(), SendError> {
    let sql = "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
        (SELECT count(*) FROM pg_stat_replication)";
    let found = row(pool, sql, &[]).await?;
    let (commit, names, standbys): (String, String, i64) = (get(&found, 0)?, get(&found, 1)?, get(&found, 2)?);
    if commit == "off" {
        return Err(SendError::StoreFailed { what: "synchronous_commit is off, needs on".into() });
    }
    if standbys > 0 && (names.is_empty() || commit == "local") {
        warn!("the database has standbys and none is synchronous: a failover can lose events that were acknowledged");
    }
    Ok(())
}

/// Brings a database to this release's schema, and lets the role `grant_to` read and write it. One process at a time
/// does it.
///
/// # Errors
/// `store_failed`, `store_newer`, `store_older` when the role may not change the schema.
pub(super) async fn migrate(pool: &Pool, grant_to: Option<&str>) -> Result<(), SendError> {
    let mut object = pool.get().await.map_err(|error| acquire_failed(&error))?;
    let transaction = object.transaction().await.map_err(|error| failed(&error))?;
    let mut found = 0;
    let done = async {
        transaction
            .batch_execute(
                "SELECT pg_advisory_xact_lock(hashtext('mambo_schema'));
                 CREATE TABLE IF NOT EXISTS mambo_schema (version bigint NOT NULL)",
            )
            .await?;
        let sql = "SELECT coalesce(max(version), 0) FROM mambo_schema";
        found = transaction.query_typed_one(sql, &[]).await?.try_get(0)?;
        for step in STEPS.into_iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.batch_execute(step).await?;
        }
        if found < KNOWN {
            let sql = ["INSERT INTO mambo_schema (version) VALUES (", &KNOWN.to_string(), ")"].concat();
            transaction.batch_execute(&sql).await?;
        }
        if let Some(role) = grant_to {
            transaction.batch_execute(&grants(role)).await?;
        }
        Ok(())
    };
    let done: Result<(), tokio_postgres::Error> = done.await;
    if let Err(error) = done {
        let is_denied = error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE);
        let denied = SendError::StoreOlder { found, needed: KNOWN };
        return Err(if is_denied { denied } else { failed(&error) });
    }
    if found > KNOWN {
        return Err(SendError::StoreNewer { found, known: KNOWN });
    }
    transaction.commit().await.map_err(|error| failed(&error))
}

/// What a role needs that reads and writes the store, and changes no schema.
fn grants(role: &str) -> String {
    let role = ["\"", &role.replace('"', "\"\""), "\""].concat();
    [
        "GRANT SELECT ON mambo_schema TO ",
        &role,
        "; GRANT SELECT, INSERT, UPDATE, DELETE ON mambo_endpoint, mambo_status, mambo_event, mambo_queue, mambo_delivery,
            mambo_attempt, mambo_tenant, mambo_upkeep TO ",
        &role,
        "; GRANT USAGE ON SEQUENCE mambo_revision TO ",
        &role,
    ]
    .concat()
}
