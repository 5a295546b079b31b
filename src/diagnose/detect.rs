//! Detection: one captured delivery and its secret settle what Mambo's public docs leave open. Every grammar,
//! separator, unit and key encoding of a bounded set is tried; what fits is handed out as a profile.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::encoding::Encoding;
use crate::crypto::hmac::{HmacKey, Tag, constant_time_eq};
use crate::diagnose::field_hints::{field_hints, layout};
use crate::diagnose::forms::{forms, signed_texts, signed_texts_with, unit_of};
use crate::error::Error;
use crate::headers::Headers;
use crate::limits::{MAX_BODY_BYTES, MAX_CANDIDATES, MAX_DETECTION_BYTES, MAX_SIGNATURE_HEADER_BYTES};
use crate::time::{Position, Tolerance, UnixMillis};
use crate::wire::claim::Claim;
use crate::wire::envelope::EnvelopePaths;
use crate::wire::header::SignatureHeader;
use crate::wire::profile::Profile;
use crate::wire::scheme::Scheme;
use crate::wire::signed_text::SignedText;
use crate::wire::timestamp::{TimestampSource, TimestampUnit};

/// A profile under which a captured delivery verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedProfile {
    /// The profile: only what fits, no alternatives.
    pub profile: Profile,
    /// Which of the given secrets fits, from 0.
    pub secret: usize,
    /// How that secret is written.
    pub encoding: Encoding,
    /// When the delivery was signed.
    pub timestamp: UnixMillis,
    /// Whether `timestamp` is within five minutes of the given `now`.
    pub is_recent: bool,
}

/// Most secrets that are tried.
const MAX_SECRETS: usize = 8;
/// Most readings of the headers that are tried.
const MAX_SCHEMES: usize = 512;
/// What one reading of one signed text costs beside hashing, as bytes hashed.
const SCHEME_COST_BYTES: usize = 1024;
/// The first time that a header beside the signature's is taken for a timestamp: 2001-01-01. Lengths are below it.
const FIRST_PLAUSIBLE_MS: i64 = 978_307_200_000;
/// Longest value of a header that may be part of the signed text.
const MAX_SIGNED_VALUE_BYTES: usize = 256;

/// What a captured delivery shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detection {
    /// Every profile under which the delivery verifies, the default grammar first.
    pub profiles: Vec<DetectedProfile>,
    /// Whether every form was tried. `false` for large bodies with many secrets, and for headers of hostile size.
    pub is_complete: bool,
}

/// Tries the delivery with each of the secrets under every form of a bounded set.
///
/// # Errors
/// `body_too_large` for a body over 1 MiB, `keys_too_many` for more than 8 secrets; nothing is tried then.
pub fn detect(headers: &dyn Headers, body: &[u8], secrets: &[&str], now: UnixMillis) -> Result<Detection, Error> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Error::BodyTooLarge { allowed: MAX_BODY_BYTES });
    }
    if secrets.len() > MAX_SECRETS {
        return Err(Error::KeysTooMany { count: secrets.len(), allowed: MAX_SECRETS });
    }
    let mut search = Search {
        headers,
        body,
        now,
        keys: keys(secrets),
        tags: BTreeMap::new(),
        envelope: layout(&field_hints(body)),
        budget: MAX_DETECTION_BYTES,
        found: Vec::new(),
    };
    let schemes = schemes(headers);
    for (scheme, value) in &schemes {
        search.try_texts(scheme, value, &signed_texts(scheme));
    }
    if search.found.is_empty() {
        for name in names(headers) {
            for (scheme, value) in &schemes {
                search.try_texts(scheme, value, &signed_texts_with(scheme, &name));
            }
        }
    }
    search.found.retain(|detected| detected.profile.check().is_ok());
    Ok(Detection { profiles: search.found, is_complete: search.budget > 0 && schemes.len() < MAX_SCHEMES })
}

/// A detection on its way.
struct Search<'a> {
    headers: &'a dyn Headers,
    body: &'a [u8],
    now: UnixMillis,
    keys: Vec<(usize, Encoding, HmacKey)>,
    /// The tags that were computed, by the text in front of the body: one for each key.
    tags: BTreeMap<String, Vec<Tag>>,
    envelope: EnvelopePaths,
    /// How many more bytes may be read and hashed.
    budget: usize,
    found: Vec<DetectedProfile>,
}

