//! The signature header: read and printed here, and nowhere else.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::encoding::{hex, unhex};
use crate::crypto::hmac::Tag;
use crate::error::Error;
use crate::limits::{MAX_SIGNATURE_HEADER_BYTES, MAX_SIGNATURES, MAX_TIMESTAMP_DIGITS, MILLISECONDS_FROM};
use crate::time::UnixMillis;
use crate::wire::scheme::{Grammar, Scheme, SignatureEncoding, TimestampUnit};

/// What a signature header says.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureHeader<'a> {
    /// The timestamp as it stands: these bytes are what was signed.
    pub timestamp_text: &'a str,
    /// The time it means.
    pub timestamp: UnixMillis,
    /// The well-formed signatures, in order; at least one.
    pub signatures: Vec<Tag>,
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
        let header = || scheme.header.clone();
        if value.len() > MAX_SIGNATURE_HEADER_BYTES {
            return Err(Error::HeaderTooLarge {
                header: header(),
                bytes: value.len(),
                allowed: MAX_SIGNATURE_HEADER_BYTES,
            });
        }
        let malformed = |expected: &str, at| Error::HeaderMalformed { header: header(), expected: expected.into(), at };
        let expected_mark = |mark: char, at| malformed(&alloc::format!("`{mark}`"), at);
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ' || *byte == b'\t';
        if let Some(at) = value.iter().position(|byte| !printable(byte)) {
            return Err(malformed("printable ASCII", at));
        }
        let text = core::str::from_utf8(value).map_err(|error| malformed("printable ASCII", error.valid_up_to()))?;
        let fields = match &scheme.grammar {
            Grammar::Pairs { delimiter, assign, timestamp_keys, signature_keys } => {
                let mut fields = Fields::default();
                for piece in text.split(*delimiter) {
                    let at = offset(text, piece);
                    let piece = piece.trim_ascii();
                    if piece.is_empty() && *delimiter == ' ' {
                        continue;
                    }
                    let Some((name, value)) = piece.split_once(*assign) else {
                        return Err(expected_mark(*assign, at.saturating_add(piece.len())));
                    };
                    let (name, value) = (name.trim_ascii(), value.trim_ascii());
                    if timestamp_keys.iter().any(|key| key == name) {
                        if fields.timestamp.replace(value).is_some() {
                            return Err(malformed("one timestamp", at));
                        }
                    } else if signature_keys.iter().any(|key| key == name) {
                        fields.signature(scheme.signature_encoding, value)?;
                    }
                }
                fields
            }
            Grammar::Sequence { delimiter, prefix } => {
                let Some((timestamp, signature)) = text.split_once(*delimiter) else {
                    return Err(expected_mark(*delimiter, text.len()));
                };
                let signature = signature.trim_ascii();
                let Some(signature) = signature.strip_prefix(prefix.as_str()) else {
                    return Err(malformed(&alloc::format!("`{prefix}`"), offset(text, signature)));
                };
                let mut fields = Fields { timestamp: Some(timestamp.trim_ascii()), ..Fields::default() };
                fields.signature(scheme.signature_encoding, signature)?;
                fields
            }
        };
        let Some(timestamp_text) = fields.timestamp else {
            return Err(Error::TimestampMissing { header: header() });
        };
        let timestamp = scheme.unit.read(timestamp_text)?;
        let Some(first) = fields.first_signature else {
            return Err(Error::SignatureMissing { header: header() });
        };
        // A malformed signature beside well-formed ones is ignored: a key rotation or a new scheme may add one.
        if fields.signatures.is_empty() {
            return Err(scheme.signature_encoding.unreadable(first, fields.count));
        }
        Ok(Self { timestamp_text, timestamp, signatures: fields.signatures })
    }

    /// Prints the header value, with the grammar's first timestamp name and first signature name.
    #[must_use]
    pub fn print(scheme: &Scheme, timestamp_text: &str, signatures: &[Tag]) -> String {
        let signatures = signatures.iter().map(|tag| scheme.signature_encoding.print(tag));
        match &scheme.grammar {
            Grammar::Pairs { delimiter, assign, timestamp_keys, signature_keys } => {
                let first = |keys: &[String]| keys.first().cloned().unwrap_or_default();
                let mut text = alloc::format!("{}{assign}{timestamp_text}", first(timestamp_keys));
                for signature in signatures {
                    text.push(*delimiter);
                    text.push_str(&first(signature_keys));
                    text.push(*assign);
                    text.push_str(&signature);
                }
                text
            }
            // This form has room for one signature only.
            Grammar::Sequence { delimiter, prefix } => {
                let signature = signatures.take(1).collect::<String>();
                alloc::format!("{timestamp_text}{delimiter}{prefix}{signature}")
            }
        }
    }
}

