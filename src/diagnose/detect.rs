//! Detection: one captured delivery and its secret settle what Mambo's public docs leave open. Every grammar,
//! separator, unit and key encoding of a bounded set is tried; what fits is handed out as a profile.

use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::encoding::Encoding;
use crate::crypto::hmac::{HmacKey, constant_time_eq};
use crate::diagnose::variants::{SEPARATORS, grammars};
use crate::error::Error;
use crate::event::EVENT_TYPES;
use crate::headers::Headers;
use crate::json::pointer::escape_token;
use crate::json::{Object, Pointer, unquoted};
use crate::limits::{MAX_BODY_BYTES, MAX_CANDIDATES, MAX_DETECTION_BYTES, MAX_SIGNATURE_HEADER_BYTES};
use crate::time::{Tolerance, UnixMillis};
use crate::version::Version;
use crate::wire::envelope::EnvelopePaths;
use crate::wire::header::SignatureHeader;
use crate::wire::profile::Profile;
use crate::wire::scheme::{Scheme, TimestampUnit};

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

/// Something in the body that looks like a part of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHint {
    /// `type`, `id`, `version`, `time` or `data`.
    pub what: &'static str,
    /// Where it is.
    pub at: Pointer,
}

/// Most secrets that are tried.
const MAX_SECRETS: usize = 8;

/// Every profile under which the delivery verifies with one of the secrets, the default grammar first.
///
/// # Errors
/// `body_too_large` for a body over 1 MiB, `keys_too_many` for more than 8 secrets; nothing is tried then.
pub fn detect(
    headers: &dyn Headers,
    body: &[u8],
    secrets: &[&str],
    now: UnixMillis,
) -> Result<Vec<DetectedProfile>, Error> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Error::BodyTooLarge { allowed: MAX_BODY_BYTES });
    }
    if secrets.len() > MAX_SECRETS {
        return Err(Error::KeysTooMany { count: secrets.len(), allowed: MAX_SECRETS });
    }
    let mut found = Vec::new();
    let keys = keys(secrets);
    let envelope = layout(&field_hints(body));
    let mut budget = MAX_DETECTION_BYTES;
    headers.visit(&mut |name, value| {
        if value.len() > MAX_SIGNATURE_HEADER_BYTES {
            return;
        }
        let Ok(text) = core::str::from_utf8(value) else {
            return;
        };
        for (grammar, signature_encoding) in grammars(text) {
            let header = name.to_ascii_lowercase();
            let scheme = Scheme { header, grammar, signature_encoding, ..Scheme::default() };
            let Ok(parsed) = SignatureHeader::parse(&scheme, value) else {
                continue;
            };
            for (secret, encoding, key) in &keys {
                for separator in SEPARATORS {
                    budget = budget.saturating_sub(body.len().saturating_add(MAX_SIGNATURE_HEADER_BYTES));
                    if budget == 0 {
                        return;
                    }
                    let tag = key.tag(&[parsed.timestamp_text.as_bytes(), separator.as_bytes(), body]);
                    if !parsed.signatures.iter().any(|signature| constant_time_eq(signature, &tag)) {
                        continue;
                    }
                    let is_millis = TimestampUnit::Seconds.read(parsed.timestamp_text) != Ok(parsed.timestamp);
                    let unit = if is_millis { TimestampUnit::Milliseconds } else { TimestampUnit::Seconds };
                    let scheme = Scheme { separators: alloc::vec![separator.into()], unit, ..scheme.clone() };
                    let profile = Profile { scheme, envelope: envelope.clone() };
                    let timestamp = parsed.timestamp;
                    let is_recent = Tolerance::default().position(timestamp, now) == crate::time::Position::Inside;
                    found.push(DetectedProfile { profile, secret: *secret, encoding: *encoding, timestamp, is_recent });
                }
            }
        }
    });
    found.retain(|detected| detected.profile.check().is_ok());
    Ok(found)
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

/// Where event type, id, version, time and data seem to be, on the two upper levels of a body.
#[must_use]
pub fn field_hints(body: &[u8]) -> Vec<FieldHint> {
    let mut found = Vec::new();
    if let Some(object) = core::str::from_utf8(body).ok().and_then(Object::open) {
        hint_members(&object, "", &mut found);
    }
    found
}

fn hint_members(object: &Object<'_>, above: &str, found: &mut Vec<FieldHint>) {
    for member in object.members().iter().take(MAX_CANDIDATES.saturating_mul(4)) {
        let (Some(name), Some(json)) = (member.decoded_name(), member.text()) else {
            continue;
        };
        let last = if name == "*" { "/~2".into() } else { escape_token(&name) };
        let at = [above, &last].concat();
        let mut add = |what| found.extend(Pointer::parse(&at).ok().map(|at| FieldHint { what, at }));
        let text = unquoted(json);
        let lower = name.to_ascii_lowercase();
        if let Some(text) = &text {
            if EVENT_TYPES.contains(&text.as_str()) {
                add("type");
            } else if text.parse::<Version>().is_ok() {
                add("version");
            } else if is_date(text) {
                add("time");
            } else if lower == "id" || lower.ends_with("id") {
                add("id");
            }
        } else if json.starts_with('{') {
            if above.is_empty() && ["data", "payload", "object", "body"].contains(&lower.as_str()) {
                add("data");
            }
            if above.is_empty() {
                if let Some(inner) = Object::open(json) {
                    hint_members(&inner, &at, found);
                }
            }
        } else if TimestampUnit::Auto.read(json).is_ok_and(|time| time.0 > 1_000_000_000_000) {
            add("time");
        }
    }
}

/// Whether a text starts as a date and time of day does.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().take(11).map(|each| if each.is_ascii_digit() { '0' } else { each }).collect();
    shape == "0000-00-00T" || shape == "0000-00-00 "
}

/// Builds the envelope paths from the hints outside the data; the default if no event type was found.
fn layout(field_hints: &[FieldHint]) -> EnvelopePaths {
    let data = field_hints.iter().find(|hint| hint.what == "data");
    let inside = |hint: &&FieldHint| data.is_some_and(|data| data.at.holds(&hint.at) && hint.at != data.at);
    let places = |what: &str| -> Vec<Pointer> {
        let seen = field_hints.iter().filter(|hint| hint.what == what && !inside(hint));
        seen.map(|hint| hint.at.clone()).take(1).collect()
    };
    let event_type = places("type");
    if event_type.is_empty() {
        return EnvelopePaths::default();
    }
    let data = data.map_or_else(Pointer::default, |data| data.at.clone());
    let (id, version, time) = (places("id"), places("version"), places("time"));
    EnvelopePaths { event_type, id, version, time, data: alloc::vec![data], ..EnvelopePaths::default() }
}
