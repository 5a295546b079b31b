//! What a person runs by hand, and no receiver needs: detection, the changelog of a registry, the table of failures. A
//! module of its own, so that nobody's bundle carries it who does not ask for it.

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use mambo_webhooks::detect::{Detected, Sighting, detect, sightings};
use mambo_webhooks::error::{Code, Error};
use mambo_webhooks::json::{Doc, Problems};
use mambo_webhooks::shim::{Registry, changelog};
use mambo_webhooks_edge::{Lines, Members, failed, now_millis, text};

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
    let registry = if registry.is_empty() { Ok(Registry::builtin()) } else { Registry::from_json(registry) };
    registry.map_or_else(|error| failed(&error), |registry| text(&changelog(&registry)))
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

/// `{"error"}` for a body that is no bytes: `found` says what was passed instead.
#[wasm_bindgen]
#[must_use]
pub fn body_refused(found: String) -> String {
    failed(&Error::BodyParsed { found })
}

/// `{"ok":…}` of what a captured delivery shows.
fn detected(profiles: &[Detected], seen: &[Sighting]) -> String {
    let profile = |found: &Detected| {
        let numbers = [("secret", format!("{}", found.secret)), ("timestamp", format!("{}", found.timestamp.0))];
        let mut members = Members::new("{");
        members.raw("profile", &found.profile.to_json()).text("encoding", found.encoding.name());
        for (name, number) in &numbers {
            members.raw(name, number);
        }
        members.raw("isRecent", if found.is_recent { "true" } else { "false" }).end("}")
    };
    let sighting =
        |seen: &Sighting| Members::new("{").text("what", seen.what).text("at", &format!("{}", seen.at)).end("}");
    let mut members = Members::new("{\"ok\":{");
    members.list("profiles", profiles, profile).list("sightings", seen, sighting).end("}}")
}
