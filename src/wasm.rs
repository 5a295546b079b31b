//! The JavaScript edge: values in, JSON text out, no logic. Only what is written by hand in `js/` calls it.
//!
//! An answer is one text, `{"ok":…}` or `{"error":…}`: it crosses the boundary in one piece, and the host's own parser,
//! faster than any object built from here, makes values of it, the event's data included.

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]

mod answer;

mod tools;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::thread_local;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::Key;
use crate::mac::Tag;
use crate::receive::{Receiver, event_key};
use crate::time::UnixMillis;
use crate::verify::{CoreMac, MacProvider, replay_key};
use answer::{failed, received, verified};

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

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// Writes the tag of `front` and the body that JavaScript holds, under the key of this place; tells whether it did.
    fn host_mac(place: usize, front: &[u8], tag: &mut [u8]) -> bool;
}

/// The host's MAC. The body does not have to be in this memory for it.
struct HostMac<'r>(&'r Receiver);

impl MacProvider for HostMac<'_> {
    fn tag(&self, key: &Key, front: [&str; 2], _body: &[u8]) -> Option<Tag> {
        let place = self.0.keys().keys().iter().position(|other| other.id() == key.id())?;
        let mut tag = Tag::default();
        host_mac(place, front.concat().as_bytes(), &mut tag).then_some(tag)
    }
}

/// `{"ok":number}` or `{"error":…}` for a settings document.
#[wasm_bindgen]
#[must_use]
pub fn receiver_open(settings: String) -> String {
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
            alloc::format!("{{\"ok\":{number}}}")
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

/// The names of the headers that a receiver wants, each on a line.
#[wasm_bindgen]
#[must_use]
pub fn receiver_headers(number: usize) -> String {
    with_receiver(number, |receiver| receiver.header_names().collect::<Vec<_>>().join("\n"))
}

/// The bytes of the secret of the key at this place, for the host's MAC; `undefined` behind the last one.
#[wasm_bindgen]
#[must_use]
pub fn receiver_secret(number: usize, place: usize) -> Option<Vec<u8>> {
    with_receiver(number, |receiver| Some(receiver.keys().keys().get(place)?.secret().bytes().to_vec()))
}

/// The lines of [`verified`], or `{"error":…}`. `headers` is a name on a line, then its value on a
/// line, and so on; `now` is in milliseconds since 1970. With the host's MAC, the body's first bytes are enough.
#[wasm_bindgen]
#[must_use]
pub fn receiver_verify(number: usize, headers: &str, body: &[u8], now: f64, by_host: bool) -> String {
    let pairs = pairs(headers);
    with_receiver(number, |receiver| {
        let verified_body =
            now_millis(now).and_then(|now| receiver.verify_by(mac(by_host, receiver).as_ref(), &pairs, body, now));
        verified_body.map_or_else(|error| failed(&error), |found| verified(&found))
    })
}

/// `{"ok":{…,"data":…}}` or `{"error":…}`, with the same arguments, but for the whole body.
#[wasm_bindgen]
#[must_use]
pub fn receiver_receive(number: usize, headers: &str, body: &[u8], now: f64, by_host: bool) -> String {
    let pairs = pairs(headers);
    with_receiver(number, |receiver| {
        let found = now_millis(now)
            .and_then(|now| receiver.verify_by(mac(by_host, receiver).as_ref(), &pairs, body, now))
            .and_then(|verified| receiver.open(verified, &pairs));
        found.map_or_else(|error| failed(&error), |found| received(&found))
    })
}

/// `Verified::replay_key` of a delivery that was verified.
#[wasm_bindgen]
#[must_use]
pub fn delivery_replay_key(timestamp_text: &str, body: &[u8]) -> String {
    replay_key(timestamp_text, body)
}

/// `Received::event_key` of a delivery that was received.
#[wasm_bindgen]
#[must_use]
pub fn delivery_event_key(id: Option<String>, body: &[u8]) -> String {
    event_key(id.as_deref(), body)
}

fn mac<'r>(by_host: bool, receiver: &'r Receiver) -> alloc::boxed::Box<dyn MacProvider + 'r> {
    if by_host { alloc::boxed::Box::new(HostMac(receiver)) } else { alloc::boxed::Box::new(CoreMac) }
}

/// What `act` makes of a receiver; nothing for one that is not there, which `js/core.ts` never asks for.
fn with_receiver<T: Default>(number: usize, act: impl FnOnce(&Receiver) -> T) -> T {
    RECEIVERS.with_borrow(|receivers| receivers.get(number).and_then(Option::as_ref).map(act)).unwrap_or_default()
}

/// Names and values in turn, each on a line.
fn pairs(headers: &str) -> Vec<(&str, &str)> {
    let mut lines = headers.split('\n');
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        pairs.push((name, value));
    }
    pairs
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
