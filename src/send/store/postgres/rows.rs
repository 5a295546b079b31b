//! What a row of PostgreSQL means.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::row::RowIndex;
use tokio_postgres::types::FromSql;

use crate::send::error::SendError;
use crate::send::event::StoredEvent;
use crate::send::outcome::{AttemptRecord, AttemptResponse, Failure};
use crate::send::store::report::LogLine;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;
use crate::version::Version;

/// A column's value, by its name or number.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: impl RowIndex + Display) -> Result<T, SendError> {
    let unread = |error| SendError::StoreFailed { what: alloc::format!("a column cannot be read: {error}") };
    row.try_get(column).map_err(unread)
}

/// A column with an endpoint's key.
pub(super) fn key(row: &Row, column: impl RowIndex + Display) -> Result<EndpointKey, SendError> {
    Ok(EndpointKey::from_stored(get(row, column)?))
}

/// A number that is never negative.
pub(super) fn unsigned<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

fn version(text: &str) -> Result<Version, SendError> {
    text.parse().map_err(|_| SendError::StoreFailed { what: ["`", text, "` is no version"].concat() })
}

/// The columns id, event type, version, time, data and trace context.
pub(super) fn event(row: &Row) -> Result<StoredEvent, SendError> {
    Ok(StoredEvent {
        id: get(row, "id")?,
        event_type: get(row, "event_type")?,
        version: version(get(row, "version")?)?,
        time: get(row, "time")?,
        data: get(row, "data")?,
        traceparent: get(row, "traceparent")?,
        unopened: None,
    })
}

/// A line of the log.
pub(super) fn line(row: &Row) -> Result<LogLine, SendError> {
    let failure: Option<&str> = get(row, "failure")?;
    let rendered: Option<&str> = get(row, "version")?;
    let status: Option<i64> = get(row, "status")?;
    let answer = AttemptResponse {
        status: status.map(unsigned),
        failure: failure.and_then(Failure::from_name),
        retry_after: None,
        body: get::<Option<Vec<u8>>>(row, "body")?.unwrap_or_default(),
        is_truncated: get(row, "is_truncated")?,
        elapsed: Duration::from_millis(unsigned(get(row, "elapsed_ms")?)),
        remote: get(row, "remote")?,
    };
    let attempt = AttemptRecord {
        number: unsigned(get(row, "number")?),
        is_manual: get(row, "is_manual")?,
        started: UnixMillis(get(row, "started")?),
        version: rendered.map(version).transpose()?,
        answer,
    };
    let state = match get::<String>(row, "state")?.as_str() {
        "leased" => "leased",
        "delivered" => "delivered",
        "dead" => "dead",
        _ => "waiting",
    };
    let (delivery, event) = (get(row, "delivery")?, get(row, "event")?);
    Ok(LogLine {
        delivery,
        event,
        event_type: get(row, "event_type")?,
        endpoint: key(row, "endpoint")?,
        state,
        replays: get(row, "replays")?,
        attempt,
    })
}
