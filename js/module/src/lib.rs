//! The JavaScript edge, the module of the npm package: values in, JSON text out, no logic. Only what is written by hand
//! in `js/` calls it.
//!
//! A crate of its own because cargo switches link-time optimisation off for a library that is cdylib and rlib at once,
//! which makes the module larger (docs/DESIGN.md).
//!
//! Answers are texts; `mambo_webhooks_edge` has their form.

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]

mod answer;

mod rarely;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use answer::received;
use mambo_webhooks::error::Error;
use mambo_webhooks::json::quoted;
use mambo_webhooks::key::Key;
use mambo_webhooks::mac::{Tag, inner_block};
use mambo_webhooks::outline::{Role, outline};
use mambo_webhooks::receive::{Receiver, event_key};
use mambo_webhooks::time::UnixMillis;
use mambo_webhooks::verify::{CoreMac, MacProvider, Verified};
use mambo_webhooks_edge::{Lines, Members, failed, now_millis};
use mambo_webhooks_fast::{prove, verify};

/// Says what stopped the core on the console, in the one case that should not exist; only where panics say something.
#[cfg(feature = "console")]
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

thread_local! {
    /// The receivers that JavaScript holds, by number. Not an exported class: the glue would free one by its address
    /// after a trap, in the memory of an instance that never had it.
    static RECEIVERS: RefCell<Vec<Option<Rc<Receiver>>>> = const { RefCell::new(Vec::new()) };
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// Makes a digest over `front` and the body that JavaScript holds, under the key of this place. Tells what it is:
    /// 1 for the tag, 2 for its inner digest, of which the tag is made here.
    fn host_mac(place: usize, front: &[u8], digest: &mut [u8]) -> u32;
}

/// The host's MAC. The body does not have to be in this memory for it.
struct HostMac<'r>(&'r Receiver);

impl MacProvider for HostMac<'_> {
    fn tag(&self, key: &Key, front: [&str; 2], _body: &[u8]) -> Option<Tag> {
        let place = place_of(self.0, key)?;
        let mut digest = Tag::default();
        match host_mac(place, front.concat().as_bytes(), &mut digest) {
            1 => Some(digest),
            2 => Some(key.mac().tag_of_inner(&digest)),
            _ => None,
        }
    }
}

/// `{"ok":{number,headers,keyIds}}` or `{"error":…}` for a settings document: the receiver's number, the names of the
/// headers that it wants, and the ids of its keys.
#[wasm_bindgen]
#[must_use]
pub fn receiver_open(settings: String) -> String {
    // The document holds secrets: its copy in this memory is wiped.
    match Receiver::from_json(&Zeroizing::new(settings)) {
        Ok(receiver) => {
            let headers: Vec<&str> = receiver.header_names().collect();
            let ids: Vec<&str> = receiver.keys().keys().iter().map(Key::id).collect();
            let mut answer = Members::new("{\"ok\":{");
            answer.list("headers", &headers, |name| quoted(name)).list("keyIds", &ids, |id| quoted(id));
            let number = kept(receiver);
            answer.raw("number", &format!("{number}")).end("}}")
        }
        Err(error) => failed(&error),
    }
}

