//! Connections that go back to their pool only when the work on them came to its end.

use alloc::format;
use core::time::Duration;

use sqlx::PgConnection;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;

use super::error::SendError;
use super::postgres_rows::failed;

/// How long to wait for an answer: longer than a statement may take, for a server or a network that has gone away
/// without a word.
const ANSWER: Duration = Duration::from_secs(70);

/// A connection that is closed unless its work came to its end: one that was left in the middle of something may be in a
/// transaction that nobody knows of, and a pool would wait for one that is silent.
struct Held {
    connection: PoolConnection<sqlx::Postgres>,
    is_done: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_done {
            self.connection.close_on_drop();
        }
    }
}

/// Works on a connection of the pool, until it is done or the database does not answer any more.
pub(super) async fn held<T>(
    pool: &PgPool,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, SendError>,
) -> Result<T, SendError> {
    let mut held = Held { connection: pool.acquire().await.map_err(failed)?, is_done: false };
    let answer = tokio::time::timeout(ANSWER, work(&mut held.connection)).await;
    held.is_done = answer.is_ok();
    let silent = || SendError::StoreFailed { what: format!("no answer within {} s", ANSWER.as_secs()) };
    answer.unwrap_or_else(|_| Err(silent()))
}
