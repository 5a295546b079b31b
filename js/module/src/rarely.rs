//! What is called now and then: signing, diagnosis, refusals that are found on the other side.

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::answer::diagnosed;
use crate::receiver;
use mambo_webhooks::error::Error;
use mambo_webhooks::key::KeyRing;
use mambo_webhooks::profile::Profile;
use mambo_webhooks::sign::sign;
use mambo_webhooks::verify::CoreMac;
use mambo_webhooks_edge::{Lines, failed, now_millis, text};
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

/// `{"error"}` for a body that is no bytes, where `found` says what was passed instead; or else for one that is too
/// large to be copied into the core's memory, which never shrinks.
#[wasm_bindgen]
#[must_use]
pub fn body_refused(found: String, bytes: usize, allowed: usize) -> String {
    failed(&if found.is_empty() { Error::BodyTooLarge { bytes, allowed } } else { Error::BodyParsed { found } })
}

/// `{"error"}` for a refusal that is found on the other side, by its place in `REFUSALS` of `js/core.ts`.
#[wasm_bindgen]
#[must_use]
pub fn refused(place: usize) -> String {
    failed(&match place {
        0 => Error::DeliveryReplayed,
        1 => Error::DeliveryPending,
        2 => Error::ReplayStoreFull,
        3 => Error::HandlersMissing,
        4 => Error::KindUnknown,
        _ => Error::CoreTrapped,
    })
}
