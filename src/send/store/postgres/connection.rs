//! Runs single statements on pooled connections: unnamed and in autocommit, so that a pooler in transaction mode
//! can be in front of the database, and a process that stops holds no lock.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::error::Error as _;
use core::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::send::error::SendError;

/// How long to wait for an answer, for a server or a network that has gone away without a word.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// What `mambo_enqueue` raises for an id that is taken.
const EVENT_EXISTS: &str = "MW001";

/// A parameter and its type: naming it saves a round trip.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Runs a statement. A connection on which it failed, or did not answer, is closed.
pub(super) async fn rows(pool: &Pool, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, SendError> {
    let object = pool.get().await.map_err(|error| acquire_failed(&error))?;
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, object.query_typed(sql, parameters)).await;
    let problem = match answer {
        Ok(Ok(rows)) => return Ok(rows),
        Ok(Err(error)) => {
            if error.as_db_error().is_none() {
                // The host was lost. Its other connections are dropped too, or each would have to time out in turn.
                pool.retain(|_, _| false);
            }
            failed(&error)
        }
        Err(_) => SendError::StoreFailed { what: format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()) },
    };
    drop(Object::take(object));
    Err(problem)
}

/// Runs a statement that answers with one row.
pub(super) async fn row(pool: &Pool, sql: &str, parameters: &[Parameter<'_>]) -> Result<Row, SendError> {
    let missing = || SendError::StoreFailed { what: "a row is missing".into() };
    rows(pool, sql, parameters).await?.pop().ok_or_else(missing)
}

/// Converts the pool's error when it gives no connection.
pub(super) fn acquire_failed(error: &PoolError) -> SendError {
    match error {
        PoolError::Backend(error) => failed(error),
        PoolError::Timeout(TimeoutType::Create) => {
            SendError::StoreFailed { what: "the database did not answer a new connection in time".into() }
        }
        PoolError::Timeout(_) => SendError::StoreFailed { what: "all connections are in use".into() },
        other => SendError::StoreFailed { what: other.to_string() },
    }
}

/// Converts an error from the database or its connection.
pub(super) fn failed(error: &tokio_postgres::Error) -> SendError {
    if let Some(database) = error.as_db_error() {
        let text = database.message();
        if database.code().code() == EVENT_EXISTS {
            return SendError::EventExists { id: text.to_string() };
        }
        if *database.code() == SqlState::UNDEFINED_FUNCTION && text.contains("mambo_") {
            return SendError::StoreFailed { what: [text, ": the store was migrated by another release"].concat() };
        }
        return SendError::StoreFailed { what: text.to_string() };
    }
    let mut what: String = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !what.contains(&text) {
            what = [&what, ": ", &text].concat();
        }
        cause = inner.source();
    }
    SendError::StoreFailed { what }
}
