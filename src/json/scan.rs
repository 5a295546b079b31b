//! Finds where JSON values begin and end (RFC 8259), at any depth and without recursion: nothing is turned into values.
//!
//! By hand and not by serde: its parser is built to make values, and was a tenth of the WebAssembly module only to find
//! their ends. A test compares the two on random text.

use alloc::string::String;
use alloc::vec::Vec;

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

/// A place in a text that moves to its end. `None` from any method: the text stops being JSON at the place.
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
        self.at = self.at.wrapping_add(1);
    }

    /// Moves behind this byte, if it comes next.
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
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.skip();
        }
        self.since(start)
    }

    /// Nothing but blanks comes next.
    pub(super) fn end(&mut self) -> Option<()> {
        self.blanks();
        if self.at == self.text.len() { Some(()) } else { None }
    }

    /// The line and column of this place.
    pub(super) fn broken(&self) -> Broken {
        let end = self.text.len().min(self.at.wrapping_add(1));
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.wrapping_add(1));
        Broken { line: before.split(|byte| *byte == b'\n').count(), column: end.wrapping_sub(start) }
    }

    /// Moves behind the value that comes next.
    pub(super) fn value(&mut self) -> Option<()> {
        // The brackets that have to come, one for each container around the place.
        let mut awaited: Vec<u8> = Vec::new();
        loop {
            self.blanks();
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
                self.blanks();
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
                self.blanks();
                if self.take(close) {
                    awaited.pop();
                } else if self.take(b',') {
                    if close == b'}' {
                        self.blanks();
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
        self.blanks();
        if !self.take(b':') {
            return None;
        }
        self.blanks();
        Some(())
    }

    /// Moves behind the string that comes next. Hands out 0: no bracket has to come for it.
    fn string(&mut self) -> Option<u8> {
        self.skip();
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let eights = rest.chunks_exact(8).take_while(|eight| is_plain(eight)).count();
            self.at = self.at.wrapping_add(eights.wrapping_mul(8));
            while self.peek().is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= b' ') {
                self.skip();
            }
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

/// Whether eight bytes are inside of a string: no quote, no backslash and no control character. All at once, since most of a
/// body is inside of strings.
#[inline]
fn is_plain(eight: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = eight.try_into().map_or(0, u64::from_le_bytes);
    // The highest bit of a byte is set if it is less, at least in the lowest such byte; and less than 1 is 0.
    let less = |word: u64, than: u64| word.wrapping_sub(ONES.wrapping_mul(than)) & !word;
    let is = |byte: u8| less(word ^ ONES.wrapping_mul(byte.into()), 1);
    (less(word, 32) | is(b'"') | is(b'\\')) & ONES.wrapping_mul(128) == 0
}

/// The text that a JSON string stands for; `None` for any other value, and where half a surrogate stands alone.
/// `json` must be valid JSON without blanks around it.
#[must_use]
pub fn unquoted(json: &str) -> Option<String> {
    let mut rest = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(rest.get(..at)?);
        let letter = *rest.as_bytes().get(at.wrapping_add(1))?;
        rest = rest.get(at.wrapping_add(2)..)?;
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
                    code = 0x1_0000_u32.wrapping_add((code & 0x3ff) << 10 | low & 0x3ff);
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
pub fn is_escaped(json: &str) -> bool {
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
    let mut json = String::with_capacity(text.len().wrapping_add(2));
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
        done = at.wrapping_add(1);
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
