//! Functions for the test kit and for interactive use.

use js_sys::Uint8Array;
use mambo_webhooks::diagnose::{DetectedProfile, FieldHint, detect as found_by, field_hints};
use mambo_webhooks::internal::limits::MAX_BODY_BYTES;
use mambo_webhooks::shim::changelog as changelog_of;
use mambo_webhooks::sign as signed;
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
    /// The header's name.
    header: String,
    /// The header's value.
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detection {
    profiles: Vec<Fitting>,
    field_hints: Vec<Seen>,
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

/// The signature header of a body. Options are `SignOptions`.
///
/// # Errors
/// `options_invalid`, `profile_invalid`, those of the secret, `now_invalid`, `timestamp_negative`.
#[wasm_bindgen]
pub fn sign(options: JsValue, body: &[u8], now: f64) -> Result<JsValue, JsValue> {
    let sign = || -> Result<JsValue, Error> {
        let SignOptions { secret, profile } = read(options)?;
        let profile = profile.map_or_else(|| Ok(Profile::default()), |profile| Profile::from_json(&profile))?;
        let keys = KeyRing::single(secret.expose())?;
        let value_of = signed(&profile.scheme, &keys, body, milliseconds(now)?)?;
        Ok(value(&Signature { header: profile.scheme.header, value: value_of }))
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
        let profiles = found_by(&Lines(headers), &body, &secrets, milliseconds(now)?)?;
        let profiles = profiles.iter().map(fitting).collect();
        Ok(value(&Detection { profiles, field_hints: field_hints(&body).iter().map(seen).collect() }))
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
