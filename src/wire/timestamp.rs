//! The timestamp: where it is, and its text, read and printed here.

use alloc::string::{String, ToString};

use crate::error::Error;
use crate::json::{Doc, Problems, quoted};
use crate::limits::{MAX_TIMESTAMP_DIGITS, MILLISECONDS_FROM};
use crate::time::UnixMillis;
use crate::time::rfc3339::{print_rfc3339, read_any_rfc3339};

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampUnit {
    /// Seconds below 10^11, milliseconds from there up.
    #[default]
    Auto,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// A date and time as RFC 3339 has it, such as `2026-11-30T12:00:00Z`.
    Rfc3339,
}

const WHOLE_NUMBER: &str = "a whole number without sign or leading zero";
const DATE_TIME: &str = "a date and time such as 2026-11-30T12:00:00Z";

impl TimestampUnit {
    /// Each unit with its name in documents.
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("seconds", Self::Seconds),
        ("milliseconds", Self::Milliseconds),
        ("rfc3339", Self::Rfc3339),
    ];

    /// The time that a timestamp's text means.
    ///
    /// # Errors
    /// `timestamp_malformed`, `timestamp_negative`, `timestamp_overflow`.
    pub fn read(self, text: &str) -> Result<UnixMillis, Error> {
        if self == Self::Rfc3339 {
            let millis = read_any_rfc3339(text).ok_or(Error::TimestampMalformed { expected: DATE_TIME, at: 0 })?;
            return if millis < 0 { Err(Error::TimestampNegative) } else { Ok(UnixMillis(millis)) };
        }
        self.read_number(text)
    }

    fn read_number(self, text: &str) -> Result<UnixMillis, Error> {
        const MAX_SECONDS: i64 = i64::MAX / 1000;
        let malformed = |at| Error::TimestampMalformed { expected: WHOLE_NUMBER, at };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if let Some(at) = digits.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(malformed(text.len().saturating_sub(digits.len()).saturating_add(at)));
        }
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(malformed(0));
        }
        if digits.len() < text.len() {
            return Err(Error::TimestampNegative);
        }
        let number: Option<i64> = if digits.len() > MAX_TIMESTAMP_DIGITS { None } else { digits.parse().ok() };
        let number = number.ok_or(Error::TimestampOverflow)?;
        let is_millis = self == Self::Milliseconds || (self == Self::Auto && number >= MILLISECONDS_FROM);
        match number {
            _ if is_millis => Ok(UnixMillis(number)),
            ..=MAX_SECONDS => Ok(UnixMillis::from_seconds(number)),
            _ => Err(Error::TimestampOverflow),
        }
    }

    /// The text of a timestamp. Where the unit is left open, seconds.
    ///
    /// # Errors
    /// `timestamp_overflow` for a date after the year 9999.
    pub fn print(self, timestamp: UnixMillis) -> Result<String, Error> {
        match self {
            Self::Milliseconds => Ok(timestamp.0.to_string()),
            Self::Rfc3339 => print_rfc3339(timestamp.0).ok_or(Error::TimestampOverflow),
            Self::Auto | Self::Seconds => Ok(timestamp.as_seconds().to_string()),
        }
    }
}

/// Where the timestamp of a delivery is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimestampSource {
    /// In the signature header.
    #[default]
    SignatureHeader,
    /// In the header with this name, in lower case.
    Header(String),
    /// Nowhere: **replays are not bounded in time**. A receiver takes such a profile only together with a tolerance
    /// that is unlimited on both sides.
    None,
}

impl TimestampSource {
    /// Reads `"signature_header"`, `"none"` or `{"header":"…"}`.
    pub(crate) fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        if !doc.raw().starts_with('{') {
            let is_none = doc.word(&[("signature_header", false), ("none", true)], problems)?;
            return Some(if is_none { Self::None } else { Self::SignatureHeader });
        }
        let mut fields = doc.fields(problems)?;
        let header = fields.need("header").and_then(|doc| doc.text(fields.problems));
        fields.finish();
        header.map(Self::Header)
    }

    pub(crate) fn print(&self) -> String {
        match self {
            Self::SignatureHeader => r#""signature_header""#.into(),
            Self::Header(name) => alloc::format!(r#"{{"header":{}}}"#, quoted(name)),
            Self::None => r#""none""#.into(),
        }
    }
}