/// The number by which a receiver is held from now on.
fn kept(receiver: Receiver) -> usize {
    RECEIVERS.with_borrow_mut(|receivers| {
        let free = receivers.iter().position(Option::is_none).unwrap_or(receivers.len());
        if free == receivers.len() {
            receivers.push(None);
        }
        if let Some(place) = receivers.get_mut(free) {
            *place = Some(Rc::new(receiver));
        }
        free
    })
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

/// What the host's MAC needs of the key at this place: its secret, or HMAC's inner block of it. `undefined` behind the
/// last key.
#[wasm_bindgen]
#[must_use]
pub fn receiver_key(number: usize, place: usize, as_block: bool) -> Option<Uint8Array> {
    let receiver = receiver(number)?;
    let secret = receiver.keys().keys().get(place)?.secret().expose();
    // Copied by the host itself: a copy on its way in this memory would be freed unwiped.
    Some(if as_block { Uint8Array::from(&inner_block(secret)[..]) } else { Uint8Array::from(secret) })
}

/// The time of signing in milliseconds, for the value of the signature header. With the host's MAC, the body's first
/// bytes are enough. `now` is in milliseconds since 1970. One number, since that crosses the boundary by itself;
/// [`verified_place`] tells the rest.
///
/// # Errors
/// `{"error":…}`, thrown.
#[wasm_bindgen]
pub fn receiver_verify(number: usize, value: &[u8], body: &[u8], now: f64, by_host: bool) -> Result<f64, String> {
    verified_at(number, value, body, now, by_host).map_err(|error| failed(&error))
}

fn verified_at(number: usize, value: &[u8], body: &[u8], now: f64, by_host: bool) -> Result<f64, Error> {
    let receiver = receiver(number).ok_or(Error::KeysMissing)?;
    let host = HostMac(&receiver);
    let mac: &dyn MacProvider = if by_host { &host } else { &CoreMac };
    let proof = prove(&receiver, mac, value, body, now_millis(now)?)?;
    PLACE.set(place_of(&receiver, proof.key).unwrap_or_default());
    // A time that passed the window around a time that is exact in an f64, or nearly so.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    Ok(proof.timestamp.0 as f64)
}

/// The place of the key that fitted when `receiver_verify` was last called.
#[wasm_bindgen]
#[must_use]
pub fn verified_place() -> usize {
    PLACE.get()
}

/// The places that matter to a receiver in a body, as a JSON list of texts: a letter for what is looked at, and a
/// pointer. `undefined` when only the body's own text will do.
#[wasm_bindgen]
#[must_use]
pub fn receiver_outline(number: usize) -> Option<String> {
    let mut places = String::from("[");
    outline(&*receiver(number)?, &mut |role, at| {
        let letter = match role {
            Role::Named => "n",
            Role::Id => "i",
            Role::Time => "t",
            Role::Moved => "m",
            Role::Compared => "c",
        };
        places.push_str(if places.len() > 1 { "," } else { "" });
        places.push_str(&quoted(&format!("{letter}{at}")));
    })?;
    places.push(']');
    Some(places)
}

/// `{"ok":{…,"data":…}}` or `{"error":…}` for a body that was verified, or an outline of it. Only for what
/// `receiver_verify` has just accepted.
#[wasm_bindgen]
#[must_use]
pub fn receiver_unfold(number: usize, headers: &str, body: &str) -> String {
    let Some(receiver) = receiver(number) else {
        return String::new();
    };
    let found = receiver.open(Verified::assume(body.as_bytes(), UnixMillis(0)), &Lines(headers));
    found.map_or_else(|error| failed(&error), |found| received(&found))
}

/// `Verified::replay_key` of a delivery that was verified.
#[wasm_bindgen]
#[must_use]
pub fn receiver_replay_key(number: usize, headers: &str, body: &[u8]) -> Option<String> {
    receiver(number)?.replay_key(&Lines(headers), body)
}

/// `{"ok":{…,"data":…}}` or `{"error":…}`. `headers` is a name on a line, then its value on a line, and so on.
#[wasm_bindgen]
#[must_use]
pub fn receiver_receive(number: usize, headers: &str, body: &[u8], now: f64, by_host: bool) -> String {
    let Some(receiver) = receiver(number) else {
        return String::new();
    };
    let lines = Lines(headers);
    let host = HostMac(&receiver);
    let mac: &dyn MacProvider = if by_host { &host } else { &CoreMac };
    let found = now_millis(now)
        .and_then(|now| verify(&receiver, mac, &lines, body, now))
        .and_then(|verified| receiver.open(verified, &lines));
    found.map_or_else(|error| failed(&error), |found| received(&found))
}

/// `Received::event_key` of a delivery that was received; without an id, the empty text.
#[wasm_bindgen]
#[must_use]
pub fn delivery_event_key(id: &str, body: &[u8]) -> String {
    event_key(Some(id).filter(|id| !id.is_empty()), body)
}

fn place_of(receiver: &Receiver, key: &Key) -> Option<usize> {
    receiver.keys().keys().iter().position(|other| core::ptr::eq(other, key))
}

/// A receiver; nothing for one that is not there, which `js/core.ts` never asks for.
fn receiver(number: usize) -> Option<Rc<Receiver>> {
    RECEIVERS.with_borrow(|receivers| receivers.get(number).cloned().flatten())
}
