//! The WebAssembly module of the npm package: what JavaScript calls, each function under its own name. All logic is the
//! core's; here values come in and go out.
//!
//! A function that fails throws a plain object with code, fault and message, of which `js/src/errors.ts` makes a
//! `WebhookError`. A panic is a defect: it says its sentence on the console, and JavaScript starts another instance.
//!
//! Wherever headers are text, a name stands on a line, its value on the next, and so on. Times are in milliseconds
//! since
//! 1970.

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]
#![allow(clippy::needless_pass_by_value, reason = "wasm-bindgen hands values over")]

mod host;

mod input;

mod options;

mod output;

mod receivers;

mod sign;

mod stack;

#[cfg(feature = "tools")]
mod tools;

#[cfg(feature = "tools")]
mod watches;

use js_sys::{JSON, JsString, Uint8Array};
use mambo_webhooks::diagnose::Diagnosis;
use mambo_webhooks::internal::limits::MAX_DIAGNOSED_BYTES;
use mambo_webhooks::{Error, Receiver};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use host::{HostHash, OverArray, OverBytes};
use input::{Body, Lines, milliseconds};
use output::{diagnosed, proven, proven_by, received, thrown};

/// Runs when the module starts: from then on a panic says its sentence on the console before the instance stops.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Makes a receiver of its settings; returns its number, which other functions take first.
///
/// # Errors
/// `options_invalid`, and every code of fault `config`.
#[wasm_bindgen]
pub fn open(settings: JsValue) -> Result<usize, JsValue> {
    // Reads a value as JSON, which omits undefined members and escapes lone surrogates; the same reader parses it here
    // and in Rust.
    let json: Option<String> = JSON::stringify(&settings).ok().map(JsString::into);
    let json = Zeroizing::new(json.unwrap_or_default());
    let opened = Receiver::from_json(&json).map(receivers::add);
    stack::wipe();
    opened.map_err(|error| thrown(&error))
}

/// Forgets a receiver, and wipes its keys.
#[wasm_bindgen]
pub fn close(receiver: usize) {
    receivers::remove(receiver);
}

/// The names of the headers that a receiver looks at, in lower case; the signature's comes first.
///
/// # Errors
/// As for any number that is not in use, `core_trapped`.
#[wasm_bindgen]
pub fn header_names(receiver: usize) -> Result<Vec<String>, JsValue> {
    let receiver = receivers::find(receiver).map_err(|error| thrown(&error))?;
    Ok(receiver.header_names().map(String::from).collect())
}

/// Verifies a delivery and returns its event in the wanted version: `ReceivedByCore` of `js/src/core_bg.d.ts`.
///
/// # Errors
/// Every code of fault `peer`, `keys_inactive`, `now_invalid`; `shim_conflict` under the strict policy.
#[wasm_bindgen]
pub fn receive(
    receiver: usize,
    headers: &str,
    body: &Uint8Array,
    now: f64,
    hash: Option<HostHash>,
) -> Result<JsValue, JsValue> {
    let receive = || -> Result<JsValue, Error> {
        let receiver = receivers::find(receiver)?;
        let bytes = Body::new(body, receiver.body_limit())?.to_vec();
        let (headers, now) = (Lines(headers), milliseconds(now)?);
        let found = match &hash {
            Some(hash) => receiver.receive_by(&OverBytes(hash), &headers, &bytes, now)?,
            None => receiver.receive(&headers, &bytes, now)?,
        };
        Ok(received(&found))
    };
    receive().map_err(|error| thrown(&error))
}

/// Verifies a delivery without a look into its body; returns what the signature proves: `Proof` of
/// `js/src/core_bg.d.ts`.
///
/// # Errors
/// As for [`receive`], but for those of the body's text.
#[wasm_bindgen]
pub fn verify(
    receiver: usize,
    headers: &str,
    body: &Uint8Array,
    now: f64,
    hash: Option<HostHash>,
) -> Result<JsValue, JsValue> {
    let verify = || -> Result<JsValue, Error> {
        let receiver = receivers::find(receiver)?;
        let body = Body::new(body, receiver.body_limit())?;
        let (headers, now) = (Lines(headers), milliseconds(now)?);
        match &hash {
            // A body that the host hashes is not copied into this module's memory.
            Some(hash) => Ok(proven(&receiver.verify_detached(&OverArray(hash, body), &headers, now)?)),
            None => Ok(proven_by(&receiver.verify(&headers, &body.to_vec(), now)?)),
        }
    };
    verify().map_err(|error| thrown(&error))
}

/// Explains why a delivery is refused: `Diagnosis` of `js/src/receiver.ts`.
///
/// # Errors
/// `now_invalid`, `body_too_large`.
#[wasm_bindgen]
pub fn diagnose(receiver: usize, headers: &str, body: &Uint8Array, now: f64) -> Result<JsValue, JsValue> {
    let diagnose = || -> Result<JsValue, Error> {
        let receiver = receivers::find(receiver)?;
        let now = milliseconds(now)?;
        let allowed = receiver.body_limit();
        Ok(diagnosed(&match Body::new(body, allowed.max(MAX_DIAGNOSED_BYTES)) {
            Ok(body) => receiver.diagnose(&Lines(headers), &body.to_vec(), now),
            Err(_) => Diagnosis { error: Some(Error::BodyTooLarge { allowed }), ..Diagnosis::default() },
        }))
    };
    let found = diagnose();
    stack::wipe();
    found.map_err(|error| thrown(&error))
}

/// A key of one delivery, from the headers and the body that were verified: a replay has it again, a retry has another.
///
/// # Errors
/// `core_trapped` for headers that were not verified, which `js/src/received.ts` never asks for.
#[wasm_bindgen]
pub fn replay_key(receiver: usize, headers: &str, body: &[u8]) -> Result<String, JsValue> {
    let key = receivers::find(receiver).map(|receiver| receiver.replay_key(&Lines(headers), body));
    key.and_then(|key| key.ok_or(Error::CoreTrapped)).map_err(|error| thrown(&error))
}

/// A key of one event, the same for each of its deliveries: from its id, or from the body if it has none.
#[wasm_bindgen]
#[must_use]
pub fn event_key(id: Option<String>, body: &[u8]) -> String {
    mambo_webhooks::internal::event_key(id.as_deref(), body)
}
