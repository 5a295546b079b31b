//! Conversions of single values: a closed set of partial bijections on JSON text.

use alloc::string::{String, ToString};

use crate::json::{Decimal, quoted, unquoted, valid};
use crate::time::rfc3339::{print_rfc3339, read_rfc3339};

/// A conversion of a value from one form to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `42` into `"42"`.
    IntToString,
    /// `"42"` into `42`.
    StringToInt,
    /// Any number into a string of the same characters: `1.50` into `"1.50"`.
    NumberToString,
    /// The way back.
    StringToNumber,
    /// `true` into `"true"`.
    BoolToString,
    /// The way back.
    StringToBool,
    /// Seconds since 1970 into milliseconds.
    SecondsToMillis,
    /// Milliseconds since 1970 into seconds, rounded towards the past.
    MillisToSeconds,
    /// Milliseconds since 1970 into `2023-11-14T22:13:20.000Z`.
    MillisToRfc3339,
    /// The way back.
    Rfc3339ToMillis,
}

impl Conversion {
    /// Every conversion with its name in registry documents; inverses are adjacent.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("int_to_string", Self::IntToString),
        ("string_to_int", Self::StringToInt),
        ("number_to_string", Self::NumberToString),
        ("string_to_number", Self::StringToNumber),
        ("bool_to_string", Self::BoolToString),
        ("string_to_bool", Self::StringToBool),
        ("seconds_to_millis", Self::SecondsToMillis),
        ("millis_to_seconds", Self::MillisToSeconds),
        ("millis_to_rfc3339", Self::MillisToRfc3339),
        ("rfc3339_to_millis", Self::Rfc3339ToMillis),
    ];

    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, conversion)| *conversion == self).map_or("", |(name, _)| name)
    }

    /// The way back.
    #[must_use]
    pub const fn invert(self) -> Self {
        match self {
            Self::IntToString => Self::StringToInt,
            Self::StringToInt => Self::IntToString,
            Self::NumberToString => Self::StringToNumber,
            Self::StringToNumber => Self::NumberToString,
            Self::BoolToString => Self::StringToBool,
            Self::StringToBool => Self::BoolToString,
            Self::SecondsToMillis => Self::MillisToSeconds,
            Self::MillisToSeconds => Self::SecondsToMillis,
            Self::MillisToRfc3339 => Self::Rfc3339ToMillis,
            Self::Rfc3339ToMillis => Self::MillisToRfc3339,
        }
    }

    /// The converted value; `None` for a value outside the conversion's domain.
    #[must_use]
    pub fn convert(self, json: &str) -> Option<String> {
        match self {
            Self::IntToString if is_int(json) => Some(quoted(json)),
            // `7.0` and `7e0` are the same number.
            Self::IntToString => Decimal::read(json)?.whole().map(|whole| quoted(&whole)),
            Self::StringToInt => unquoted(json).filter(|text| is_int(text)),
            Self::NumberToString => is_number(json).then(|| quoted(json)),
            Self::StringToNumber => unquoted(json).filter(|text| is_number(text)),
            Self::BoolToString => is_bool(json).then(|| quoted(json)),
            Self::StringToBool => unquoted(json).filter(|text| is_bool(text)),
            Self::SecondsToMillis => Some(int(json)?.checked_mul(1000)?.to_string()),
            Self::MillisToSeconds => Some(int(json)?.div_euclid(1000).to_string()),
            Self::MillisToRfc3339 => print_rfc3339(int(json)?).map(|text| quoted(&text)),
            Self::Rfc3339ToMillis => read_rfc3339(&unquoted(json)?).map(|millis| millis.to_string()),
        }
    }
}

/// Returns whether `text` is an integer in canonical form.
fn is_int(text: &str) -> bool {
    let digits = text.strip_prefix('-').filter(|digits| *digits != "0").unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

fn is_number(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let ends = text.ends_with(|last: char| last.is_ascii_digit());
    starts && ends && valid(text).is_ok()
}

fn is_bool(text: &str) -> bool {
    text == "true" || text == "false"
}

fn int(json: &str) -> Option<i64> {
    Decimal::read(json)?.whole()?.parse().ok()
}
