//! The JavaScript edge: values in, a tagged result out, no logic. Only what is written by hand in `js/` calls it.

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::thread_local;

use js_sys::{Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use crate::detect::{Detected, Sighting, detect, sightings};
use crate::diagnose::Diagnosis;
use crate::error::{Code, Error};
use crate::key::KeyRing;
use crate::profile::Profile;
use crate::receive::Receiver;
use crate::sign::sign;
use crate::time::UnixMillis;

/// Says what stopped the core on the console, in the one case that should not exist.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

thread_local! {
    /// The receivers that JavaScript holds, by number. Not an exported class: the glue would free one by its address
    /// after a trap, in the memory of an instance that never had it.
    static RECEIVERS: RefCell<Vec<Option<Receiver>>> = const { RefCell::new(Vec::new()) };
}

/// `{ok: number}` or `{error}` for a settings document.
#[wasm_bindgen]
#[must_use]
pub fn receiver_open(settings: String) -> JsValue {
    // The document holds secrets: its copy in this memory is wiped.
    match Receiver::from_json(&Zeroizing::new(settings)) {
        Ok(receiver) => {
            let number = RECEIVERS.with_borrow_mut(|receivers| {
                let free = receivers.iter().position(Option::is_none).unwrap_or(receivers.len());
                if free == receivers.len() {
                    receivers.push(None);
                }
                if let Some(place) = receivers.get_mut(free) {
                    *place = Some(receiver);
                }
                free
            });
            tagged("ok", &number.into())
        }
        Err(error) => failed(&error),
    }
}

/// Forgets a receiver.
#[wasm_bindgen]
pub fn receiver_close(number: usize) {
    RECEIVERS.with_borrow_mut(|receivers| {
        if let Some(place) = receivers.get_mut(number) {
            *place = None;
        }
    });
}

/// The names of the headers that `receiver_receive` wants, each on a line.
#[wasm_bindgen]
#[must_use]
pub fn receiver_headers(number: usize) -> String {
    with_receiver(number, |receiver| receiver.header_names().collect::<Vec<_>>().join("\n")).unwrap_or_default()
}

/// `{ok: Delivery}` or `{error}`. `headers` is a name on a line, then its value on a line, and so on; `now` is in
/// milliseconds since 1970.
#[wasm_bindgen]
#[must_use]
pub fn receiver_receive(number: usize, headers: &str, body: &[u8], now: f64) -> JsValue {
    let pairs = pairs(headers);
    with_receiver(number, |receiver| {
        let received = now_millis(now).and_then(|now| receiver.receive(&pairs, body, now));
        match &received {
            Ok(received) => succeeded(&Delivery {
                kind: received.event.kind(),
                id: received.id.as_deref(),
                time: received.time,
                data: received.event.json(),
                received_version: received.received_version.map(|release| alloc::format!("{release}")),
                delivered_version: received.delivered_version.map(|release| alloc::format!("{release}")),
                standing: received.standing.as_str(),
                applied: &received.applied,
                losses: received
                    .losses
                    .iter()
                    .map(|loss| Lost { change: &loss.change, at: &loss.at, kind: loss.kind.as_str() })
                    .collect(),
                key_id: received.verified().key_id(),
                timestamp: received.verified().timestamp().0,
                replay_key: received.verified().replay_key(),
                event_key: received.event_key(),
            }),
            Err(error) => failed(error),
        }
    })
    .unwrap_or(JsValue::NULL)
}

fn with_receiver<T>(number: usize, act: impl FnOnce(&Receiver) -> T) -> Option<T> {
    RECEIVERS.with_borrow(|receivers| receivers.get(number)?.as_ref().map(act))
}

/// What JavaScript gets of a received event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    kind: Option<&'a str>,
    id: Option<&'a str>,
    time: Option<&'a str>,
    data: &'a str,
    received_version: Option<String>,
    delivered_version: Option<String>,
    standing: &'a str,
    applied: &'a [String],
    losses: Vec<Lost<'a>>,
    key_id: Option<&'a str>,
    timestamp: i64,
    replay_key: String,
    event_key: String,
}

/// A loss, as JavaScript gets it.
#[derive(Serialize)]
struct Lost<'a> {
    change: &'a str,
    at: &'a str,
    kind: &'a str,
}

/// `{ok: header value}` or `{error}`: signs a body under a profile, empty for the default one, with one secret.
#[wasm_bindgen]
#[must_use]
pub fn sign_body(profile: &str, secret: String, body: &[u8], now: f64) -> JsValue {
    let secret = Zeroizing::new(secret);
    let profile = if profile.is_empty() { Ok(Profile::default()) } else { Profile::from_json(profile) };
    let signed = profile.and_then(|profile| {
        let keys = KeyRing::single(&secret)?;
        sign(&profile.scheme, &keys, body, now_millis(now)?)
    });
    match signed {
        Ok(value) => tagged("ok", &value.into()),
        Err(error) => failed(&error),
    }
}

