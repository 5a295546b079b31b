//! Verifying: a header value and body bytes become a [`Verified`], or nothing. The mirror of `sign`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::encoding::hex;
use crate::crypto::hmac::{Tag, constant_time_eq, digest};
use crate::crypto::key::{Key, KeyRing};
use crate::error::{Error, ProblemCount};
use crate::headers::Headers;
use crate::json::Problems;
use crate::limits::{MAX_CANDIDATES, MAX_SIGNATURE_HEADER_BYTES};
use crate::redact::Bytes;
use crate::time::{Position, Tolerance, UnixMillis};
use crate::wire::header::SignatureHeader;
use crate::wire::scheme::Scheme;

/// Computes the tags: with the core's own hash, or with one of the host that is faster for large bodies. Which keys
/// and texts are tried, and whether a tag fits, is decided in [`Verifier`] alone.
pub trait HmacProvider {
    /// Returns the HMAC-SHA256 tag under `key` of the `front` texts followed by the body; `None` stands for a tag
    /// which no signature fits.
    fn tag(&self, key: &Key, front: [&str; 2], body: &[u8]) -> Option<Tag>;

    /// The beginning of the body, at least as many bytes as the longest separator has. A provider that has the body
    /// elsewhere must override this method.
    fn head<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Borrowed(body)
    }
}

/// The core's own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoreHmac;

impl HmacProvider for CoreHmac {
    fn tag(&self, key: &Key, [time, separator]: [&str; 2], body: &[u8]) -> Option<Tag> {
        Some(key.mac().tag(&[time.as_bytes(), separator.as_bytes(), body]))
    }
}

/// What the signature header proves: which key signed, when, and what was signed in front of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// Id of the key that the signature fits.
    pub key_id: String,
    /// When the delivery was signed.
    pub timestamp: UnixMillis,
    /// The timestamp as it was signed.
    pub timestamp_text: String,
    /// What stands between timestamp and body in the signed text.
    pub separator: String,
}

/// Body bytes whose signature holds and whose timestamp is inside the tolerance. Only [`Verifier::verify`] makes one,
/// and [`Verified::assume_verified`] for bodies that were verified before.
#[derive(Clone)]
pub struct Verified<'a> {
    body: &'a [u8],
    key_id: Option<String>,
    timestamp: UnixMillis,
    timestamp_text: String,
    separator: Option<String>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("body", &Bytes(self.body.len()))
            .field("key_id", &self.key_id)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl<'a> Verified<'a> {
    /// Takes a body on trust. **Dangerous:** only for a body that was verified before, and came back from a queue that
    /// only the verifier writes to.
    #[must_use]
    pub fn assume_verified(body: &'a [u8], timestamp: UnixMillis) -> Self {
        let timestamp_text = alloc::format!("{}", timestamp.0);
        Self { body, key_id: None, timestamp, timestamp_text, separator: None }
    }

    /// The bytes that were signed.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Id of the key that the signature fits; `None` for a body taken on trust.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// When the delivery was signed.
    #[must_use]
    pub const fn timestamp(&self) -> UnixMillis {
        self.timestamp
    }

    /// Returns the separator of timestamp and body in the signed text; `None` for a body taken on trust.
    #[must_use]
    pub fn separator(&self) -> Option<&str> {
        self.separator.as_deref()
    }

    /// Returns the timestamp as it was signed, or its milliseconds for a body taken on trust: the text that
    /// [`replay_key`](Self::replay_key) is made of, beside the body.
    #[must_use]
    pub fn timestamp_text(&self) -> &str {
        &self.timestamp_text
    }

    /// Returns an id of the signed text, the same for every key and header: a replay has the same id; a retry,
    /// which Mambo signs afresh, has another. 64 hex digits.
    #[must_use]
    pub fn replay_key(&self) -> String {
        replay_key(&self.timestamp_text, self.body)
    }
}

/// Builds what [`Verified::replay_key`] returns, from the timestamp's text and the body.
#[must_use]
pub(crate) fn replay_key(timestamp_text: &str, body: &[u8]) -> String {
    hex(&digest(&[b"mambo replay 1\n", timestamp_text.as_bytes(), b"\n", body]))
}

/// Verifies signatures: under which scheme, with which keys, and how far a timestamp may lie from now.
///
/// ```
/// use mambo_webhooks::{KeyRing, UnixMillis, Verifier};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let (body, now) = (b"{}", UnixMillis(1_700_000_000_000));
/// let signature = mambo_webhooks::sign(&Default::default(), &keys, body, now)?;
/// let verifier = Verifier::new(keys);
/// assert_eq!(verifier.verify(&[("X-Mambo-Signature", &signature)], body, now)?.timestamp(), now);
/// let changed = verifier.verify(&[("X-Mambo-Signature", &signature)], b"{ }", now);
/// assert_eq!(changed.unwrap_err().code().as_str(), "signature_mismatch");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    pub(crate) scheme: Scheme,
    pub(crate) keys: KeyRing,
    pub(crate) tolerance: Tolerance,
}

impl Verifier {
    /// Verifies with these keys, under the default scheme (**assumed**), with five minutes of tolerance.
    #[must_use]
    pub fn new(keys: KeyRing) -> Self {
        Self { scheme: Scheme::default(), keys, tolerance: Tolerance::default() }
    }

