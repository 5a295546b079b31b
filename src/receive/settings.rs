//! A receiver's settings as one JSON document: what a configuration file or another language hands over.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use zeroize::Zeroizing;

use crate::crypto::encoding::Encoding;
use crate::crypto::key::{Key, KeyRing, SecretPolicy};
use crate::error::{Error, ProblemCount};
use crate::json::{Doc, Fields, Problems};
use crate::limits::TOLERANCE_SECONDS;
use crate::receive::receiver::{Receiver, TargetVersion};
use crate::shim::{Shims, Strictness};
use crate::time::{Tolerance, UnixMillis};
use crate::version::Version;
use crate::wire::profile::Profile;

/// The document, read but not yet acted on.
struct Settings<'a> {
    keys: Vec<KeySettings>,
    strength: SecretPolicy,
    profile: Option<Doc<'a>>,
    registry: Option<Doc<'a>>,
    tolerance: Tolerance,
    pinned: Option<Version>,
    target_version: TargetVersion,
    strictness: Strictness,
    event_type: Option<String>,
    max_body_bytes: Option<usize>,
}

/// One key of the ring.
struct KeySettings {
    id: String,
    secret: Zeroizing<String>,
    encoding: Encoding,
    not_before: Option<UnixMillis>,
    not_after: Option<UnixMillis>,
}

impl Receiver {
    /// The receiver that a settings document describes. `{"keys":[{"secret":"…"}]}` is the least; beside `keys`
    /// there are `allowShortSecrets`, `profile`, `registry`, `tolerance` with `pastSeconds` and `futureSeconds`,
    /// `pinned`, `targetVersion`, `strict`, `eventType` and `maxBodyBytes`.
    ///
    /// # Errors
    /// `options_invalid`, and every code of fault `config`.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let settings = Doc::parse(json, &mut problems).and_then(|doc| Settings::read(&doc, &mut problems));
        let (Some(settings), None) = (settings, problems.first()) else {
            let (count, first) = problems.first().unwrap_or_default();
            return Err(Error::OptionsInvalid { count: ProblemCount(count), first });
        };
        let mut keys = Vec::with_capacity(settings.keys.len());
        for key in &settings.keys {
            let made = Key::new(&key.id, &key.secret, key.encoding, settings.strength)?;
            keys.push(made.valid(key.not_before, key.not_after));
        }
        let mut receiver = Self::new(KeyRing::new(keys)?);
        receiver.verifier.tolerance = settings.tolerance;
        receiver.target_version = settings.target_version;
        receiver.strictness = settings.strictness;
        receiver.pinned = settings.pinned;
        receiver.event_type = settings.event_type;
        if let Some(profile) = settings.profile {
            receiver = receiver.profile(Profile::from_json(profile.raw())?)?;
        }
        receiver.verifier.check_tolerance()?;
        if let Some(registry) = settings.registry {
            receiver.shims = Some(Shims::from_json(registry.raw())?);
        }
        if let Some(bytes) = settings.max_body_bytes {
            receiver.max_body_bytes = bytes;
        }
        Ok(receiver)
    }
}

impl<'a> Settings<'a> {
    fn read(doc: &Doc<'a>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let mut keys = Vec::new();
        for doc in fields.needed_list("keys") {
            keys.extend(KeySettings::read(&doc, fields.problems));
        }
        let short = fields.flag("allowShortSecrets") == Some(true);
        let strict = fields.flag("strict") == Some(true);
        let bytes = fields.raw("maxBodyBytes").and_then(|bytes| bytes.count(fields.problems));
        let given = fields.take("tolerance").and_then(|doc| tolerance(&doc, fields.problems));
        let settings = Self {
            keys,
            strength: if short { SecretPolicy::AnyLength } else { SecretPolicy::Strong },
            profile: fields.take("profile"),
            registry: fields.take("registry"),
            tolerance: given.unwrap_or_default(),
            pinned: fields.parsed("pinned", Version::read),
            target_version: fields.parsed("targetVersion", target_version).unwrap_or_default(),
            strictness: if strict { Strictness::Strict } else { Strictness::Lenient },
            event_type: fields.text("eventType"),
            max_body_bytes: bytes,
        };
        fields.finish();
        Some(settings)
    }
}

impl KeySettings {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let id = fields.text("id");
        let secret = fields.need("secret").and_then(|secret| secret.text(fields.problems));
        let encoding = fields.word("encoding", &Encoding::NAMES);
        // `null` is an error here, unlike no member: JavaScript writes NaN as `null`, and a limit must not be lost.
        let mut time = |name| fields.raw(name).and_then(|time| time.number(fields.problems)).map(UnixMillis);
        let (not_before, not_after) = (time("notBefore"), time("notAfter"));
        let read = Self {
            id: id.unwrap_or_else(|| "default".into()),
            secret: Zeroizing::new(secret.unwrap_or_default()),
            encoding: encoding.unwrap_or_default(),
            not_before,
            not_after,
        };
        fields.finish().then_some(read)
    }
}

fn target_version(text: &str) -> Result<TargetVersion, &'static str> {
    match text {
        "as_received" => Ok(TargetVersion::AsReceived),
        "latest" => Ok(TargetVersion::Latest),
        version => match version.parse() {
            Ok(version) => Ok(TargetVersion::Exactly(version)),
            Err(_) => Err("expected `as_received`, `latest` or a version such as 8.10.2"),
        },
    }
}

fn tolerance(doc: &Doc<'_>, problems: &mut Problems) -> Option<Tolerance> {
    let mut fields = doc.fields(problems)?;
    let (past, future) = (side(&mut fields, "pastSeconds"), side(&mut fields, "futureSeconds"));
    fields.finish();
    let mut tolerance = Tolerance::new(past.unwrap_or_default(), future.unwrap_or_default());
    if past.is_none() {
        tolerance = tolerance.any_age();
    }
    if future.is_none() {
        tolerance = tolerance.any_lead();
    }
    Some(tolerance)
}

/// Reads one bound of the tolerance; `None` for the explicit word `unlimited`.
fn side(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<Duration> {
    let Some(bound) = fields.raw(name) else {
        return Some(seconds(TOLERANCE_SECONDS));
    };
    if bound.raw() == "\"unlimited\"" {
        return None;
    }
    let read = bound.raw().parse();
    if read.is_err() {
        let sentence = "expected a whole number of seconds or `unlimited`";
        fields.problems.add("value_invalid", &bound.at(), sentence, "");
    }
    Some(seconds(read.unwrap_or(TOLERANCE_SECONDS)))
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}
