//! What a row of PostgreSQL means.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::error::SendError;
use super::event::StoredEvent;
use super::outcome::{Answer, AttemptRecord, Failure};
use super::store::{LogLine, STATES};
use crate::release::Release;
use crate::time::UnixMillis;

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(super) fn failed(error: sqlx::Error) -> SendError {
    SendError::StoreFailed { what: error.to_string() }
}

/// A number that is never negative.
pub(super) fn unsigned<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

fn release(text: &str) -> Result<Release, sqlx::Error> {
    let unread = || sqlx::Error::Decode(alloc::format!("`{text}` is no release").into());
    text.parse().map_err(|_| unread())
}

/// The columns id, kind, version, time, data.
pub(super) fn event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    let version: String = row.try_get("version")?;
    Ok(StoredEvent {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        version: release(&version)?,
        time: row.try_get("time")?,
        data: row.try_get("data")?,
    })
}

pub(super) fn line(row: &PgRow) -> Result<LogLine, sqlx::Error> {
    let failure: Option<String> = row.try_get("failure")?;
    let version: Option<String> = row.try_get("version")?;
    let status: Option<i64> = row.try_get("status")?;
    let state: i16 = row.try_get("state")?;
    let answer = Answer {
        status: status.map(unsigned),
        failure: failure.as_deref().and_then(Failure::from_name),
        retry_after_ms: None,
        body: row.try_get::<Option<Vec<u8>>, _>("body")?.unwrap_or_default(),
        is_truncated: row.try_get("is_truncated")?,
        elapsed_ms: unsigned(row.try_get("elapsed_ms")?),
        remote: row.try_get("remote")?,
    };
    let attempt = AttemptRecord {
        number: unsigned(row.try_get("number")?),
        is_manual: row.try_get("is_manual")?,
        started: UnixMillis(row.try_get("started")?),
        version: version.as_deref().map(release).transpose()?,
        answer,
    };
    Ok(LogLine {
        delivery: row.try_get("delivery")?,
        event: row.try_get("event")?,
        kind: row.try_get("kind")?,
        endpoint: row.try_get("endpoint")?,
        state: STATES.get(usize::try_from(state).unwrap_or(usize::MAX)).copied().unwrap_or_default(),
        attempt,
    })
}