impl Search<'_> {
    /// Tries every key on every signed text.
    fn try_texts(&mut self, scheme: &Scheme, value: &[u8], texts: &[SignedText]) {
        if !self.spend(value.len()) {
            return;
        }
        let Ok(header) = SignatureHeader::parse(scheme, value) else {
            return;
        };
        for text in texts {
            let scheme = Scheme { signed_texts: alloc::vec![text.clone()], ..scheme.clone() };
            if !self.spend(SCHEME_COST_BYTES) {
                return;
            }
            if let Ok(claim) = Claim::of(&scheme, header.clone(), self.headers) {
                self.try_keys(&scheme, text, &claim);
            }
        }
    }

    fn try_keys(&mut self, scheme: &Scheme, text: &SignedText, claim: &Claim) {
        let front = claim.front(text);
        if !self.tags.contains_key(&front) {
            let bytes = self.body.len().saturating_add(front.len()).saturating_mul(self.keys.len());
            if !self.spend(bytes) {
                return;
            }
            let tags = self.keys.iter().map(|(.., key)| key.tag(&[front.as_bytes(), self.body])).collect();
            self.tags.insert(front.clone(), tags);
        }
        let tags = self.tags.get(&front).map_or(&[][..], Vec::as_slice);
        for ((secret, encoding, _), tag) in self.keys.iter().zip(tags) {
            if !claim.signatures.iter().any(|signature| constant_time_eq(signature, tag)) {
                continue;
            }
            let timestamp = claim.timestamp.unwrap_or(self.now);
            let unit = match scheme.unit {
                TimestampUnit::Auto if TimestampUnit::Seconds.read(&claim.timestamp_text) == Ok(timestamp) => {
                    TimestampUnit::Seconds
                }
                TimestampUnit::Auto if claim.timestamp.is_some() => TimestampUnit::Milliseconds,
                unit => unit,
            };
            self.found.push(DetectedProfile {
                profile: Profile { scheme: Scheme { unit, ..scheme.clone() }, envelope: self.envelope.clone() },
                secret: *secret,
                encoding: *encoding,
                timestamp,
                is_recent: Tolerance::default().position(timestamp, self.now) == Position::Inside,
            });
        }
    }

    /// Takes bytes off the budget; `false`, and nothing is left, if there are too few.
    fn spend(&mut self, bytes: usize) -> bool {
        self.budget = self.budget.saturating_sub(bytes);
        self.budget > 0
    }
}

/// The schemes under which each header can be read as the signature's, with the header's value: with the timestamp in it,
/// in another header, or nowhere.
fn schemes(headers: &dyn Headers) -> Vec<(Scheme, Vec<u8>)> {
    let mut stamps = Vec::new();
    each_text(headers, &mut |name, text| {
        let unit = unit_of(text).filter(|unit| unit.read(text).is_ok_and(|time| time.0 >= FIRST_PLAUSIBLE_MS));
        stamps.extend(unit.map(|unit| (String::from(name), unit)));
    });
    stamps.truncate(MAX_CANDIDATES);
    let mut schemes = Vec::new();
    each_text(headers, &mut |name, text| {
        if schemes.len() >= MAX_SCHEMES {
            return;
        }
        for form in forms(text) {
            let scheme = Scheme { header: name.into(), ..form };
            if scheme.timestamp == TimestampSource::None {
                for (stamp, unit) in stamps.iter().filter(|(stamp, _)| stamp != name) {
                    let timestamp = TimestampSource::Header(stamp.clone());
                    let scheme = Scheme { timestamp, unit: *unit, ..scheme.clone() };
                    schemes.push((scheme, text.as_bytes().to_vec()));
                }
            }
            schemes.push((scheme, text.as_bytes().to_vec()));
        }
    });
    schemes.truncate(MAX_SCHEMES);
    schemes
}

/// The names of the headers whose values may be signed, those of ids first.
fn names(headers: &dyn Headers) -> Vec<String> {
    let mut names = Vec::new();
    each_text(headers, &mut |name, text| {
        if text.len() <= MAX_SIGNED_VALUE_BYTES {
            names.push(String::from(name));
        }
    });
    names.sort_by_key(|name| !name.contains("id"));
    names.truncate(MAX_CANDIDATES);
    names
}

/// Calls `act` with the name in lower case and the value of each header that is text of bounded length.
fn each_text(headers: &dyn Headers, act: &mut dyn FnMut(&str, &str)) {
    headers.visit(&mut |name, value| {
        let text = core::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_SIGNATURE_HEADER_BYTES);
        if let Some(text) = text {
            act(&name.to_ascii_lowercase(), text.trim_ascii());
        }
    });
}

/// Each secret in each encoding that it can be read in.
fn keys(secrets: &[&str]) -> Vec<(usize, Encoding, HmacKey)> {
    let mut keys = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        for (_, encoding) in Encoding::NAMES {
            let bytes = encoding.decode(secret).filter(|bytes| !bytes.is_empty());
            keys.extend(bytes.map(|bytes| (index, encoding, HmacKey::new(&bytes))));
        }
    }
    keys
}
