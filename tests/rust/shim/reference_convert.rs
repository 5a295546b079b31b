//! The conversions of the reference interpreter, and when two values are the same.

use serde_json::{Number, Value};

/// Whether two values are the same: `7` and `7.0` are.
pub fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            whole(one).zip(whole(other)).map_or(one == other, |(one, other)| one == other)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

/// The value in its other form; `None` outside the conversion's domain.
pub fn convert(kind: &str, value: &Value) -> Option<Value> {
    Some(match (kind, value) {
        ("int_to_string", Value::Number(number)) => whole(number)?.to_string().into(),
        ("string_to_int", Value::String(text)) => {
            // Digits in their only spelling.
            text.parse::<i128>().ok().filter(|number| number.to_string() == *text)?;
            serde_json::from_str(text).ok()?
        }
        ("number_to_string", Value::Number(number)) => number.to_string().into(),
        ("string_to_number", Value::String(text)) => {
            let is_tight = text.trim() == text;
            serde_json::from_str::<Number>(text).ok().filter(|_| is_tight)?.into()
        }
        ("bool_to_string", Value::Bool(flag)) => flag.to_string().into(),
        ("string_to_bool", Value::String(text)) => text.parse::<bool>().ok()?.into(),
        ("seconds_to_millis", Value::Number(number)) => i64::try_from(whole(number)? * 1000).ok()?.into(),
        ("millis_to_seconds", Value::Number(number)) => i64::try_from(whole(number)?).ok()?.div_euclid(1000).into(),
        ("millis_to_rfc3339", Value::Number(number)) => print_time(i64::try_from(whole(number)?).ok()?)?.into(),
        ("rfc3339_to_millis", Value::String(text)) => read_time(text)?.into(),
        _ => return None,
    })
}

fn whole(number: &Number) -> Option<i128> {
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15);
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 1e15")]
    number.as_i128().or_else(|| float().map(|float| float as i128))
}

const DAY: i64 = 86_400_000;

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts the months from 1970, one by one.
fn print_time(millis: i64) -> Option<String> {
    let (mut days, time) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    // Four hundred years are always as long: what is far off is brought near first.
    let eras = days.div_euclid(146_097);
    days -= eras * 146_097;
    let (mut year, mut month) = (1970, 1);
    while days >= days_of(year, month) {
        days -= days_of(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    let year = year + eras * 400;
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    let text = format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", days + 1, time % 1000);
    (0..=9999).contains(&year).then_some(text)
}

fn read_time(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    // By years of 400 into the time from 1970, where they are counted one by one.
    let eras = (year - 1970).div_euclid(400);
    let near = year - eras * 400;
    let years: i64 = (1970..near).map(|year| 337 + days_of(year, 2)).sum();
    let months: i64 = (1..month).map(|month| days_of(near, month)).sum();
    let time = part(11, 13)? * 3_600_000 + part(14, 16)? * 60_000 + part(17, 19)? * 1000 + part(20, 23)?;
    let millis = (eras * 146_097 + years + months + day - 1) * DAY + time;
    (print_time(millis)? == text).then_some(millis)
}
