//! Diagnosis: why a delivery is refused, and which one change would explain it. On demand, bounded in work; it
//! compares and tells, but can never turn into an acceptance: its result holds no delivery.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::hmac::{HmacKey, constant_time_eq};
use crate::diagnose::cause::Cause;
use crate::diagnose::forms::{SEPARATORS, forms};
use crate::diagnose::variants::{bodies, secrets};
use crate::error::Error;
use crate::headers::Headers;
use crate::limits::{
    MAX_BODY_BYTES, MAX_CANDIDATES, MAX_DIAGNOSED_BYTES, MAX_DIAGNOSIS_HASHES, MAX_SIGNATURE_HEADER_BYTES,
};
use crate::time::{Position, UnixMillis};
use crate::verify::{CoreHmac, Verifier};
use crate::wire::claim::{Claim, joined};
use crate::wire::header::SignatureHeader;
use crate::wire::scheme::Scheme;
use crate::wire::signed_text::SignedText;
use crate::wire::timestamp::{TimestampSource, TimestampUnit};

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

/// A refused delivery, and what refused it.
struct Refused<'a> {
    verifier: &'a Verifier,
    headers: &'a dyn Headers,
    body: &'a [u8],
    now: UnixMillis,
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
    let refused = Refused { verifier, headers, body, now };
    let mut diagnosis = Diagnosis::default();
    match (&error, Claim::read(&verifier.scheme, headers)) {
        (Error::BodyTooLarge { allowed }, _) => {
            let is_genuine =
                body.len() <= MAX_DIAGNOSED_BYTES && verifier.verify_header(&CoreHmac, headers, body, now).is_ok();
            if is_genuine {
                diagnosis.causes.push(Cause::LimitLow { allowed: *allowed });
            }
        }
        (Error::HeaderMissing { header }, _) if *header == verifier.scheme.header => {
            diagnosis.try_other_headers(&refused);
        }
        (Error::TimestampTooOld { .. } | Error::TimestampTooNew { .. }, Ok(claim)) => {
            diagnosis.try_other_times(&refused, &claim);
        }
        (Error::SignatureMismatch { .. } | Error::KeysInactive { .. }, Ok(claim)) if body.len() <= MAX_BODY_BYTES => {
            diagnosis.try_other_keys(&refused, &claim);
            diagnosis.try_other_separators(&refused, &claim);
            diagnosis.try_other_bodies(&refused, &claim);
        }
        // What is left is about the header's form.
        (_, Err(_)) if body.len() <= MAX_BODY_BYTES => {
            let mut value = Vec::new();
            headers.each(&verifier.scheme.header, &mut |found| value = found.to_vec());
            diagnosis.try_joined_headers(&refused, &value);
            diagnosis.try_other_forms(&refused, &value);
        }
        _ => {}
    }
    diagnosis.error = Some(error);
    diagnosis
}

impl Diagnosis {
    fn try_other_headers(&mut self, refused: &Refused<'_>) {
        let mut count: usize = 0;
        refused.headers.visit(&mut |name, value| {
            count = count.saturating_add(1);
            let is_read = SignatureHeader::parse(&refused.verifier.scheme, value).is_ok();
            if count <= MAX_CANDIDATES.saturating_mul(4) && is_read {
                self.causes.push(Cause::HeaderElsewhere { header: name.to_ascii_lowercase() });
            }
        });
    }

    fn try_other_times(&mut self, refused: &Refused<'_>, claim: &Claim) {
        let Verifier { scheme, tolerance, .. } = refused.verifier;
        let units = [
            (TimestampUnit::Seconds, "the timestamp is in seconds"),
            (TimestampUnit::Milliseconds, "the timestamp is in milliseconds"),
        ];
        for (unit, what) in units {
            let read = unit.read(&claim.timestamp_text);
            if unit != scheme.unit && read.is_ok_and(|time| tolerance.position(time, refused.now) == Position::Inside) {
                self.causes.push(Cause::TimestampUnit(what));
            }
        }
        if let (true, Some(timestamp)) = (self.causes.is_empty(), claim.timestamp) {
            self.causes.push(Cause::Clock { skew_seconds: refused.now.since(timestamp).div_euclid(1000) });
        }
    }

