//! Guesses at what a sender really signed: variations of bytes, each with a word for it. Shared by diagnosis and
//! detection. Nothing here accepts anything.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::encoding::{Encoding, hex};
use crate::json::format::{Style, restyled};
use crate::json::valid;
use crate::limits::MAX_CANDIDATES;
use crate::scheme::{Digest, Grammar, Unit};

/// What may stand between timestamp and body in the signed text.
pub const JOINERS: [&str; 9] = [".", "", ":", "\n", "|", ",", "-", "_", " "];

/// Marks that may separate pairs, or timestamp and signature.
const SEPARATORS: [char; 8] = [',', ';', ' ', '&', '.', ':', '|', '-'];
const ASSIGNS: [char; 2] = ['=', ':'];

/// Ways in which a body is changed on its way to a receiver, with the body as it may have been sent.
#[must_use]
pub fn bodies(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found: Vec<(&'static str, Vec<u8>)> = Vec::new();
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        found.push(("a byte order mark was added", rest.to_vec()));
    }
    found.push(("a byte order mark was removed", [b"\xef\xbb\xbf", body].concat()));
    let trimmed = body.trim_ascii_end();
    if trimmed.len() < body.len() {
        found.push(("a line end or blank was added at the end", trimmed.to_vec()));
    }
    found.push(("a line end was removed at the end", [body, b"\n"].concat()));
    found.push(("a line end was removed at the end", [body, b"\r\n"].concat()));
    if let Ok(text) = core::str::from_utf8(body) {
        found.extend(line_ends(body));
        if valid(text).is_ok() {
            for style in [Style::Compact, Style::Spaced, Style::Indented(2), Style::Indented(4)] {
                if let Some(other) = restyled(text, style).filter(|other| other != text) {
                    found.push(("the JSON was parsed and printed again", other.into_bytes()));
                }
            }
        }
    }
    found
}

/// The body with other line ends, if it has any: those of the other kind.
fn line_ends(body: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    if !body.contains(&b'\n') {
        return None;
    }
    let is_crlf = body.windows(2).any(|pair| pair == b"\r\n");
    let mut other = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if is_crlf && rest.peek() == Some(&&b'\n') => {}
            b'\n' if !is_crlf => other.extend_from_slice(b"\r\n"),
            byte => other.push(*byte),
        }
    }
    let what =
        if is_crlf { "line ends were changed from LF to CRLF" } else { "line ends were changed from CRLF to LF" };
    Some((what, other))
}

/// Ways in which a secret is mistaken, with the key bytes that it may have been meant to be.
#[must_use]
pub fn secrets(secret: &[u8]) -> Vec<(&'static str, Zeroizing<Vec<u8>>)> {
    let mut found: Vec<(&'static str, Zeroizing<Vec<u8>>)> = Vec::new();
    let trimmed = secret.trim_ascii();
    if trimmed.len() < secret.len() {
        found.push(("the secret has blanks around it", Zeroizing::new(trimmed.to_vec())));
    }
    if let Ok(text) = core::str::from_utf8(trimmed) {
        for (word, encoding) in [("the secret is hex", Encoding::Hex), ("the secret is base64", Encoding::Base64)] {
            found.extend(encoding.decode(text).map(|bytes| (word, bytes)));
        }
        if let Some((_, rest)) = text.split_once('_') {
            let word = "the secret is base64 behind a prefix";
            found.extend(Encoding::Base64.decode(rest).map(|bytes| (word, bytes)));
        }
    }
    found.push(("the secret is the text, not the hex in it", Zeroizing::new(hex(secret).into_bytes())));
    found.push(("the secret is the text, not the base64 in it", Zeroizing::new(base64(secret).into_bytes())));
    found
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(bytes)
}

/// The grammars in which a header value can be read at all, each with the names that it uses.
#[must_use]
pub fn grammars(text: &str) -> Vec<(Grammar, Digest)> {
    let mut found: Vec<(Grammar, Digest)> = Vec::new();
    let signature = |text: &str| digest(text).map(|digest| (text.len(), digest));
    for separator in SEPARATORS {
        for assign in ASSIGNS.into_iter().filter(|assign| *assign != separator) {
            let Some(pairs) = pairs(text, separator, assign) else {
                continue;
            };
            for (stamp, _) in pairs.iter().filter(|(_, value)| Unit::Auto.read(value).is_ok()) {
                for (name, digest) in pairs.iter().filter_map(|(name, value)| Some((*name, digest(value)?))) {
                    let timestamp_keys = alloc::vec![String::from(*stamp)];
                    let signature_keys = alloc::vec![name.into()];
                    found.push((Grammar::Pairs { separator, assign, timestamp_keys, signature_keys }, digest));
                }
            }
        }
        if let Some((stamp, rest)) = text.split_once(separator) {
            let start = rest.trim_ascii_start();
            let prefix = start.len().checked_sub(64).and_then(|length| start.split_at_checked(length));
            if let (Ok(_), Some((prefix, tag))) = (Unit::Auto.read(stamp.trim_ascii()), prefix) {
                if let Some((_, digest)) = signature(tag) {
                    found.push((Grammar::Sequence { separator, prefix: prefix.into() }, digest));
                }
            }
        }
    }
    found
}

/// The pairs of a text that is nothing else, and not too many.
fn pairs(text: &str, separator: char, assign: char) -> Option<Vec<(&str, &str)>> {
    let pairs: Vec<_> = text.split(separator).map(|each| pair(each, assign)).collect::<Option<_>>()?;
    Some(pairs).filter(|pairs| pairs.len() <= MAX_CANDIDATES)
}

/// The name and the value of a pair, blanks around them left out.
fn pair(text: &str, assign: char) -> Option<(&str, &str)> {
    let (name, value) = text.trim_ascii().split_once(assign)?;
    Some((name.trim_ascii(), value.trim_ascii()))
}

/// How a text of 64 hex digits is written; `None` for any other text.
fn digest(text: &str) -> Option<Digest> {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_mixed = is_upper && text.bytes().any(|byte| byte.is_ascii_lowercase());
    (is_hex && !is_mixed).then_some(if is_upper { Digest::HexUpper } else { Digest::Hex })
}
