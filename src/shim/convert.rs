//! Conversions of single values: a closed set of partial bijections on JSON text.

use alloc::string::{String, ToString};

use crate::json::{Decimal, quoted, unquoted, valid};

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

const DAY_MILLIS: i64 = 86_400_000;
/// Days from 0000-03-01, where the counting below starts, to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// Days in four hundred years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;

/// The instant in UTC with milliseconds, for the years 0 to 9999.
fn print_rfc3339(millis: i64) -> Option<String> {
    let (days, time) = (millis.div_euclid(DAY_MILLIS).checked_add(EPOCH_DAYS)?, millis.rem_euclid(DAY_MILLIS));
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    // Years start in March here, so that the leap day is the last of its year.
    let leap_days = [(1_460, 1), (36_524, -1), (146_096, 1)];
    let skipped = leap_days
        .iter()
        .try_fold(0_i64, |sum, (each, sign)| sum.checked_add(day_of_era.checked_div(*each)?.checked_mul(*sign)?))?;
    let year_of_era = day_of_era.checked_sub(skipped)?.checked_div(365)?;
    let day_of_year = day_of_era.checked_sub(days_before(year_of_era)?)?;
    let month_from_march = day_of_year.checked_mul(5)?.checked_add(2)?.checked_div(153)?;
    let day = day_of_year.checked_sub(days_before_month(month_from_march)?)?.checked_add(1)?;
    let month =
        if month_from_march < 10 { month_from_march.checked_add(3)? } else { month_from_march.checked_sub(9)? };
    let january = i64::from(month <= 2);
    let year = era.checked_mul(400)?.checked_add(year_of_era)?.checked_add(january)?;
    let (hour, minute) = (time.checked_div(3_600_000)?, time.checked_div(60_000)?.checked_rem(60)?);
    let (second, rest) = (time.checked_div(1000)?.checked_rem(60)?, time.checked_rem(1000)?);
    let in_range = (0..=9999).contains(&year);
    in_range.then(|| alloc::format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z"))
}

/// The instant, from exactly the form that [`print_rfc3339`] prints.
fn read_rfc3339(text: &str) -> Option<i64> {
    let number =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let part = |from, to| number(from, to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let time = [(part(11, 13)?, 3_600_000), (part(14, 16)?, 60_000), (part(17, 19)?, 1000), (part(20, 23)?, 1)];
    let time = time.iter().try_fold(0_i64, |sum, (count, each)| sum.checked_add(count.checked_mul(*each)?))?;
    let year_from_march = year.checked_sub(i64::from(month <= 2))?;
    let (era, year_of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let month_from_march = month.checked_add(9)?.checked_rem(12)?;
    let day_of_year = days_before_month(month_from_march)?.checked_add(day)?.checked_sub(1)?;
    let day_of_era = days_before(year_of_era)?.checked_add(day_of_year)?;
    let days = era.checked_mul(ERA_DAYS)?.checked_add(day_of_era)?.checked_sub(EPOCH_DAYS)?;
    let millis = days.checked_mul(DAY_MILLIS)?.checked_add(time)?;
    // Printing it again refuses every other form: 30 February, 24:00, a missing `T`, another zone.
    (print_rfc3339(millis)? == text).then_some(millis)
}

/// Returns the days of an era before the given year.
fn days_before(year_of_era: i64) -> Option<i64> {
    let leaps = year_of_era.checked_div(4)?.checked_sub(year_of_era.checked_div(100)?)?;
    year_of_era.checked_mul(365)?.checked_add(leaps)
}

/// Returns the days from 1 March to the start of the month, where March is month 0.
fn days_before_month(month_from_march: i64) -> Option<i64> {
    month_from_march.checked_mul(153)?.checked_add(2)?.checked_div(5)
}
