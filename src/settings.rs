//! A receiver's settings as one JSON document: what a configuration file or another language hands over.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::encoding::Encoding;
use crate::error::Error;
use crate::key::{Key, KeyRing, Strength};
use crate::profile::Profile;
use crate::receive::{Receiver, Wanted};
use crate::release::Release;
use crate::shim::Registry;
use crate::time::{UnixMillis, Window};

/// The document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Settings<'a> {
    #[serde(borrow)]
    keys: &'a RawValue,
    #[serde(default)]
    allow_short_secrets: bool,
    #[serde(default, borrow)]
    profile: Option<&'a RawValue>,
    #[serde(default, borrow)]
    registry: Option<&'a RawValue>,
    #[serde(default)]
    tolerance: Tolerance,
    #[serde(default)]
    pinned: Option<Release>,
    #[serde(default)]
    wanted: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    max_body_bytes: Option<usize>,
}

/// One key of the ring.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeySettings {
    #[serde(default)]
    id: Option<String>,
    secret: Zeroizing<String>,
    #[serde(default)]
    encoding: Encoding,
    #[serde(default)]
    not_before: Option<i64>,
    #[serde(default)]
    not_after: Option<i64>,
}

/// Each side in seconds, or the word that takes the bound away.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Tolerance {
    past_seconds: Option<Bound>,
    future_seconds: Option<Bound>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "expected a whole number of seconds or \"unlimited\"")]
enum Bound {
    Seconds(u32),
    Word(Unlimited),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unlimited {
    Unlimited,
}

impl Receiver {
    /// The receiver that a settings document describes. `{"keys":[{"secret":"…"}]}` is the least; beside `keys`
    /// there are `allowShortSecrets`, `profile`, `registry`, `tolerance` with `pastSeconds` and `futureSeconds`,
    /// `pinned`, `wanted`, `kind` and `maxBodyBytes`.
    ///
    /// # Errors
    /// `options_invalid`, and every code of fault `config`.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let settings: Settings<'_> = serde_json::from_str(json).map_err(|error| invalid("", &error))?;
        let strength = if settings.allow_short_secrets { Strength::AnyLength } else { Strength::Strong };
        let listed: Vec<KeySettings> =
            serde_json::from_str(settings.keys.get()).map_err(|error| invalid("keys: ", &error))?;
        let mut keys = Vec::with_capacity(listed.len());
        for key in &listed {
            let made = Key::new(key.id.as_deref().unwrap_or("default"), &key.secret, key.encoding, strength)?;
            keys.push(made.valid(key.not_before.map(UnixMillis), key.not_after.map(UnixMillis)));
        }
        let mut receiver = Self::new(KeyRing::new(keys)?).window(settings.tolerance.window());
        if let Some(profile) = settings.profile {
            receiver = receiver.profile(Profile::from_json(profile.get())?)?;
        }
        if let Some(registry) = settings.registry {
            receiver = receiver.registry(Registry::from_json(registry.get())?);
        }
        if let Some(release) = settings.pinned {
            receiver = receiver.pinned(release);
        }
        if let Some(wanted) = settings.wanted {
            receiver = receiver.wanted(match wanted.as_str() {
                "as_received" => Wanted::AsReceived,
                "newest" => Wanted::Newest,
                release => Wanted::Release(release.parse().map_err(|_| Error::OptionsInvalid {
                    problem: "wanted is \"as_received\", \"newest\" or a release such as \"8.10.2\"".into(),
                })?),
            });
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

/// The error without any text of the document: serde quotes what it did not expect, and that may be a secret.
fn invalid(member: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    let problem = match (said.find('"'), said.rfind(", expected")) {
        (Some(quote), Some(expected)) if quote < expected => {
            let (found, expected) = (said.get(..quote), said.get(expected..));
            [member, found.unwrap_or_default().trim_end(), expected.unwrap_or_default()].concat()
        }
        (Some(_), _) => [member, "not as documented"].concat(),
        (None, _) => [member, &said].concat(),
    };
    Error::OptionsInvalid { problem }
}

impl Tolerance {
    fn window(&self) -> Window {
        let seconds = |bound: Option<Bound>| match bound {
            Some(Bound::Seconds(seconds)) => seconds,
            _ => crate::limits::TOLERANCE_SECONDS,
        };
        let unlimited = |bound: Option<Bound>| matches!(bound, Some(Bound::Word(Unlimited::Unlimited)));
        let mut window = Window::seconds(seconds(self.past_seconds), seconds(self.future_seconds));
        if unlimited(self.past_seconds) {
            window = window.any_age();
        }
        if unlimited(self.future_seconds) {
            window = window.any_lead();
        }
        window
    }
}
