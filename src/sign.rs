//! Signing: body bytes, keys and a time become a header value. The mirror of `verify`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::hmac::Tag;
use crate::crypto::key::KeyRing;
use crate::error::Error;
use crate::headers::Headers;
use crate::time::UnixMillis;
use crate::wire::claim::{Claim, signed_headers};
use crate::wire::header::SignatureHeader;
use crate::wire::scheme::Scheme;
use crate::wire::timestamp::TimestampSource;

/// The signature header's value for `body`, signed at `now` with every key that is valid then; with the
/// first of them where the grammar has room for one signature only. Under a scheme that has the timestamp in its own
/// header, or signs other headers, [`sign_headers`] returns all that a request needs.
///
/// # Errors
/// `keys_inactive` when no key is valid at `now`; `timestamp_negative` when `now` is before 1970; `timestamp_overflow` for a
/// date after the year 9999 under unit `rfc3339`; `header_missing` when
/// the scheme signs other headers.
///
/// ```
/// use mambo_webhooks::{KeyRing, UnixMillis, sign};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let value = sign(&Default::default(), &keys, b"{}", UnixMillis(1_700_000_000_000))?;
/// assert!(value.starts_with("t=1700000000,v1="));
/// # Ok(())
/// # }
/// ```
pub fn sign(scheme: &Scheme, keys: &KeyRing, body: &[u8], now: UnixMillis) -> Result<String, Error> {
    let none: &[(&str, &str)] = &[];
    sign_headers(scheme, keys, &none, body, now).map(|headers| headers.value)
}

/// What signing adds to the headers of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureHeaders {
    /// Name of the signature header, in lower case.
    pub name: String,
    /// Value of the signature header.
    pub value: String,
    /// Name and value of the header that holds the timestamp, where the scheme has one for it.
    pub timestamp: Option<(String, String)>,
}

impl SignatureHeaders {
    /// The headers, each with its name and value.
    pub fn into_pairs(self) -> impl Iterator<Item = (String, String)> {
        self.timestamp.into_iter().chain([(self.name, self.value)])
    }
}

/// Signs `body` at `now` with every key that is valid then. `headers` are those of the request so far: a scheme may sign
/// the values of some.
///
/// # Errors
/// As for [`sign`]; `header_missing`, `header_repeated` and `header_malformed` for a header that the scheme signs.
///
/// ```
/// use mambo_webhooks::{KeyRing, Profile, UnixMillis, sign_headers};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let profile = Profile::from_json(r#"{"scheme":{"grammar":{"form":"list"},"timestamp":{"header":"x-time"},
///     "signedTexts":["{header:x-id}.{timestamp}.{body}"]}}"#)?;
/// let signed = sign_headers(&profile.scheme, &keys, &[("X-Id", "e-1")], b"{}", UnixMillis(1_700_000_000_000))?;
/// assert_eq!(signed.timestamp, Some(("x-time".into(), "1700000000".into())));
/// # Ok(())
/// # }
/// ```
pub fn sign_headers(
    scheme: &Scheme,
    keys: &KeyRing,
    headers: &dyn Headers,
    body: &[u8],
    now: UnixMillis,
) -> Result<SignatureHeaders, Error> {
    if now.0 < 0 {
        return Err(Error::TimestampNegative);
    }
    let has_timestamp = scheme.timestamp != TimestampSource::None;
    let claim = Claim {
        timestamp: has_timestamp.then_some(now),
        timestamp_text: if has_timestamp { scheme.unit.print(now)? } else { String::new() },
        signed_headers: signed_headers(scheme, headers)?,
        signatures: Vec::new(),
    };
    let front = scheme.signed_texts.first().map(|text| claim.front(text)).unwrap_or_default();
    let tags: Vec<Tag> = keys.valid(now).map(|key| key.mac().tag(&[front.as_bytes(), body])).collect();
    if tags.is_empty() {
        return Err(Error::KeysInactive { keys: keys.keys().len() });
    }
    let value = SignatureHeader::print(scheme, &claim.timestamp_text, &tags);
    let timestamp = match &scheme.timestamp {
        TimestampSource::Header(name) => Some((name.clone(), claim.timestamp_text)),
        _ => None,
    };
    Ok(SignatureHeaders { name: scheme.header.clone(), value, timestamp })
}
