//! Guesses at what a sender really signed, and with which key: variants of the bytes, each with a label. Nothing here
//! accepts anything.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::crypto::encoding::{Encoding, base64, hex};
use crate::json::format::{Style, reformat};
use crate::json::{unquoted, valid};

/// Calls `act` with each way in which a body is changed on its way to a receiver, and the body as it may have been
/// sent. There is one such body in memory at a time, since it may be large.
pub(crate) fn bodies(body: &[u8], act: &mut dyn FnMut(&'static str, &[u8])) {
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        act("a byte order mark was added", rest);
    }
    act("a byte order mark was removed", &[b"\xef\xbb\xbf", body].concat());
    let trimmed = body.trim_ascii_end();
    if trimmed.len() < body.len() {
        act("a line end or blank was added at the end", trimmed);
    }
    act("a line end was removed at the end", &[body, b"\n"].concat());
    act("a line end was removed at the end", &[body, b"\r\n"].concat());
    let Ok(text) = core::str::from_utf8(body) else {
        let text: String = body.iter().map(|byte| char::from(*byte)).collect();
        return act("it was written in Latin-1 instead of UTF-8", text.as_bytes());
    };
    if let Some((what, other)) = line_ends(body) {
        act(what, &other);
    }
    if !body.is_ascii() {
        let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
        if let Some(bytes) = bytes {
            act("it was read as Latin-1 and written as UTF-8", &bytes);
        }
    }
    if let Some(decoded) = Encoding::Base64.decode(text.trim_ascii()).filter(|decoded| !decoded.is_empty()) {
        act("it is base64 of what was signed", &decoded);
    }
    if valid(text).is_ok() {
        printings(text, act);
    }
}

/// Prints JSON as other libraries do.
fn printings(text: &str, act: &mut dyn FnMut(&'static str, &[u8])) {
    for spelling in Spelling::ALL {
        let other = spelling.respell(text);
        if other != text {
            act("the JSON was parsed and printed again, with other escapes", other.as_bytes());
        }
    }
    for style in [Style::Compact, Style::Spaced, Style::Indented(2), Style::Indented(4)] {
        let Some(other) = reformat(text, style).filter(|other| other != text) else { continue };
        act("the JSON was parsed and printed again", other.as_bytes());
        for spelling in Spelling::ALL {
            let respelled = spelling.respell(&other);
            if respelled != other {
                act("the JSON was parsed and printed again, with other escapes", respelled.as_bytes());
            }
        }
    }
}

/// What a printer of JSON escapes without need: PHP slashes and letters, Python letters, JavaScript neither.
#[derive(Clone, Copy)]
struct Spelling {
    slashes: bool,
    letters: bool,
}

impl Spelling {
    const ALL: [Self; 4] = [
        Self { slashes: false, letters: false },
        Self { slashes: false, letters: true },
        Self { slashes: true, letters: false },
        Self { slashes: true, letters: true },
    ];

    /// JSON text with these escapes.
    fn respell(self, json: &str) -> String {
        let mut text = String::with_capacity(json.len());
        let mut rest = json.chars();
        while let Some(letter) = rest.next() {
            match letter {
                '\\' => match rest.next() {
                    Some('/') => self.print('/', &mut text),
                    Some('u') => self.print_escaped(&mut rest, &mut text),
                    other => text.extend([letter].into_iter().chain(other)),
                },
                letter => self.print(letter, &mut text),
            }
        }
        text
    }

    fn print(self, letter: char, text: &mut String) {
        if letter == '/' && self.slashes {
            text.push_str("\\/");
        } else if !letter.is_ascii() && self.letters {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let digits = [12, 8, 4, 0].map(|shift| char::from_digit(u32::from(*unit) >> shift & 15, 16));
                text.push_str("\\u");
                text.extend(digits.into_iter().flatten());
            }
        } else {
            text.push(letter);
        }
    }

    /// What follows `\u`: four digits, or eight with a second `\u` between them. An escape that is needed stays.
    fn print_escaped(self, rest: &mut core::str::Chars<'_>, text: &mut String) {
        let quoted = |digits: &str| unquoted(&["\"\\u", digits, "\""].concat()).and_then(|text| text.chars().next());
        for length in [4, 10] {
            let Some((digits, after)) = rest.as_str().split_at_checked(length) else { break };
            if let Some(letter) = quoted(digits).filter(|letter| !letter.is_ascii()) {
                *rest = after.chars();
                return self.print(letter, text);
            }
        }
        text.push_str("\\u");
    }
}

/// Returns the body with CRLF for LF, or LF for CRLF; `None` if it has no line end.
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

/// Ways in which a secret is mistaken: what to change, and the key bytes that come of it.
#[must_use]
pub(crate) fn secrets(secret: &[u8]) -> Vec<(&'static str, Zeroizing<Vec<u8>>)> {
    let mut found: Vec<(&'static str, Zeroizing<Vec<u8>>)> = Vec::new();
    let trimmed = secret.trim_ascii();
    if trimmed.len() < secret.len() {
        found.push(("the blanks around the secret are removed", Zeroizing::new(trimmed.to_vec())));
    }
    for quote in [b'"', b'\'', b'`'] {
        let inner = trimmed.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote]));
        found.extend(inner.map(|inner| ("the quotes around the secret are removed", Zeroizing::new(inner.to_vec()))));
    }
    if let Ok(text) = core::str::from_utf8(trimmed) {
        for (word, encoding) in [
            ("the secret is read as hex: set `encoding` to `hex`", Encoding::Hex),
            ("the secret is read as base64: set `encoding` to `base64`", Encoding::Base64),
        ] {
            found.extend(encoding.decode(text).map(|bytes| (word, bytes)));
        }
        // Base64 passes over the prefix of Standard Webhooks by itself.
        if let Some((_, rest)) = text.split_once('_').filter(|(prefix, _)| *prefix != "whsec") {
            let word = "the part behind `_` is read as base64: give that part, and set `encoding` to `base64`";
            found.extend(Encoding::Base64.decode(rest).map(|bytes| (word, bytes)));
        }
    }
    let as_text = |word, text: String| (word, Zeroizing::new(text.into_bytes()));
    found.push(as_text("the secret is read as text, not as hex: set `encoding` to `utf8`", hex(secret)));
    found.push(as_text("the secret is read as text, not as base64: set `encoding` to `utf8`", base64(secret)));
    found
}