    /// Sets how deliveries are signed.
    ///
    /// # Errors
    /// `profile_invalid`, with the first problem and its place.
    pub fn scheme(mut self, scheme: Scheme) -> Result<Self, Error> {
        let mut problems = Problems::default();
        scheme.check(&mut problems);
        if let Some((count, first)) = problems.first() {
            return Err(Error::ProfileInvalid { count: ProblemCount(count), first });
        }
        self.scheme = scheme;
        Ok(self)
    }

    /// Sets how far a timestamp may lie from now.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies one delivery over the bytes as received.
    ///
    /// The signature is judged before the time, so that `timestamp_too_old` and `timestamp_too_new` are said only of
    /// timestamps that the sender really signed. The body is hashed at most once per valid key and separator, however
    /// many signatures the header holds. The body may be of any size here; [`Receiver`](crate::Receiver) has a limit.
    ///
    /// # Errors
    /// Every code of fault `peer` that starts with `header_`, `timestamp_` or `signature`; `keys_inactive`.
    pub fn verify<'a>(&self, headers: &dyn Headers, body: &'a [u8], now: UnixMillis) -> Result<Verified<'a>, Error> {
        self.verify_by(&CoreHmac, headers, body, now)
    }

    /// [`verify`](Self::verify), with the tags from `hmac`.
    pub(crate) fn verify_by<'a>(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        body: &'a [u8],
        now: UnixMillis,
    ) -> Result<Verified<'a>, Error> {
        let Proof { key_id, timestamp, timestamp_text, separator } = self.verify_header(hmac, headers, body, now)?;
        Ok(Verified { body, key_id: Some(key_id), timestamp, timestamp_text, separator: Some(separator) })
    }

    /// Verifies the signature header against body, keys and time. `body` is empty if `hmac` has the body elsewhere.
    pub(crate) fn verify_header(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        body: &[u8],
        now: UnixMillis,
    ) -> Result<Proof, Error> {
        let value = signature_value(&self.scheme, headers)?;
        let header =
            SignatureHeader::parse(&self.scheme, &value).map_err(|error| if_joined(&self.scheme, &value, error))?;
        let (key, separator) = self.find_key(hmac, &header, body, now)?;
        let SignatureHeader { timestamp, timestamp_text, .. } = header;
        match self.tolerance.position(timestamp, now) {
            Position::Inside => Ok(Proof {
                key_id: key.id().into(),
                timestamp,
                timestamp_text: timestamp_text.into(),
                separator: separator.into(),
            }),
            Position::TooOld { age, allowed } => Err(Error::TimestampTooOld { age, allowed }),
            Position::TooNew { ahead, allowed } => Err(Error::TimestampTooNew { ahead, allowed }),
        }
    }

    /// The key and separator under which one of the header's signatures fits.
    fn find_key(
        &self,
        hmac: &dyn HmacProvider,
        header: &SignatureHeader<'_>,
        body: &[u8],
        now: UnixMillis,
    ) -> Result<(&Key, &str), Error> {
        let mut valid: usize = 0;
        let mut ambiguous = false;
        for key in self.keys.valid(now) {
            valid = valid.saturating_add(1);
            for separator in self.scheme.separators.iter().map(String::as_str) {
                let Some(tag) = hmac.tag(key, [header.timestamp_text, separator], body) else {
                    continue;
                };
                // No early exit: every signature is compared, so that time tells nothing about which one fits.
                let fits =
                    header.signatures.iter().fold(false, |fits, signature| constant_time_eq(signature, &tag) | fits);
                if fits && (!separator.is_empty() || ends_number(&self.scheme, &hmac.head(body))) {
                    return Ok((key, separator));
                }
                ambiguous |= fits;
            }
        }
        match valid {
            0 => Err(Error::KeysInactive { keys: self.keys.keys().len() }),
            _ if ambiguous => Err(Error::SignatureAmbiguous),
            keys => Err(Error::SignatureMismatch { signatures: header.signatures.len(), keys }),
        }
    }
}

/// The one value of the signature header.
pub(crate) fn signature_value(scheme: &Scheme, headers: &dyn Headers) -> Result<Vec<u8>, Error> {
    let mut value = None;
    let mut count: usize = 0;
    headers.each(&scheme.header, &mut |found| {
        count = count.saturating_add(1);
        if value.is_none() {
            value = Some(found.to_vec());
        }
    });
    let header = || scheme.header.clone();
    match value {
        None => Err(Error::HeaderMissing { header: header() }),
        Some(_) if count > 1 => Err(Error::HeaderRepeated { header: header(), count }),
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

/// Whether a number in front of `body` must end there. Without a separator, timestamp `1700000000` with body `12` and
/// timestamp `170000000012` with no body sign the same text, so only such bodies show where the timestamp ends; and a
/// body that starts with another separator would turn a signature made with that separator into one over a longer body.
fn ends_number(scheme: &Scheme, body: &[u8]) -> bool {
    let Some(first) = body.first() else {
        return false;
    };
    let continues = first.is_ascii_digit() || b".eE+-".contains(first);
    let mut separators = scheme.separators.iter().filter(|separator| !separator.is_empty());
    !continues && !separators.any(|separator| body.starts_with(separator.as_bytes()))
}
