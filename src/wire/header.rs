//! The signature header: read and printed here, and nowhere else.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::encoding::{base64, base64_url, hex, unbase64, unbase64_url, unhex};
use crate::crypto::hmac::Tag;
use crate::error::Error;
use crate::limits::{MAX_SIGNATURE_HEADER_BYTES, MAX_SIGNATURES};
use crate::time::UnixMillis;
use crate::wire::grammar::{Grammar, SequenceOrder, SignatureEncoding};
use crate::wire::scheme::Scheme;
use crate::wire::timestamp::TimestampSource;

/// What a signature header says.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureHeader<'a> {
    /// The timestamp, if it is in this header.
    pub timestamp: Option<Timestamp<'a>>,
    /// The well-formed signatures, in order; at least one.
    pub signatures: Vec<Tag>,
}

/// A timestamp, as it stands and as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp<'a> {
    /// The text: these bytes are what was signed.
    pub text: &'a str,
    /// The time that the text means.
    pub time: UnixMillis,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for SignatureHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureHeader")
            .field("timestamp", &self.timestamp)
            .field("signatures", &self.signatures.len())
            .finish_non_exhaustive()
    }
}

impl<'a> SignatureHeader<'a> {
    /// Reads the value of a signature header.
    ///
    /// # Errors
    /// `header_*`, `timestamp_missing`, `timestamp_malformed`, `timestamp_negative`, `timestamp_overflow`,
    /// `signature_missing`, `signature_malformed`, `signature_uppercase`, `signatures_too_many`.
    pub fn parse(scheme: &Scheme, value: &'a [u8]) -> Result<Self, Error> {
        let text = printable(&scheme.header, value)?;
        let fields = Fields::read(scheme, text)?;
        let timestamp = match (&scheme.timestamp, fields.timestamp) {
            (TimestampSource::SignatureHeader, Some(text)) => Some(Timestamp { text, time: scheme.unit.read(text)? }),
            (TimestampSource::SignatureHeader, None) => {
                return Err(Error::TimestampMissing { header: scheme.header.clone() });
            }
            _ => None,
        };
        let Some(first) = fields.first_signature else {
            return Err(Error::SignatureMissing { header: scheme.header.clone() });
        };
        // A malformed signature beside well-formed ones is ignored: a key rotation or a new scheme may add one.
        if fields.signatures.is_empty() {
            return Err(scheme.signature_encoding.unreadable(first, fields.count));
        }
        Ok(Self { timestamp, signatures: fields.signatures })
    }

    /// Prints the header value, with the grammar's first timestamp name and first signature name.
    #[must_use]
    pub fn print(scheme: &Scheme, timestamp_text: &str, signatures: &[Tag]) -> String {
        let prefix = &scheme.signature_prefix;
        let mut signatures =
            signatures.iter().map(|tag| alloc::format!("{prefix}{}", scheme.signature_encoding.print(tag)));
        let text = match &scheme.grammar {
            Grammar::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted } => {
                let quote = if *is_quoted { "\"" } else { "" };
                let pair = |keys: &[String], value: &str| {
                    let key = keys.first().map_or("", String::as_str);
                    alloc::format!("{key}{assign}{quote}{value}{quote}")
                };
                let is_inside = scheme.timestamp == TimestampSource::SignatureHeader;
                let timestamp = is_inside.then(|| pair(timestamp_keys, timestamp_text));
                let pairs = timestamp.into_iter().chain(signatures.map(|text| pair(signature_keys, &text)));
                joined(pairs, *delimiter)
            }
            // This form has room for one signature only.
            Grammar::Sequence { delimiter, order } => {
                let signature = signatures.next().unwrap_or_default();
                match order {
                    SequenceOrder::TimestampFirst => alloc::format!("{timestamp_text}{delimiter}{signature}"),
                    SequenceOrder::SignatureFirst => alloc::format!("{signature}{delimiter}{timestamp_text}"),
                }
            }
            Grammar::List { delimiter } => joined(signatures, *delimiter),
        };
        if scheme.scheme_word.is_empty() { text } else { alloc::format!("{} {text}", scheme.scheme_word) }
    }
}

fn joined(texts: impl Iterator<Item = String>, delimiter: char) -> String {
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            joined.push(delimiter);
        }
        joined.push_str(&text);
    }
    joined
}

/// The value of a header as text: of bounded length, and of nothing but printable ASCII, blanks and tabs.
pub(crate) fn printable<'a>(header: &str, value: &'a [u8]) -> Result<&'a str, Error> {
    if value.len() > MAX_SIGNATURE_HEADER_BYTES {
        return Err(Error::HeaderTooLarge {
            header: header.into(),
            bytes: value.len(),
            allowed: MAX_SIGNATURE_HEADER_BYTES,
        });
    }
    let is_printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ' || *byte == b'\t';
    let text = core::str::from_utf8(value).ok().filter(|_| value.iter().all(is_printable));
    text.ok_or_else(|| Error::HeaderMalformed {
        header: header.into(),
        expected: "printable ASCII".into(),
        at: value.iter().position(|byte| !is_printable(byte)).unwrap_or_default(),
    })
}

