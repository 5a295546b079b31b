//! Finds where JSON values begin and end (RFC 8259), at any depth and without recursion: nothing is turned into values.
//!
//! Written by hand, because serde's parser builds values and does not say where they are.
//! with serde's parser on random text. Long strings, the bulk of a large body, are skipped by `memchr`, with SIMD.

use alloc::string::String;
use alloc::vec::Vec;

use memchr::memchr2;

/// Where a text stops being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1; at the end of the text, that of its last byte.
    pub column: usize,
}

/// Checks that `text` is JSON.
///
/// # Errors
/// Where it stops being JSON.
pub fn valid(text: &str) -> Result<(), Broken> {
    let mut scanner = Scanner::new(text);
    let found = scanner.value().and_then(|()| scanner.end());
    found.ok_or_else(|| scanner.broken())
}

/// A cursor that moves through a text. `None` from a method means that the text stops being JSON at the cursor.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Moves behind this byte, if it comes next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.skip();
        }
        is_next
    }

    /// The text between an earlier place and this one.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The blanks that come next.
    pub(super) fn blanks(&mut self) -> &'a str {
        let start = self.at;
        self.skip_blanks();
        self.since(start)
    }

    /// Moves behind the blanks that come next.
    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.skip();
        }
    }

    /// Skips blanks; `None` unless the text ends there.
    pub(super) fn end(&mut self) -> Option<()> {
        self.skip_blanks();
        if self.at == self.text.len() { Some(()) } else { None }
    }

    /// The line and column of this place.
    pub(super) fn broken(&self) -> Broken {
        let end = self.text.len().min(self.at.saturating_add(1));
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
        Broken { line: before.split(|byte| *byte == b'\n').count(), column: end.saturating_sub(start) }
    }

    /// Moves behind the value that comes next.
    pub(super) fn value(&mut self) -> Option<()> {
        // The closing brackets still to come, one for each container that is open here.
        let mut awaited: Vec<u8> = Vec::new();
        loop {
            self.skip_blanks();
            let close = match self.peek()? {
                b'"' => self.string()?,
                b'{' => b'}',
                b'[' => b']',
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            };
            if close > 0 {
                self.skip();
                self.skip_blanks();
                if !self.take(close) {
                    awaited.push(close);
                    if close == b'}' {
                        self.name().and_then(|()| self.colon())?;
                    }
                    continue;
                }
            }
            loop {
                let Some(close) = awaited.last().copied() else {
                    return Some(());
                };
                self.skip_blanks();
                if self.take(close) {
                    awaited.pop();
                } else if self.take(b',') {
                    if close == b'}' {
                        self.skip_blanks();
                        self.name().and_then(|()| self.colon())?;
                    }
                    break;
                } else {
                    return None;
                }
            }
        }
    }

    /// Moves behind the name that comes next.
    pub(super) fn name(&mut self) -> Option<()> {
        if self.peek() != Some(b'"') {
            return None;
        }
        self.string().map(|_| ())
    }

    /// Moves behind a colon and the blanks around it.
    pub(super) fn colon(&mut self) -> Option<()> {
        self.skip_blanks();
        if !self.take(b':') {
            return None;
        }
        self.skip_blanks();
        Some(())
    }

    /// Moves behind the string that comes next. Returns 0, since no closing bracket must follow it.
    fn string(&mut self) -> Option<u8> {
        self.skip();
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at = self.at.saturating_add(plain_length(rest));
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    self.skip();
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            for _ in 0..4 {
                                self.skip();
                                if !self.peek()?.is_ascii_hexdigit() {
                                    return None;
                                }
                            }
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
            self.skip();
        }
        self.skip();
        Some(0)
    }

    fn word(&mut self, word: &[u8]) -> Option<u8> {
        for byte in word {
            if !self.take(*byte) {
                return None;
            }
        }
        Some(0)
    }

    fn number(&mut self) -> Option<u8> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(0)
    }

    /// Moves behind one digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip();
        }
        if self.at == start { None } else { Some(()) }
    }
}

/// How many bytes come before the first quote, backslash or control character.
fn plain_length(text: &[u8]) -> usize {
    // Most strings are short: eight bytes at a time, without a call.
    let mut length: usize = 0;
    for eight in text.chunks_exact(8).take(4) {
        let ends = ends_in(eight.try_into().map_or(0, u64::from_le_bytes));
        if ends != 0 {
            return length.saturating_add(ends.trailing_zeros() as usize / 8);
        }
        length = length.saturating_add(8);
    }
    let rest = text.get(length..).unwrap_or_default();
    let end = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
    let plain = rest.get(..end).unwrap_or_default();
    // Takes the minimum instead of stopping at the first match: without an early exit the compiler can vectorize.
    let has_control = plain.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ';
    let end = if has_control { plain.iter().take_while(|byte| **byte >= b' ').count() } else { end };
    length.saturating_add(end)
}

/// Sets the highest bit of each of eight bytes that is a quote, backslash or control character; above the first such
/// byte other bits may be set.
const fn ends_in(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    // Subtraction sets a byte's highest bit if the byte is less than `than`; `!word` drops bits that were set before.
    const fn less(word: u64, than: u64) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(than)) & !word
    }
    (less(eight, b' ' as u64) | less(eight ^ QUOTES, 1) | less(eight ^ BACKSLASHES, 1)) & HIGHEST
}

/// Decodes a JSON string; returns `None` for any other value, and for a string with a lone surrogate.
/// `json` must be valid JSON without blanks around it.
#[must_use]
pub fn unquoted(json: &str) -> Option<String> {
    let mut rest = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(rest.get(..at)?);
        let letter = *rest.as_bytes().get(at.saturating_add(1))?;
        rest = rest.get(at.saturating_add(2)..)?;
        text.push(match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = unit(&mut rest)?;
                if code & 0xfc00 == 0xd800 {
                    rest = rest.strip_prefix("\\u")?;
                    let low = unit(&mut rest)?;
                    if low & 0xfc00 != 0xdc00 {
                        return None;
                    }
                    code = 0x1_0000_u32.saturating_add((code & 0x3ff) << 10 | low & 0x3ff);
                }
                char::from_u32(code)?
            }
            other => char::from(other),
        });
    }
    text.push_str(rest);
    Some(text)
}

/// Whether a JSON string has an escape in it.
#[must_use]
pub(crate) fn is_escaped(json: &str) -> bool {
    json.as_bytes().contains(&b'\\')
}

/// The four hex digits that come next.
fn unit(rest: &mut &str) -> Option<u32> {
    let (digits, behind) = rest.split_at_checked(4)?;
    *rest = behind;
    digits.bytes().try_fold(0, |code: u32, digit| Some(code << 4 | char::from(digit).to_digit(16)?))
}

/// `text` as a JSON string, with the escapes that it needs and no other.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(2));
    json.push('"');
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let letter = match byte {
            b'"' | b'\\' => byte,
            8 => b'b',
            9 => b't',
            10 => b'n',
            12 => b'f',
            13 => b'r',
            ..b' ' => b'u',
            _ => continue,
        };
        json.push_str(text.get(done..at).unwrap_or_default());
        done = at.saturating_add(1);
        json.push('\\');
        json.push(char::from(letter));
        if letter == b'u' {
            json.push_str("00");
            for digit in [byte >> 4, byte & 15] {
                json.push(char::from_digit(digit.into(), 16).unwrap_or_default());
            }
        }
    }
    json.push_str(text.get(done..).unwrap_or_default());
    json.push('"');
    json
}
