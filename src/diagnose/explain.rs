//! Diagnosis: why a delivery is refused, and which one change would explain it. On demand, bounded in work; it
//! compares and tells, but can never turn into an acceptance: its result holds no delivery.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::hmac::{HmacKey, constant_time_eq};
use crate::crypto::key::KeyRing;
use crate::diagnose::variants::{SEPARATORS, bodies, grammars, secrets};
use crate::error::Error;
use crate::headers::Headers;
use crate::limits::{
    MAX_BODY_BYTES, MAX_CANDIDATES, MAX_DIAGNOSED_BYTES, MAX_DIAGNOSIS_HASHES, MAX_SIGNATURE_HEADER_BYTES,
};
use crate::time::{Position, Tolerance, UnixMillis};
use crate::verify::{CoreHmac, Verifier, joined};
use crate::wire::header::SignatureHeader;
use crate::wire::scheme::{Scheme, TimestampUnit};

/// How gzip begins.
const GZIP: &[u8] = b"\x1f\x8b";

/// Why a delivery is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The refusal; `None` when there is nothing to explain.
    pub error: Option<Error>,
    /// Each change that would explain it, most likely first; empty when none of those tried does.
    pub causes: Vec<Cause>,
    /// How often the body, or a variation of it, was hashed.
    pub hashes: usize,
}

