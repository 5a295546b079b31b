//! RFC 3339: the text of a point in time, read and printed here.

use alloc::string::String;

const DAY_MILLIS: i64 = 86_400_000;
/// Days from 0000-03-01, where the counting below starts, to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// Days in four hundred years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;

/// The instant in UTC with milliseconds, for the years 0 to 9999.
pub(crate) fn print_rfc3339(millis: i64) -> Option<String> {
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
pub(crate) fn read_rfc3339(text: &str) -> Option<i64> {
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

/// The instant of any text that RFC 3339 allows: with or without a fraction, in UTC or at an offset, to the
/// millisecond. A leap second is refused.
#[must_use]
pub(crate) fn read_any_rfc3339(text: &str) -> Option<i64> {
    const SECONDS: usize = "2026-11-30T12:00:00".len();
    let (whole, rest) = text.split_at_checked(SECONDS)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?,
        None => ("000", rest),
    };
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let padded = alloc::format!("{fraction:0<3}");
    let local = read_rfc3339(&alloc::format!("{whole}.{}Z", padded.get(..3)?))?;
    local.checked_sub(offset_millis(zone)?)
}

/// The offset from UTC of `Z`, or of a sign, two digits, a colon and two digits.
fn offset_millis(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let millis = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000)?;
    match sign {
        "+" => Some(millis),
        "-" => Some(millis.saturating_neg()),
        _ => None,
    }
}