    fn try_other_keys(&mut self, refused: &Refused<'_>, claim: &Claim) {
        let texts = &refused.verifier.scheme.signed_texts;
        for key in refused.verifier.keys.keys() {
            let id = || String::from(key.id());
            if !key.is_valid(refused.now) && self.fits(texts, key.mac(), claim, refused.body) {
                self.causes.push(Cause::KeyInactive { key: id() });
            }
            for (what, bytes) in secrets(key.secret().expose()) {
                if self.fits(texts, &HmacKey::new(&bytes), claim, refused.body) {
                    self.causes.push(Cause::Secret { key: id(), what });
                }
            }
        }
    }

    fn try_other_separators(&mut self, refused: &Refused<'_>, claim: &Claim) {
        let known = &refused.verifier.scheme.signed_texts;
        for separator in SEPARATORS.into_iter().filter(|_| claim.timestamp.is_some()) {
            let text = SignedText::separated(separator);
            if !known.contains(&text) && self.fits_a_key(refused, &[text], claim, refused.body) {
                self.causes.push(Cause::Separator(separator));
            }
        }
    }

    fn try_other_bodies(&mut self, refused: &Refused<'_>, claim: &Claim) {
        bodies(refused.body, &mut |what, body| {
            if self.fits_a_key(refused, &refused.verifier.scheme.signed_texts, claim, body) {
                self.causes.push(Cause::Body(what));
            }
        });
        // What can be seen without a signature that fits.
        if refused.body.is_empty() {
            self.causes.push(Cause::BodyEmpty);
        }
        if refused.body.starts_with(GZIP) {
            self.causes.push(Cause::BodyCompressed);
        }
    }

    /// Tries the parts of a value that may be two comma-joined headers.
    fn try_joined_headers(&mut self, refused: &Refused<'_>, value: &[u8]) {
        let scheme = &refused.verifier.scheme;
        for part in joined(scheme, value).flatten() {
            if self.fits_value(refused, scheme, part) {
                self.causes.push(Cause::HeaderJoined);
                return;
            }
        }
    }

    /// Tries other forms of the signature header.
    fn try_other_forms(&mut self, refused: &Refused<'_>, value: &[u8]) {
        let text = core::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_SIGNATURE_HEADER_BYTES);
        let known = &refused.verifier.scheme;
        // A form without a timestamp explains nothing to a receiver that needs one.
        let is_timed = |form: &Scheme| form.timestamp == TimestampSource::SignatureHeader;
        for form in text.map(forms).unwrap_or_default().into_iter().filter(is_timed) {
            let other = Scheme { header: known.header.clone(), signed_texts: known.signed_texts.clone(), ..form };
            if self.fits_value(refused, &other, value) {
                self.causes.push(Cause::Grammar);
                return;
            }
        }
    }

    /// Whether a value of the signature header fits one of the valid keys.
    fn fits_value(&mut self, refused: &Refused<'_>, scheme: &Scheme, value: &[u8]) -> bool {
        let header = SignatureHeader::parse(scheme, value);
        let claim = header.and_then(|header| Claim::of(scheme, header, refused.headers));
        claim.is_ok_and(|claim| self.fits_a_key(refused, &scheme.signed_texts, &claim, refused.body))
    }

    fn fits_a_key(&mut self, refused: &Refused<'_>, texts: &[SignedText], claim: &Claim, body: &[u8]) -> bool {
        refused.verifier.keys.valid(refused.now).any(|key| self.fits(texts, key.mac(), claim, body))
    }

    fn fits(&mut self, texts: &[SignedText], key: &HmacKey, claim: &Claim, body: &[u8]) -> bool {
        texts.iter().any(|text| {
            if self.hashes >= MAX_DIAGNOSIS_HASHES {
                return false;
            }
            self.hashes = self.hashes.saturating_add(1);
            let tag = key.tag(&[claim.front(text).as_bytes(), body]);
            claim.signatures.iter().any(|signature| constant_time_eq(signature, &tag))
        })
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
