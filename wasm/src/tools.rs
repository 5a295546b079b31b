//! Functions for the test kit and for interactive use.

use js_sys::Uint8Array;
use mambo_webhooks::diagnose::{DetectedProfile, FieldHint, Undecided, detect as found_by, field_hints, undecided};
use mambo_webhooks::internal::limits::MAX_BODY_BYTES;
use mambo_webhooks::shim::changelog as changelog_of;
use mambo_webhooks::sign_headers;
use mambo_webhooks::{Error, KeyRing, Profile, Registry};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::input::{Body, Lines, milliseconds};
use crate::options::{DetectOptions, Secret, SignOptions, read};
use crate::output::{number, problem, thrown, value};
use crate::stack;

#[derive(Serialize)]
struct Signature {
    /// Name and value of each header that signing adds.
    headers: Vec<(String, String)>,
    /// The signature header's value.
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detection {
    profiles: Vec<Fitting>,
    field_hints: Vec<Seen>,
    undecided: Vec<Open>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fitting {
    /// JSON text.
    profile: String,
    secret: usize,
    encoding: &'static str,
    timestamp: f64,
    is_recent: bool,
}

#[derive(Serialize)]
struct Seen {
    what: &'static str,
    at: String,
}

#[derive(Serialize)]
struct Open {
    code: &'static str,
    message: String,
}

/// The headers that signing a body adds. Options are `SignOptions`; `headers` are those which the profile may sign too.
///
/// # Errors
/// `options_invalid`, `profile_invalid`, those of the secret, `now_invalid`, `timestamp_negative`, `header_*`.
#[wasm_bindgen]
pub fn sign(options: JsValue, headers: &str, body: &[u8], now: f64) -> Result<JsValue, JsValue> {
    let sign = || -> Result<JsValue, Error> {
        let SignOptions { secret, profile } = read(options)?;
        let profile = profile.map_or_else(|| Ok(Profile::default()), |profile| Profile::from_json(&profile))?;
        let keys = KeyRing::single(secret.expose())?;
        let signed = sign_headers(&profile.scheme, &keys, &Lines(headers), body, milliseconds(now)?)?;
        Ok(value(&Signature { value: signed.value.clone(), headers: signed.into_pairs().collect() }))
    };
    let found = sign();
    stack::wipe();
    found.map_err(|error| thrown(&error))
}

/// Returns the profiles that fit a captured delivery, and hints about its body: `Detected` of `js/src/core_bg.d.ts`,
/// each profile as JSON text. Options are `DetectOptions`.
///
/// # Errors
/// `options_invalid`, `body_too_large`, `now_invalid`.
#[wasm_bindgen]
pub fn detect(options: JsValue, headers: &str, body: &Uint8Array, now: f64) -> Result<JsValue, JsValue> {
    let detect = || -> Result<JsValue, Error> {
        let DetectOptions { secrets } = read(options)?;
        let secrets: Vec<&str> = secrets.iter().map(Secret::expose).collect();
        let body = Body::new(body, MAX_BODY_BYTES)?.to_vec();
        let found = found_by(&Lines(headers), &body, &secrets, milliseconds(now)?)?;
        let hints = field_hints(&body);
        Ok(value(&Detection {
            profiles: found.iter().map(fitting).collect(),
            field_hints: hints.iter().map(seen).collect(),
            undecided: undecided(&found, &hints).into_iter().map(open).collect(),
        }))
    };
    let found = detect();
    stack::wipe();
    found.map_err(|error| thrown(&error))
}

/// What changed in payloads from version to version, as Markdown: of a registry document laid over the built-in one, or
/// of that alone.
///
/// # Errors
/// `registry_invalid`.
#[wasm_bindgen]
pub fn changelog(registry: Option<String>) -> Result<String, JsValue> {
    let registry = registry.map_or_else(|| Ok(Registry::builtin()), |registry| Registry::from_json(&registry));
    registry.map(|registry| changelog_of(&registry)).map_err(|error| thrown(&error))
}

/// Every problem of a registry document laid over the built-in one: a list of `RegistryProblem` of
/// `js/src/registry.ts`.
#[wasm_bindgen]
#[must_use]
pub fn check_registry(registry: &str) -> JsValue {
    let problems = Registry::problems(registry);
    value(&problems.iter().map(problem).collect::<Vec<_>>())
}

fn fitting(found: &DetectedProfile) -> Fitting {
    Fitting {
        profile: found.profile.to_json(),
        secret: found.secret,
        encoding: found.encoding.name(),
        timestamp: number(found.timestamp),
        is_recent: found.is_recent,
    }
}

fn seen(hint: &FieldHint) -> Seen {
    Seen { what: hint.what, at: hint.at.to_string() }
}

fn open(undecided: Undecided) -> Open {
    Open { code: undecided.code, message: undecided.message }
}
