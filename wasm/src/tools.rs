//! What a person runs: the module that has these functions is another one than the receivers'.

use js_sys::Uint8Array;
use mambo_webhooks::diagnose::{DetectedProfile, FieldHint, Undecided, detect as found_by, field_hints, undecided};
use mambo_webhooks::internal::commands::{Command, run};
use mambo_webhooks::internal::limits::MAX_BODY_BYTES;
use mambo_webhooks::shim::changelog as changelog_of;
use mambo_webhooks::{Error, Registry};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::input::{Body, Lines, milliseconds};
use crate::options::{DetectOptions, Secret, read};
use crate::output::{number, problem, thrown, value};
use crate::stack;

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
            profiles: found.profiles.iter().map(fitting).collect(),
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

/// What a command found, or the problem that stands in its way.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ran {
    is_yes: bool,
    text: String,
    remarks: Vec<String>,
    /// JSON text.
    json: String,
    problem: Option<String>,
}

/// Carries out a command of the command line: `Ran` of `js/src/tools_bg.d.ts`. The command is JSON, as
/// `src/commands.rs` reads it.
#[wasm_bindgen]
#[must_use]
pub fn command(json: String, body: &[u8]) -> JsValue {
    let json = Zeroizing::new(json);
    let ran = match Command::from_json(&json).and_then(|command| run(&command, body)) {
        Ok(answer) => {
            let json = answer.json.to_string();
            Ran { is_yes: answer.is_yes, text: answer.text, remarks: answer.remarks, json, problem: None }
        }
        Err(problem) => Ran { problem: Some(problem), ..Ran::default() },
    };
    stack::wipe();
    value(&ran)
}
