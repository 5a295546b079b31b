//! What the headers of a delivery claim: who signed, and when. True only once a key confirms it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::hmac::Tag;
use crate::error::Error;
use crate::headers::Headers;
use crate::limits::{MAX_CANDIDATES, MAX_SIGNATURE_HEADER_BYTES};
use crate::time::UnixMillis;
use crate::wire::header::{SignatureHeader, printable};
use crate::wire::scheme::Scheme;
use crate::wire::signed_text::SignedText;
use crate::wire::timestamp::TimestampSource;

/// The signatures of a delivery, and what the headers say was signed in front of the body.
#[derive(Clone)]
pub(crate) struct Claim {
    /// The time of signing; `None` under a scheme without a timestamp.
    pub(crate) timestamp: Option<UnixMillis>,
    /// The timestamp as it stands; empty if there is none.
    pub(crate) timestamp_text: String,
    /// Names and values of the headers that are signed, in the order of the signed texts.
    pub(crate) signed_headers: Vec<(String, String)>,
    /// The well-formed signatures; at least one.
    pub(crate) signatures: Vec<Tag>,
}

impl Claim {
    /// Reads the headers of a delivery.
    ///
    /// # Errors
    /// Every code of fault `peer` that starts with `header_`, `timestamp_` or `signature`, but for those which need
    /// the time or a key.
    pub(crate) fn read(scheme: &Scheme, headers: &dyn Headers) -> Result<Self, Error> {
        let value = single(headers, &scheme.header)?;
        let header = SignatureHeader::parse(scheme, &value).map_err(|error| if_joined(scheme, &value, error))?;
        Self::of(scheme, header, headers)
    }

    /// Reads the other headers of a delivery, beside a signature header that was read.
    pub(crate) fn of(scheme: &Scheme, header: SignatureHeader<'_>, headers: &dyn Headers) -> Result<Self, Error> {
        let SignatureHeader { timestamp, signatures } = header;
        let (timestamp_text, timestamp) = match (&scheme.timestamp, timestamp) {
            (TimestampSource::Header(name), _) => {
                let value = single(headers, name)?;
                let text = printable(name, &value)?.trim_ascii();
                (text.into(), Some(scheme.unit.read(text)?))
            }
            (_, Some(timestamp)) => (timestamp.text.into(), Some(timestamp.time)),
            (_, None) => (String::new(), None),
        };
        let signed_headers = signed_headers(scheme, headers)?;
        Ok(Self { timestamp, timestamp_text, signed_headers, signatures })
    }

    /// The text in front of the body that `text` says was signed.
    pub(crate) fn front(&self, text: &SignedText) -> String {
        let values = &self.signed_headers;
        text.front(&self.timestamp_text, |name| {
            values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        })
    }
}

/// The names and values of the headers that a scheme signs.
pub(crate) fn signed_headers(scheme: &Scheme, headers: &dyn Headers) -> Result<Vec<(String, String)>, Error> {
    let mut found = Vec::new();
    for (name, end) in scheme.signed_texts.iter().flat_map(SignedText::headers) {
        let value = single(headers, name)?;
        let text = printable(name, &value)?.trim_ascii();
        // In the signed text, a value ends where the literal behind it first stands.
        let ends = [text, end].concat().find(end);
        if ends != Some(text.len()) {
            let expected = alloc::format!("no `{end}`, which ends the value in the signed text,");
            return Err(Error::HeaderMalformed { header: name.into(), expected, at: ends.unwrap_or_default() });
        }
        found.push((name.into(), text.into()));
    }
    Ok(found)
}

/// The one value of a header.
fn single(headers: &dyn Headers, name: &str) -> Result<Vec<u8>, Error> {
    let mut value = None;
    let mut count: usize = 0;
    headers.each(name, &mut |found| {
        count = count.saturating_add(1);
        if value.is_none() {
            value = Some(found.to_vec());
        }
    });
    match value {
        None => Err(Error::HeaderMissing { header: name.into() }),
        Some(_) if count > 1 => Err(Error::HeaderRepeated { header: name.into(), count }),
        Some(value) => Ok(value),
    }
}

/// Returns `HeaderRepeated` if `value` is two headers, which Fetch and proxies join with a comma; else `error`.
fn if_joined(scheme: &Scheme, value: &[u8], error: Error) -> Error {
    let is_read = |part: &&[u8]| SignatureHeader::parse(scheme, part).is_ok();
    if joined(scheme, value).any(|parts| parts.iter().all(is_read)) {
        return Error::HeaderRepeated { header: scheme.header.clone(), count: 2 };
    }
    error
}

/// Returns each split of a value at a comma into two header values, at least one of them readable.
pub(crate) fn joined<'v>(scheme: &Scheme, value: &'v [u8]) -> impl Iterator<Item = [&'v [u8]; 2]> {
    let value = if value.len() > MAX_SIGNATURE_HEADER_BYTES { &[] } else { value };
    let commas = value.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at);
    let parts = commas.take(MAX_CANDIDATES).filter_map(|at| {
        let (left, right) = value.split_at_checked(at)?;
        Some([left, right.get(1..)?.trim_ascii_start()])
    });
    parts.filter(|parts| parts.iter().any(|part| SignatureHeader::parse(scheme, part).is_ok()))
}
