//! Which names of members are data: ids and addresses by which an object is used as a map.

use crate::limits::MAX_SHAPE_NAME_BYTES;

/// Digits in a row that no name of a member has, but ids do.
const ID_DIGITS: usize = 5;
/// Length from which a text of hexadecimal digits is an id.
const HEX_LENGTH: usize = 16;
/// Length from which a text of letters and digits is an id, if it has several digits.
const TOKEN_LENGTH: usize = 20;
/// Digits that make such a text an id.
const TOKEN_DIGITS: usize = 4;

/// Whether the name of a member looks like an id, a date or an address, or is too long to be kept. What remains may
/// still be data, such as a map by first names: a shape gives up on names only where there are many.
pub(super) fn is_id(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let only = |allowed: fn(u8) -> bool| name.bytes().all(allowed);
    name.len() > MAX_SHAPE_NAME_BYTES
        || name.contains('@')
        || (digits > 0 && !name.chars().any(char::is_alphabetic))
        || name.split(|letter: char| !letter.is_ascii_digit()).any(|run| run.len() >= ID_DIGITS)
        || (name.len() >= HEX_LENGTH && only(|byte| byte.is_ascii_hexdigit() || byte == b'-'))
        || (name.len() >= TOKEN_LENGTH
            && digits >= TOKEN_DIGITS
            && only(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'))
}
