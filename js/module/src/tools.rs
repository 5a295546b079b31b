//! What is called now and then, by a person: signing, diagnosis, detection, the table of failures.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::answer::{detected, diagnosed, failed, text};
use crate::{Lines, now_millis, receiver};
use mambo_webhooks::detect::{detect, sightings};
use mambo_webhooks::error::{Code, Error};
use mambo_webhooks::json::{Doc, Problems};
use mambo_webhooks::key::KeyRing;
use mambo_webhooks::profile::Profile;
use mambo_webhooks::shim::{Shims, changelog};
use mambo_webhooks::sign::sign;
use mambo_webhooks::verify::CoreMac;
use mambo_webhooks_fast::verify;

/// `{"ok":header value}` or `{"error":…}`: signs a body under a profile, empty for the default one, with one secret.
#[wasm_bindgen]
#[must_use]
pub fn sign_body(profile: &str, secret: String, body: &[u8], now: f64) -> String {
    let secret = Zeroizing::new(secret);
    let profile = if profile.is_empty() { Ok(Profile::default()) } else { Profile::from_json(profile) };
    let signed = profile.and_then(|profile| {
        let keys = KeyRing::single(&secret)?;
        sign(&profile.scheme, &keys, body, now_millis(now)?)
    });
    signed.map_or_else(|error| failed(&error), |value| text(&value))
}

/// What `diagnose` finds: `{"ok":{error,causes,hashes}}`, with the same arguments as `receiver_receive`, but for all
/// headers.
#[wasm_bindgen]
#[must_use]
pub fn receiver_diagnose(number: usize, headers: &str, body: &[u8], now: f64) -> String {
    match (receiver(number), now_millis(now)) {
        (Some(receiver), Ok(now)) => {
            let lines = Lines(headers);
            let refused = verify(&receiver, &CoreMac, &lines, body, now).err();
            diagnosed(&refused.map(|error| receiver.explain(error, &lines, body, now)).unwrap_or_default())
        }
        (_, Err(error)) => failed(&error),
        (None, _) => String::new(),
    }
}

/// The profiles that fit a captured delivery, and what its body looks like: `{"ok":{profiles,sightings}}`. `secrets` is
/// a JSON array of texts.
#[wasm_bindgen]
#[must_use]
pub fn detect_profile(headers: &str, body: &[u8], secrets: String, now: f64) -> String {
    let secrets = Zeroizing::new(secrets);
    let mut problems = Problems::default();
    let secrets = Doc::parse(&secrets, &mut problems).and_then(|doc| doc.list(&mut problems)).unwrap_or_default();
    let secrets: Vec<String> = secrets.iter().map(|doc| doc.text(&mut problems).unwrap_or_default()).collect();
    let secrets = Zeroizing::new(secrets);
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    match now_millis(now) {
        Ok(now) => detected(&detect(&Lines(headers), body, &secrets, now), &sightings(body)),
        Err(error) => failed(&error),
    }
}

/// `{"ok":Markdown}` or `{"error":…}`: what changed between the releases of a registry document, empty for the built-in
/// one.
#[wasm_bindgen]
#[must_use]
pub fn registry_changelog(registry: &str) -> String {
    let shims = if registry.is_empty() { Ok(Shims::builtin()) } else { Shims::from_json(registry) };
    shims.map_or_else(|error| failed(&error), |shims| text(&changelog(shims.registry())))
}

/// Every code with its fault and its sentence, the places in it unfilled. Lists and no objects: those would bring a
/// table of names with them, which is larger than all the rest of this.
#[wasm_bindgen]
#[must_use]
pub fn codes() -> JsValue {
    let row = |code: &Code| [code.as_str(), code.fault().as_str(), code.template()];
    // Plain texts always have a value, so there is no failure to hand on.
    serde_wasm_bindgen::to_value(&Code::ALL.iter().map(row).collect::<Vec<_>>()).unwrap_or_default()
}

/// `{"error"}` for a body that is no bytes, where `found` says what was passed instead; or else for one that is too
/// large to be copied into the core's memory, which never shrinks.
#[wasm_bindgen]
#[must_use]
pub fn body_refused(found: String, bytes: usize, allowed: usize) -> String {
    failed(&if found.is_empty() { Error::BodyTooLarge { bytes, allowed } } else { Error::BodyParsed { found } })
}