/// What `diagnose` finds: `{ok: {error, causes, hashes}}`, with the same arguments as `receiver_receive`, but for all
/// headers.
#[wasm_bindgen]
#[must_use]
pub fn receiver_diagnose(number: usize, headers: &str, body: &[u8], now: f64) -> JsValue {
    #[derive(Serialize)]
    struct Found {
        error: Option<Failure>,
        causes: Vec<Reason>,
        hashes: usize,
    }
    #[derive(Serialize)]
    struct Reason {
        code: &'static str,
        message: String,
    }
    let pairs = pairs(headers);
    with_receiver(number, |receiver| match now_millis(now) {
        Ok(now) => {
            let Diagnosis { error, causes, hashes } = receiver.diagnose(&pairs, body, now);
            let causes = causes.iter().map(|cause| Reason { code: cause.code(), message: alloc::format!("{cause}") });
            succeeded(&Found { error: error.as_ref().map(Failure::of), causes: causes.collect(), hashes })
        }
        Err(error) => failed(&error),
    })
    .unwrap_or(JsValue::NULL)
}

/// The profiles that fit a captured delivery, and what its body looks like: `{ok: {profiles, sightings}}`. `secrets` is
/// a JSON array of texts.
#[wasm_bindgen]
#[must_use]
pub fn detect_profile(headers: &str, body: &[u8], secrets: &str, now: f64) -> JsValue {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Fit {
        profile: String,
        secret: usize,
        encoding: &'static str,
        timestamp: i64,
        is_recent: bool,
    }
    #[derive(Serialize)]
    struct Seen {
        what: &'static str,
        at: String,
    }
    #[derive(Serialize)]
    struct Found {
        profiles: Vec<Fit>,
        sightings: Vec<Seen>,
    }
    let secrets: Vec<String> = serde_json::from_str(secrets).unwrap_or_default();
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let now = match now_millis(now) {
        Ok(now) => now,
        Err(error) => return failed(&error),
    };
    let fit = |found: &Detected| Fit {
        profile: found.profile.to_json(),
        secret: found.secret,
        encoding: found.encoding.name(),
        timestamp: found.timestamp.0,
        is_recent: found.is_recent,
    };
    let profiles = detect(&pairs(headers), body, &secrets, now).iter().map(fit).collect();
    let seen = |sighting: &Sighting| Seen { what: sighting.what, at: alloc::format!("{}", sighting.at) };
    succeeded(&Found { profiles, sightings: sightings(body).iter().map(seen).collect() })
}

/// `{error}` for a body that is no bytes, where `found` says what was passed instead; or else for one that is too
/// large to be copied into the core's memory, which never shrinks.
#[wasm_bindgen]
#[must_use]
pub fn body_refused(found: String, bytes: usize, allowed: usize) -> JsValue {
    failed(&if found.is_empty() { Error::BodyTooLarge { bytes, allowed } } else { Error::BodyParsed { found } })
}

/// Every code with its fault, sentence and advice.
#[wasm_bindgen]
#[must_use]
pub fn codes() -> JsValue {
    #[derive(Serialize)]
    struct Row {
        code: &'static str,
        fault: &'static str,
        sentence: &'static str,
        advice: &'static str,
    }
    let row = |code: &Code| Row {
        code: code.as_str(),
        fault: code.fault().as_str(),
        sentence: code.template(),
        advice: code.advice(),
    };
    succeeded(&Code::ALL.iter().map(row).collect::<Vec<_>>())
}

/// Names and values in turn, each on a line.
fn pairs(headers: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> = headers.split('\n').collect();
    lines.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}

fn now_millis(now: f64) -> Result<UnixMillis, Error> {
    // Every whole number of this size is exact in an f64, so the cast below changes nothing.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if now.is_finite() && now.abs() <= LARGEST && now % 1.0 == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just checked")]
        return Ok(UnixMillis(now as i64));
    }
    Err(Error::NowInvalid)
}

fn succeeded<T: Serialize>(value: &T) -> JsValue {
    match serde_wasm_bindgen::to_value(value) {
        Ok(value) => tagged("ok", &value),
        Err(error) => tagged("trap", &error.into()),
    }
}

/// A failure, as JavaScript gets it.
#[derive(Serialize)]
struct Failure {
    code: &'static str,
    fault: &'static str,
    message: String,
}

impl Failure {
    fn of(error: &Error) -> Self {
        let code = error.code();
        Self { code: code.as_str(), fault: code.fault().as_str(), message: alloc::format!("{error}") }
    }
}

fn failed(error: &Error) -> JsValue {
    serde_wasm_bindgen::to_value(&Failure::of(error)).map_or(JsValue::NULL, |failure| tagged("error", &failure))
}

fn tagged(tag: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    // A new plain object takes any property, so there is no failure to hand on.
    let _set = Reflect::set(&object, &tag.into(), value);
    object.unchecked_into()
}