impl TimestampUnit {
    /// The time that a timestamp's text means.
    ///
    /// # Errors
    /// `timestamp_malformed`, `timestamp_negative`, `timestamp_overflow`.
    pub fn read(self, text: &str) -> Result<UnixMillis, Error> {
        const MAX_SECONDS: i64 = i64::MAX / 1000;
        const EXPECTED: &str = "a whole number without sign or leading zero";
        let malformed = |at| Error::TimestampMalformed { expected: EXPECTED, at };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if let Some(at) = digits.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(malformed(text.len().saturating_sub(digits.len()).saturating_add(at)));
        }
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(malformed(0));
        }
        if digits.len() < text.len() {
            return Err(Error::TimestampNegative);
        }
        let number: Option<i64> = if digits.len() > MAX_TIMESTAMP_DIGITS { None } else { digits.parse().ok() };
        let number = number.ok_or(Error::TimestampOverflow)?;
        let is_millis = self == Self::Milliseconds || (self == Self::Auto && number >= MILLISECONDS_FROM);
        match number {
            _ if is_millis => Ok(UnixMillis(number)),
            ..=MAX_SECONDS => Ok(UnixMillis::from_seconds(number)),
            _ => Err(Error::TimestampOverflow),
        }
    }

    /// The text of a timestamp. Where the unit is left open, seconds.
    #[must_use]
    pub fn print(self, timestamp: UnixMillis) -> String {
        match self {
            Self::Milliseconds => timestamp.0.to_string(),
            Self::Auto | Self::Seconds => timestamp.as_seconds().to_string(),
        }
    }
}

impl SignatureEncoding {
    /// Returns the error for a header without a well-formed signature, by its first one.
    fn unreadable(self, text: &str, of: usize) -> Error {
        let number = 1;
        if self == Self::Hex && unhex(text.to_ascii_lowercase().as_bytes()).is_some() {
            return Error::SignatureUppercase { number, of };
        }
        Error::SignatureMalformed { number, of, bytes: text.len() }
    }

    fn read(self, text: &str) -> Option<Tag> {
        match self {
            Self::Hex => unhex(text.as_bytes()),
            Self::HexUpper if text.bytes().any(|byte| byte.is_ascii_lowercase()) => None,
            Self::HexUpper => unhex(text.to_ascii_lowercase().as_bytes()),
        }
    }

    fn print(self, tag: &Tag) -> String {
        match self {
            Self::Hex => hex(tag),
            Self::HexUpper => hex(tag).to_ascii_uppercase(),
        }
    }
}

/// What the two grammars have in common.
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
    fn signature(&mut self, encoding: SignatureEncoding, text: &'a str) -> Result<(), Error> {
        if self.count == MAX_SIGNATURES {
            return Err(Error::SignaturesTooMany { allowed: MAX_SIGNATURES });
        }
        self.count = self.count.saturating_add(1);
        self.first_signature.get_or_insert(text);
        self.signatures.extend(encoding.read(text));
        Ok(())
    }
}

/// Where `part`, a slice of `whole`, starts.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}