impl SignatureEncoding {
    /// Returns the error for a header without a well-formed signature, by its first one.
    fn unreadable(self, text: &str, of: usize) -> Error {
        let number = 1;
        if self == Self::Hex && unhex(text.to_ascii_lowercase().as_bytes()).is_some() {
            return Error::SignatureUppercase { number, of };
        }
        let expected = match self {
            Self::Hex | Self::HexUpper => "64 hex digits",
            Self::Base64 => "44 characters of base64",
            Self::Base64Url => "43 characters of URL-safe base64",
        };
        Error::SignatureMalformed { number, of, expected, bytes: text.len() }
    }

    /// Reads a signature: exactly one spelling of 32 bytes.
    pub(crate) fn read(self, text: &str) -> Option<Tag> {
        match self {
            Self::Hex => unhex(text.as_bytes()),
            Self::HexUpper if text.bytes().any(|byte| byte.is_ascii_lowercase()) => None,
            Self::HexUpper => unhex(text.to_ascii_lowercase().as_bytes()),
            Self::Base64 => unbase64(text),
            Self::Base64Url => unbase64_url(text),
        }
    }

    fn print(self, tag: &Tag) -> String {
        match self {
            Self::Hex => hex(tag),
            Self::HexUpper => hex(tag).to_ascii_uppercase(),
            Self::Base64 => base64(tag),
            Self::Base64Url => base64_url(tag),
        }
    }
}

/// What the grammars have in common.
#[derive(Default)]
struct Fields<'a> {
    timestamp: Option<&'a str>,
    first_signature: Option<&'a str>,
    /// The number of signatures in the header, malformed ones included.
    count: usize,
    /// The well-formed ones.
    signatures: Vec<Tag>,
}

impl<'a> Fields<'a> {
    fn read(scheme: &Scheme, whole: &'a str) -> Result<Self, Error> {
        let malformed = |expected: &str, at| Error::HeaderMalformed {
            header: scheme.header.clone(),
            expected: expected.into(),
            at,
        };
        let expected = |text: &str, at| malformed(&alloc::format!("`{text}`"), at);
        let expected_mark = |mark: char, at| expected(mark.encode_utf8(&mut [0; 4]), at);
        let word = scheme.scheme_word.as_str();
        let text = match whole.strip_prefix(word) {
            Some(rest) if word.is_empty() => rest,
            Some(rest) if rest.starts_with(' ') => rest.trim_ascii_start(),
            _ => return Err(expected(word, 0)),
        };
        let mut fields = Fields::default();
        match &scheme.grammar {
            Grammar::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted } => {
                let mut in_quotes = false;
                let ends = |letter: char| {
                    in_quotes ^= *is_quoted && letter == '"';
                    letter == *delimiter && !in_quotes
                };
                for piece in text.split(ends) {
                    let at = offset(whole, piece);
                    let piece = piece.trim_ascii();
                    if piece.is_empty() && *delimiter == ' ' {
                        continue;
                    }
                    let Some((name, value)) = piece.split_once(*assign) else {
                        return Err(expected_mark(*assign, at.saturating_add(piece.len())));
                    };
                    let (name, value) = (name.trim_ascii(), value.trim_ascii());
                    let value = if *is_quoted { without_quotes(value) } else { value };
                    if timestamp_keys.iter().any(|key| key == name) {
                        if fields.timestamp.replace(value).is_some() {
                            return Err(malformed("one timestamp", at));
                        }
                    } else if signature_keys.iter().any(|key| key == name) {
                        fields.signature(scheme, value)?;
                    }
                }
            }
            Grammar::Sequence { delimiter, order } => {
                let Some((first, second)) = text.split_once(*delimiter) else {
                    return Err(expected_mark(*delimiter, whole.len()));
                };
                let (first, second) = (first.trim_ascii(), second.trim_ascii());
                let (timestamp, signature) = match order {
                    SequenceOrder::TimestampFirst => (first, second),
                    SequenceOrder::SignatureFirst => (second, first),
                };
                if !signature.starts_with(&scheme.signature_prefix) {
                    return Err(expected(&scheme.signature_prefix, offset(whole, signature)));
                }
                fields.timestamp = Some(timestamp);
                fields.signature(scheme, signature)?;
            }
            Grammar::List { delimiter } => {
                let pieces = text.split(*delimiter).map(str::trim_ascii);
                // A signature of another kind, such as one by a public key, has another prefix.
                for piece in pieces.filter(|piece| !piece.is_empty() && piece.starts_with(&scheme.signature_prefix)) {
                    fields.signature(scheme, piece)?;
                }
            }
        }
        Ok(fields)
    }

    fn signature(&mut self, scheme: &Scheme, text: &'a str) -> Result<(), Error> {
        if self.count == MAX_SIGNATURES {
            return Err(Error::SignaturesTooMany { allowed: MAX_SIGNATURES });
        }
        self.count = self.count.saturating_add(1);
        let bare = text.strip_prefix(scheme.signature_prefix.as_str());
        self.first_signature.get_or_insert(bare.unwrap_or(text));
        self.signatures.extend(bare.and_then(|text| scheme.signature_encoding.read(text)));
        Ok(())
    }
}

/// A value without the quotes around it.
pub(crate) fn without_quotes(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// Where `part`, a slice of `whole`, starts.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}