/// Something that explains a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The body was changed on the way.
    Body(&'static str),
    /// The secret is not the one in Mambo, but something that was made of it.
    Secret {
        /// Id of the key.
        key: String,
        /// The change that makes the key fit.
        what: &'static str,
    },
    /// A key fits that is not valid at this time.
    KeyInactive {
        /// Id of the key.
        key: String,
    },
    /// The body is empty, which no delivery's is.
    BodyEmpty,
    /// The body is compressed.
    BodyCompressed,
    /// The signature fits: only the receiver's limit refuses the body.
    LimitLow {
        /// The receiver's limit, in bytes.
        allowed: usize,
    },
    /// Something else stands between timestamp and body.
    Separator(&'static str),
    /// Another header holds what looks like a signature.
    HeaderElsewhere {
        /// Name of that header.
        header: String,
    },
    /// The header's value is two values, joined on the way, and one of them fits.
    HeaderJoined,
    /// The header is of another form than the profile says; detection prints the profile.
    Grammar,
    /// The timestamp is in another unit than the profile says.
    TimestampUnit(&'static str),
    /// The clocks of sender and receiver differ by so many seconds; positive when the timestamp is in the past.
    Clock {
        /// Age of the timestamp in seconds.
        skew_seconds: i64,
    },
}

/// Explains a refusal of a delivery.
#[must_use]
pub(crate) fn explain(
    error: Error,
    verifier: &Verifier,
    headers: &dyn Headers,
    body: &[u8],
    now: UnixMillis,
) -> Diagnosis {
    let Verifier { scheme, keys, tolerance } = verifier;
    let mut diagnosis = Diagnosis::default();
    let mut value = Vec::new();
    headers.each(&scheme.header, &mut |found| value = found.to_vec());
    let header = SignatureHeader::parse(scheme, &value);
    match (&error, header) {
        (Error::BodyTooLarge { allowed }, _) => {
            let is_genuine =
                body.len() <= MAX_DIAGNOSED_BYTES && verifier.verify_header(&CoreHmac, headers, body, now).is_ok();
            if is_genuine {
                diagnosis.causes.push(Cause::LimitLow { allowed: *allowed });
            }
        }
        (Error::HeaderMissing { .. }, _) => diagnosis.try_other_headers(scheme, headers),
        (Error::TimestampTooOld { .. } | Error::TimestampTooNew { .. }, Ok(header)) => {
            diagnosis.try_other_times(scheme, &header, now, *tolerance);
        }
        (Error::SignatureMismatch { .. } | Error::KeysInactive { .. }, Ok(header)) if body.len() <= MAX_BODY_BYTES => {
            diagnosis.try_other_keys(scheme, keys, &header, body, now);
            diagnosis.try_other_bodies(scheme, keys, &header, body, now);
        }
        // What is left is about the header's form.
        (_, Err(_)) if body.len() <= MAX_BODY_BYTES => {
            diagnosis.try_joined_headers(scheme, keys, &value, body, now);
            diagnosis.try_other_grammars(scheme, keys, &value, body, now);
        }
        _ => {}
    }
    diagnosis.error = Some(error);
    diagnosis
}

impl Diagnosis {
    fn try_other_headers(&mut self, scheme: &Scheme, headers: &dyn Headers) {
        let mut count: usize = 0;
        headers.visit(&mut |name, value| {
            count = count.saturating_add(1);
            if count <= MAX_CANDIDATES.saturating_mul(4) && SignatureHeader::parse(scheme, value).is_ok() {
                self.causes.push(Cause::HeaderElsewhere { header: name.to_ascii_lowercase() });
            }
        });
    }

    fn try_other_times(
        &mut self,
        scheme: &Scheme,
        header: &SignatureHeader<'_>,
        now: UnixMillis,
        tolerance: Tolerance,
    ) {
        let units = [
            (TimestampUnit::Seconds, "the timestamp is in seconds"),
            (TimestampUnit::Milliseconds, "the timestamp is in milliseconds"),
        ];
        for (unit, what) in units {
            let read = unit.read(header.timestamp_text);
            if unit != scheme.unit && read.is_ok_and(|time| tolerance.position(time, now) == Position::Inside) {
                self.causes.push(Cause::TimestampUnit(what));
            }
        }
        if self.causes.is_empty() {
            self.causes.push(Cause::Clock { skew_seconds: now.since(header.timestamp).div_euclid(1000) });
        }
    }

    fn try_other_keys(
        &mut self,
        scheme: &Scheme,
        keys: &KeyRing,
        header: &SignatureHeader<'_>,
        body: &[u8],
        now: UnixMillis,
    ) {
        for key in keys.keys() {
            let id = || String::from(key.id());
            if !key.is_valid(now) && self.fits(scheme, key.mac(), header, body) {
                self.causes.push(Cause::KeyInactive { key: id() });
            }
            for (what, bytes) in secrets(key.secret().expose()) {
                if self.fits(scheme, &HmacKey::new(&bytes), header, body) {
                    self.causes.push(Cause::Secret { key: id(), what });
                }
            }
        }
    }

    fn try_other_bodies(
        &mut self,
        scheme: &Scheme,
        keys: &KeyRing,
        header: &SignatureHeader<'_>,
        body: &[u8],
        now: UnixMillis,
    ) {
        for key in keys.valid(now) {
            for separator in SEPARATORS {
                let known = scheme.separators.iter().any(|known| known == separator);
                if !known && self.fits_joined(separator, key.mac(), header, body) {
                    self.causes.push(Cause::Separator(separator));
                }
            }
        }
        bodies(body, &mut |what, body| {
            if keys.valid(now).any(|key| self.fits(scheme, key.mac(), header, body)) {
                self.causes.push(Cause::Body(what));
            }
        });
        // What can be seen without a signature that fits.
        if body.is_empty() {
            self.causes.push(Cause::BodyEmpty);
        }
        if body.starts_with(GZIP) {
            self.causes.push(Cause::BodyCompressed);
        }
    }

    /// Tries the parts of a value that may be two comma-joined headers.
    fn try_joined_headers(&mut self, scheme: &Scheme, keys: &KeyRing, value: &[u8], body: &[u8], now: UnixMillis) {
        for part in joined(scheme, value).flatten() {
            let Ok(header) = SignatureHeader::parse(scheme, part) else { continue };
            if keys.valid(now).any(|key| self.fits(scheme, key.mac(), &header, body)) {
                self.causes.push(Cause::HeaderJoined);
                return;
            }
        }
    }

    /// Tries other grammars on the signature header.
    fn try_other_grammars(&mut self, scheme: &Scheme, keys: &KeyRing, value: &[u8], body: &[u8], now: UnixMillis) {
        let text = core::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_SIGNATURE_HEADER_BYTES);
        for (grammar, signature_encoding) in text.map(grammars).unwrap_or_default() {
            let other = Scheme { grammar, signature_encoding, ..scheme.clone() };
            let Ok(header) = SignatureHeader::parse(&other, value) else {
                continue;
            };
            if keys.valid(now).any(|key| self.fits(scheme, key.mac(), &header, body)) {
                self.causes.push(Cause::Grammar);
                return;
            }
        }
    }

    fn fits(&mut self, scheme: &Scheme, key: &HmacKey, header: &SignatureHeader<'_>, body: &[u8]) -> bool {
        scheme.separators.iter().any(|separator| self.fits_joined(separator, key, header, body))
    }

    fn fits_joined(&mut self, separator: &str, key: &HmacKey, header: &SignatureHeader<'_>, body: &[u8]) -> bool {
        if self.hashes >= MAX_DIAGNOSIS_HASHES {
            return false;
        }
        self.hashes = self.hashes.saturating_add(1);
        let tag = key.tag(&[header.timestamp_text.as_bytes(), separator.as_bytes(), body]);
        header.signatures.iter().any(|signature| constant_time_eq(signature, &tag))
    }
}

impl Cause {
    /// The stable name of the cause, for example `body_changed`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Body(_) => "body_changed",
            Self::Secret { .. } => "secret_mistaken",
            Self::KeyInactive { .. } => "key_inactive",
            Self::BodyEmpty => "body_empty",
            Self::BodyCompressed => "body_compressed",
            Self::LimitLow { .. } => "limit_low",
            Self::Separator(_) => "separator_differs",
            Self::HeaderElsewhere { .. } => "header_elsewhere",
            Self::HeaderJoined => "header_joined",
            Self::Grammar => "grammar_differs",
            Self::TimestampUnit(_) => "unit_mistaken",
            Self::Clock { .. } => "clock_skew",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(what) => write!(f, "the body is not what was signed: {what}"),
            Self::Secret { key, what } => write!(f, "key `{key}` fits once {what}"),
            Self::KeyInactive { key } => write!(f, "key `{key}` fits, but is not valid at this time"),
            Self::BodyEmpty => f.write_str("the body is empty: something read it before the receiver did"),
            Self::BodyCompressed => f.write_str("the body is compressed: undo its Content-Encoding first"),
            Self::LimitLow { allowed } => {
                write!(f, "the signature fits: raise the receiver's limit, which is {allowed} bytes")
            }
            Self::Separator("") => f.write_str("nothing stands between timestamp and body"),
            // Of the separators that are tried, only this one needs an escape.
            Self::Separator("\n") => f.write_str("`\\n` stands between timestamp and body"),
            Self::Separator(separator) => write!(f, "`{separator}` stands between timestamp and body"),
            Self::HeaderElsewhere { header } => write!(f, "header {header} holds what looks like a signature"),
            Self::HeaderJoined => f.write_str("the header is two headers, joined on the way, of which one fits"),
            Self::Grammar => f.write_str("the header is of another form, and fits: detect prints the profile"),
            Self::TimestampUnit(what) => f.write_str(what),
            Self::Clock { skew_seconds } => {
                let side = if *skew_seconds < 0 { "ahead of" } else { "behind" };
                write!(
                    f,
                    "the sender's clock is {} s {side} this one, or the delivery was held up",
                    skew_seconds.unsigned_abs()
                )
            }
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            None => f.write_str("the delivery is accepted")?,
            Some(error) => write!(f, "{}: {error}", error.code())?,
        }
        self.causes.iter().try_for_each(|cause| write!(f, "\n{}: {cause}", cause.code()))
    }
}
