//! Signing, for the test kit.

use mambo_webhooks::sign_headers;
use mambo_webhooks::{Error, KeyRing, Profile};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::input::{Lines, milliseconds};
use crate::options::{SignOptions, read};
use crate::output::{thrown, value};
use crate::stack;

#[derive(Serialize)]
struct Signature {
    /// Name and value of each header that signing adds.
    headers: Vec<(String, String)>,
    /// The signature header's value.
    value: String,
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
