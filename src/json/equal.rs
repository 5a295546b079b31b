//! Whether two JSON texts are the same value, however they are spelled.

use alloc::string::String;
use alloc::vec::Vec;

use super::object::Member;
use super::scan::unquoted;
use super::value::{Array, Object};

/// Whether two values are the same: text by its characters, numbers by their exact value, objects by their members in
/// any order, the last one of a repeated name counting. Both must be
#[must_use]
pub(crate) fn equal(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    // Uses a work list instead of recursion: a body may be nested as deep as it is long.
    let mut pairs: Vec<(&str, &str)> = alloc::vec![(one, other)];
    while let Some((one, other)) = pairs.pop() {
        let is_same = match one.as_bytes().first() {
            Some(b'{') => match (Object::open(one), Object::open(other)) {
                (Some(one), Some(other)) => members(&one, &other, &mut pairs),
                _ => false,
            },
            Some(b'[') => match (Array::open(one), Array::open(other)) {
                (Some(one), Some(other)) => {
                    pairs.extend(one.texts().zip(other.texts()));
                    one.len() == other.len()
                }
                _ => false,
            },
            // A string with a lone surrogate cannot be decoded, so only identical JSON text equals it.
            Some(b'"') => one == other || unquoted(one).is_some_and(|one| unquoted(other).as_ref() == Some(&one)),
            Some(b'-' | b'0'..=b'9') => Decimal::read(one) == Decimal::read(other),
            _ => one == other,
        };
        if !is_same {
            return false;
        }
    }
    true
}

/// Whether two objects have the same names; adds their values to `pairs`.
fn members<'t>(one: &Object<'t>, other: &Object<'t>, pairs: &mut Vec<(&'t str, &'t str)>) -> bool {
    for member in one.members() {
        match (find(one, member), find(other, member)) {
            (Some(one), Some(other)) => pairs.push((one, other)),
            _ => return false,
        }
    }
    other.members().iter().all(|member| find(one, member).is_some())
}

/// The text of the last member that has the same name.
fn find<'t>(object: &Object<'t>, like: &Member<'_>) -> Option<&'t str> {
    match like.decoded_name() {
        Some(name) => object.member(&name)?.text(),
        // A name with a lone surrogate cannot be decoded, so the spellings are compared.
        None => object.members().iter().rev().find(|member| member.spelled_name() == like.spelled_name())?.text(),
    }
}

/// A number as its digits, without leading or trailing zeros, and the power of ten of its last digit.
#[derive(PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number; `None` for any other text, and for an exponent that 64 bits do not hold.
    pub(crate) fn read(json: &str) -> Option<Self> {
        let unsigned = json.strip_prefix('-').unwrap_or(json);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if !is_number {
            return None;
        }
        let mut digits: String = [whole, fraction].concat();
        let mut exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        while digits.ends_with('0') {
            digits.pop();
            exponent = exponent.checked_add(1)?;
        }
        let digits: String = digits.trim_start_matches('0').into();
        let is_zero = digits.is_empty();
        Some(Self {
            is_negative: !is_zero && json.starts_with('-'),
            digits,
            exponent: if is_zero { 0 } else { exponent },
        })
    }

    /// Returns the number as an integer in its shortest spelling; `None` if it has a fraction or more than 40 digits.
    pub(crate) fn whole(&self) -> Option<String> {
        let zeros =
            usize::try_from(self.exponent).ok().filter(|zeros| zeros.saturating_add(self.digits.len()) <= 40)?;
        if self.digits.is_empty() {
            return Some("0".into());
        }
        let sign = if self.is_negative { "-" } else { "" };
        Some([sign, &self.digits, &"0".repeat(zeros)].concat())
    }
}
