//! The conversion of SQLite errors to sender errors.

use alloc::string::ToString;

use crate::send::error::SendError;

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(super) fn failed(error: rusqlite::Error) -> SendError {
    SendError::StoreFailed { what: error.to_string() }
}
