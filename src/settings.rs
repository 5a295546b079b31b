//! A receiver's settings as one JSON document: what a configuration file or another language hands over.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::encoding::Encoding;
use crate::error::Error;
use crate::json::{Doc, Problems};
use crate::key::{Key, KeyRing, Strength};
use crate::limits::TOLERANCE_SECONDS;
use crate::profile::Profile;
use crate::receive::{Receiver, Wanted};
use crate::release::Release;
use crate::shim::{Shims, Strictness};
use crate::time::{UnixMillis, Window};

/// The document, read but not yet acted on.
struct Settings<'a> {
    keys: Vec<KeySettings>,
    strength: Strength,
    profile: Option<Doc<'a>>,
    registry: Option<Doc<'a>>,
    window: Window,
    pinned: Option<Release>,
    wanted: Wanted,
    strictness: Strictness,
    kind: Option<String>,
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
    /// `pinned`, `wanted`, `strict`, `kind` and `maxBodyBytes`.
    ///
    /// # Errors
    /// `options_invalid`, and every code of fault `config`.
    #[inline(never)]
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let settings = Doc::parse(json, &mut problems).and_then(|doc| Settings::read(&doc, &mut problems));
        let (Some(settings), None) = (settings, problems.first()) else {
            let (count, first) = problems.first().unwrap_or_default();
            return Err(Error::OptionsInvalid { count, first });
        };
        let mut keys = Vec::with_capacity(settings.keys.len());
        for key in &settings.keys {
            let made = Key::new(&key.id, &key.secret, key.encoding, settings.strength)?;
            keys.push(made.valid(key.not_before, key.not_after));
        }
        let mut receiver = Self::new(KeyRing::new(keys)?)
            .window(settings.window)
            .wanted(settings.wanted)
            .strictness(settings.strictness);
        if let Some(profile) = settings.profile {
            receiver = receiver.profile(Profile::from_json(profile.raw())?)?;
        }
        if let Some(registry) = settings.registry {
            receiver = receiver.shims(Shims::from_json(registry.raw())?);
        }
        if let Some(release) = settings.pinned {
            receiver = receiver.pinned(release);
        }
        if let Some(kind) = settings.kind {
            receiver = receiver.kind(&kind);
        }
        if let Some(bytes) = settings.max_body_bytes {
            receiver = receiver.max_body_bytes(bytes);
        }
        Ok(receiver)
    }
}

impl<'a> Settings<'a> {
    fn read(doc: &Doc<'a>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let keys = fields.need("keys", problems).and_then(|keys| keys.list(problems)).unwrap_or_default();
        let keys = keys.iter().filter_map(|key| KeySettings::read(key, problems)).collect();
        let short = fields.take("allowShortSecrets").and_then(|flag| flag.flag(problems));
        let tolerance = fields.take("tolerance");
        let wanted = fields.take("wanted").and_then(|wanted| wanted.parsed(wanted_release, problems));
        let strict = fields.take("strict").and_then(|flag| flag.flag(problems));
        let bytes = fields.raw("maxBodyBytes").and_then(|bytes| bytes.count(problems));
        let settings = Self {
            keys,
            strength: if short == Some(true) { Strength::AnyLength } else { Strength::Strong },
            profile: fields.take("profile"),
            registry: fields.take("registry"),
            window: tolerance.map_or(Some(Window::default()), |doc| window(&doc, problems))?,
            pinned: fields.take("pinned").and_then(|release| release.parsed(str::parse, problems)),
            wanted: wanted.unwrap_or_default(),
            strictness: if strict == Some(true) { Strictness::Strict } else { Strictness::Lenient },
            kind: fields.take("kind").and_then(|kind| kind.text(problems)),
            max_body_bytes: bytes,
        };
        fields.finish(problems);
        Some(settings)
    }
}

impl KeySettings {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let id = fields.take("id").map_or(Some("default".into()), |id| id.text(problems));
        let secret = fields.need("secret", problems).and_then(|secret| secret.text(problems));
        let encoding = fields.take("encoding").map_or(Some(Encoding::Utf8), |doc| doc.word(&Encoding::NAMES, problems));
        // `null` is not the same as nothing here: JSON has it for NaN, and an end that cannot be read is no end.
        let mut time = |name| fields.raw(name).and_then(|time| time.number(problems)).map(UnixMillis);
        let (not_before, not_after) = (time("notBefore"), time("notAfter"));
        fields.finish(problems);
        Some(Self { id: id?, secret: Zeroizing::new(secret?), encoding: encoding?, not_before, not_after })
    }
}

fn wanted_release(text: &str) -> Result<Wanted, &'static str> {
    match text {
        "as_received" => Ok(Wanted::AsReceived),
        "newest" => Ok(Wanted::Newest),
        release => match release.parse() {
            Ok(release) => Ok(Wanted::Release(release)),
            Err(_) => Err("expected `as_received`, `newest` or a release such as 8.10.2"),
        },
    }
}

fn window(doc: &Doc<'_>, problems: &mut Problems) -> Option<Window> {
    let mut fields = doc.fields(problems)?;
    // `None` is the explicit word that takes the bound away.
    let mut side = |name| match fields.raw(name) {
        None => Some(Some(TOLERANCE_SECONDS)),
        Some(bound) if bound.raw() == "\"unlimited\"" => Some(None),
        Some(bound) => {
            let seconds = bound.raw().parse().ok();
            if seconds.is_none() {
                problems.add("value_invalid", &bound.at(), "expected a whole number of seconds or `unlimited`", "");
            }
            seconds.map(Some)
        }
    };
    let (past, future) = (side("pastSeconds")?, side("futureSeconds")?);
    fields.finish(problems);
    let mut window = Window::seconds(past.unwrap_or_default(), future.unwrap_or_default());
    if past.is_none() {
        window = window.any_age();
    }
    if future.is_none() {
        window = window.any_lead();
    }
    Some(window)
}
