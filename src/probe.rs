//! Guesses at what a sender really signed: variations of bytes, each with a word for it. Shared by diagnosis and
//! detection. Nothing here accepts anything.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::encoding::{Encoding, hex};
use crate::json::format::{Style, restyled};

/// What may stand between timestamp and body in the signed text.
pub const JOINERS: [&str; 9] = [".", "", ":", "\n", "|", ",", "-", "_", " "];

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
        if text.contains("\r\n") {
            found.push(("line ends were changed from LF to CRLF", text.replace("\r\n", "\n").into_bytes()));
        } else if text.contains('\n') {
            found.push(("line ends were changed from CRLF to LF", text.replace('\n', "\r\n").into_bytes()));
        }
        if serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok() {
            for style in [Style::Compact, Style::Spaced, Style::Indented(2), Style::Indented(4)] {
                let restyled = restyled(text, style).into_bytes();
                if restyled != body {
                    found.push(("the JSON was parsed and printed again", restyled));
                }
            }
        }
    }
    found
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
