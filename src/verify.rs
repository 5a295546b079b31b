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
use crate::redact::Bytes;
use crate::time::{Position, Tolerance, UnixMillis};
use crate::wire::claim::Claim;
use crate::wire::scheme::Scheme;
use crate::wire::signed_text::is_read_once;
use crate::wire::timestamp::TimestampSource;

/// Computes the tags: with the core's own hash, or with one of the host that is faster for large bodies. Which keys
/// and texts are tried, and whether a tag fits, is decided in [`Verifier`] alone.
pub trait HmacProvider {
    /// Returns the HMAC-SHA256 tag under `key` of `front` followed by the body; `None` stands for a tag which no
    /// signature fits.
    fn tag(&self, key: &Key, front: &str, body: &[u8]) -> Option<Tag>;

    /// The beginning of the body, at least as many bytes as the longest literal of a signed text has. A provider that
    /// has the body elsewhere must override this method.
    fn head<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Borrowed(body)
    }
}

/// The core's own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoreHmac;

impl HmacProvider for CoreHmac {
    fn tag(&self, key: &Key, front: &str, body: &[u8]) -> Option<Tag> {
        Some(key.mac().tag(&[front.as_bytes(), body]))
    }
}

/// What the headers prove: which key signed, when, and what was signed in front of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// Id of the key that the signature fits.
    pub key_id: String,
    /// When the delivery was signed; the time of verifying under a profile without a timestamp.
    pub timestamp: UnixMillis,
    /// The timestamp as it was signed; empty under a profile without one.
    pub timestamp_text: String,
    /// Names and values of the other headers that were signed.
    pub(crate) signed_headers: Vec<(String, String)>,
}

/// Body bytes whose signature holds and whose timestamp is inside the tolerance. Only [`Verifier::verify`] makes one,
/// and [`Verified::assume_verified`] for bodies that were verified before.
#[derive(Clone)]
pub struct Verified<'a> {
    body: &'a [u8],
    /// `None` for a body taken on trust.
    proof: Option<Proof>,
    timestamp: UnixMillis,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("body", &Bytes(self.body.len()))
            .field("key_id", &self.key_id())
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl<'a> Verified<'a> {
    /// Takes a body on trust. **Dangerous:** only for a body that was verified before, and came back from a queue that
    /// only the verifier writes to.
    #[must_use]
    pub const fn assume_verified(body: &'a [u8], timestamp: UnixMillis) -> Self {
        Self { body, proof: None, timestamp }
    }

    /// The bytes that were signed.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Id of the key that the signature fits; `None` for a body taken on trust.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.proof.as_ref().map(|proof| proof.key_id.as_str())
    }

    /// When the delivery was signed; the time of verifying under a profile without a timestamp.
    #[must_use]
    pub const fn timestamp(&self) -> UnixMillis {
        self.timestamp
    }

    /// Returns an id of what was signed, the same for every key and header: a replay has the same id; a retry,
    /// which Mambo signs afresh, has another. Under a profile without a timestamp a retry has the same id. 64 hex
    /// digits.
    #[must_use]
    pub fn replay_key(&self) -> String {
        match &self.proof {
            Some(proof) => replay_key(&proof.signed_headers, &proof.timestamp_text, self.body),
            None => replay_key(&[], &alloc::format!("{}", self.timestamp.0), self.body),
        }
    }
}

/// Builds what [`Verified::replay_key`] returns, from what was signed. A line end is behind each value.
#[must_use]
pub(crate) fn replay_key(signed_headers: &[(String, String)], timestamp_text: &str, body: &[u8]) -> String {
    let values = signed_headers.iter().map(|(_, value)| value.as_str()).chain([timestamp_text]);
    let front: String = values.flat_map(|value| [value, "\n"]).collect();
    hex(&digest(&[b"mambo replay 1\n", front.as_bytes(), body]))
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
    /// timestamps that the sender really signed. The body is hashed at most once per valid key and signed text, however
    /// many signatures the header holds. The body may be of any size here; [`Receiver`](crate::Receiver) has a limit.
    ///
    /// # Errors
    /// Every code of fault `peer` that starts with `header_`, `timestamp_` or `signature`; `keys_inactive`;
    /// `timestamp_unsigned` for a profile without a timestamp and a tolerance that has a bound.
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
        let proof = self.verify_header(hmac, headers, body, now)?;
        Ok(Verified { body, timestamp: proof.timestamp, proof: Some(proof) })
    }

    /// Verifies the headers against body, keys and time. `body` is empty if `hmac` has the body elsewhere.
    pub(crate) fn verify_header(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        body: &[u8],
        now: UnixMillis,
    ) -> Result<Proof, Error> {
        self.check_tolerance()?;
        let claim = Claim::read(&self.scheme, headers)?;
        let key = self.find_key(hmac, &claim, body, now)?;
        let timestamp = claim.timestamp.unwrap_or(now);
        match self.tolerance.position(timestamp, now) {
            Position::Inside => Ok(Proof {
                key_id: key.id().into(),
                timestamp,
                timestamp_text: claim.timestamp_text,
                signed_headers: claim.signed_headers,
            }),
            Position::TooOld { age, allowed } => Err(Error::TimestampTooOld { age, allowed }),
            Position::TooNew { ahead, allowed } => Err(Error::TimestampTooNew { ahead, allowed }),
        }
    }

    /// Refuses a scheme without a timestamp where the tolerance seems to bound replays.
    pub(crate) fn check_tolerance(&self) -> Result<(), Error> {
        let is_bounded = self.tolerance != Tolerance::default().any_age().any_lead();
        if self.scheme.timestamp == TimestampSource::None && is_bounded {
            return Err(Error::TimestampUnsigned);
        }
        Ok(())
    }

    /// The key under which one of the claim's signatures fits.
    fn find_key(&self, hmac: &dyn HmacProvider, claim: &Claim, body: &[u8], now: UnixMillis) -> Result<&Key, Error> {
        let texts = &self.scheme.signed_texts;
        let mut valid: usize = 0;
        let mut ambiguous = false;
        for key in self.keys.valid(now) {
            valid = valid.saturating_add(1);
            for text in texts {
                let Some(tag) = hmac.tag(key, &claim.front(text), body) else {
                    continue;
                };
                // No early exit: every signature is compared, so that time tells nothing about which one fits.
                let fits =
                    claim.signatures.iter().fold(false, |fits, signature| constant_time_eq(signature, &tag) | fits);
                if fits && is_read_once(texts, text, self.scheme.unit, &hmac.head(body)) {
                    return Ok(key);
                }
                ambiguous |= fits;
            }
        }
        match valid {
            0 => Err(Error::KeysInactive { keys: self.keys.keys().len() }),
            _ if ambiguous => Err(Error::SignatureAmbiguous),
            keys => Err(Error::SignatureMismatch { signatures: claim.signatures.len(), keys }),
        }
    }
}
