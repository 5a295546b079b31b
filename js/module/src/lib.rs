//! The JavaScript edge, the module of the npm package: values in, JSON text out, no logic. Only what is written by hand
//! in `js/` calls it.
//!
//! A crate of its own because cargo switches link-time optimisation off for a library that is cdylib and rlib at once,
//! which makes the module larger (docs/DESIGN.md).
//!
//! Two functions are exported: one for what every delivery passes, and one for all else. Each form of arguments costs
//! an import a compiled wrapper, and each function its glue (docs/DESIGN.md).

#![allow(unreachable_pub, reason = "what is exported is reached from JavaScript, not from Rust")]

mod answer;
mod ask;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;

use mambo_webhooks::error::Error;
use mambo_webhooks::key::Key;
use mambo_webhooks::mac::Tag;
use mambo_webhooks::receive::Receiver;
use mambo_webhooks::verify::{CoreMac, MacProvider};
use mambo_webhooks_edge::{failed, now_millis};

pub use ask::ask;

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
    /// The place of the key that fitted last, and why a delivery was refused last.
    static PLACE: Cell<usize> = const { Cell::new(0) };
    static REFUSAL: RefCell<String> = const { RefCell::new(String::new()) };
    /// The answer that was given last.
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
    static SHARED: Shared = const { Shared { answer: Cell::new([0; 2]), front: Cell::new([0; FRONT_BYTES]), room: Cell::new([0; ROOM_BYTES]) } };
}

/// What JavaScript finds where `ask` tells: it reads and writes there by itself.
#[repr(C)]
struct Shared {
    /// Where the last answer is, and how long. What verifies by the core's own hash calls no import, since V8 compiles a
    /// wrapper for each form of them with the module that has them.
    answer: Cell<[usize; 2]>,
    /// What stands in front of a body that the host hashes, a timestamp and a joiner; then the digest.
    front: Cell<[u8; FRONT_BYTES]>,
    /// What is short of the next delivery to verify: to have memory for it, and to give it back, costs JavaScript more
    /// than all of its copying.
    room: Cell<[u8; ROOM_BYTES]>,
}

/// `Core` in `js/boot.ts` has the same figures.
const FRONT_BYTES: usize = 64;
const ROOM_BYTES: usize = 1024;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// Makes a digest over the first `length` bytes of the front, in `Shared`, and the body that JavaScript holds, under the
    /// key of this place, and leaves it where the front was. Tells what it is: 1 for the tag, 2 for its inner digest, of
    /// which the tag is made here.
    fn host_mac(place: usize, length: usize) -> u32;
    /// Hands over the secret of one key after the other, and HMAC's inner block of it. The host copies them itself: a
    /// copy on its way in this memory would be freed unwiped.
    fn host_key(secret: &[u8], block: &[u8]);
}

/// The host's MAC. The body does not have to be in this memory for it.
struct HostMac<'r>(&'r Receiver);

impl MacProvider for HostMac<'_> {
    /// None for a front that is longer than any of a timestamp and a joiner.
    fn tag(&self, key: &Key, front: [&str; 2], _body: &[u8]) -> Option<Tag> {
        let place = place_of(self.0, key)?;
        let mut bytes = [0; FRONT_BYTES];
        let mut length = 0_usize;
        for part in front {
            let end = length.checked_add(part.len())?;
            bytes.get_mut(length..end)?.copy_from_slice(part.as_bytes());
            length = end;
        }
        SHARED.with(|shared| shared.front.set(bytes));
        let made = host_mac(place, length);
        let left = SHARED.with(|shared| shared.front.get());
        let digest: &Tag = left.first_chunk()?;
        match made {
            1 => Some(*digest),
            2 => Some(key.mac().tag_of_inner(digest)),
            _ => None,
        }
    }
}

/// The time of signing in milliseconds, for the value of the signature header, or no number for a delivery that is
/// refused. Value and body stand one behind the other, the value so many bytes of it: both in the room, as far as
/// `room_length` tells, or both in `bytes`, or the value there and the body here. With the host's MAC, the body's first
/// bytes are enough. `now` is in milliseconds since 1970. One number, since that crosses the boundary by itself; the rest
/// can be asked for.
#[wasm_bindgen]
#[must_use]
pub fn verify(number: usize, value_length: usize, room_length: usize, bytes: &[u8], now: f64, by_host: bool) -> f64 {
    let room = SHARED.with(|shared| shared.room.get());
    let short = room.get(..room_length).unwrap_or_default();
    let all = if short.is_empty() { bytes } else { short };
    let (value, behind) = all.split_at_checked(value_length).unwrap_or_default();
    let body = if short.is_empty() || bytes.is_empty() { behind } else { bytes };
    verified_at(number, value, body, now, by_host).unwrap_or_else(|error| {
        REFUSAL.set(failed(&error));
        f64::NAN
    })
}

fn verified_at(number: usize, value: &[u8], body: &[u8], now: f64, by_host: bool) -> Result<f64, Error> {
    let receiver = receiver(number).ok_or(Error::KeysMissing)?;
    let host = HostMac(&receiver);
    let mac: &dyn MacProvider = if by_host { &host } else { &CoreMac };
    let proof = receiver.prove(mac, value, body, now_millis(now)?)?;
    PLACE.set(place_of(&receiver, proof.key).unwrap_or_default());
    // A time that passed the window around a time that is exact in an f64, or nearly so.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    Ok(proof.timestamp.0 as f64)
}

fn place_of(receiver: &Receiver, key: &Key) -> Option<usize> {
    receiver.keys().keys().iter().position(|other| core::ptr::eq(other, key))
}

/// A receiver; nothing for one that is not there, which `js/core.ts` never asks for.
fn receiver(number: usize) -> Option<Rc<Receiver>> {
    RECEIVERS.with_borrow(|receivers| receivers.get(number).cloned().flatten())
}
