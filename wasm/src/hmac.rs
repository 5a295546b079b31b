//! The host's HMAC: `node:crypto` uses the processor's instructions for SHA-256, which WebAssembly cannot. The host only
//! computes tags. Which keys and texts are tried, and whether a tag fits, is decided in the core.

use std::borrow::Cow;

use js_sys::Uint8Array;
use mambo_webhooks::Key;
use mambo_webhooks::mac::Tag;
use mambo_webhooks::verify::{CoreMac, MacProvider};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::input::Body;

#[wasm_bindgen]
extern "C" {
    /// `HostHmac` of `js/src/host-hmac.ts`.
    pub type HostHmac;

    /// Writes HMAC-SHA256 of prefix and body to `to`, 32 bytes. All are views of this module's memory, valid during the
    /// call.
    #[wasm_bindgen(method, structural, catch)]
    fn tag(this: &HostHmac, secret: &[u8], prefix: &[u8], body: &[u8], to: &mut [u8]) -> Result<(), JsValue>;

    /// The same for a body in JavaScript's memory.
    #[wasm_bindgen(method, structural, catch, js_name = tag)]
    fn tag_of_array(
        this: &HostHmac,
        secret: &[u8],
        prefix: &[u8],
        body: &Uint8Array,
        to: &mut [u8],
    ) -> Result<(), JsValue>;
}

/// The host's HMAC over a body that is in this module's memory.
pub(crate) struct OverBytes<'h>(pub(crate) &'h HostHmac);

/// The host's HMAC over a body that stays in JavaScript's memory.
pub(crate) struct OverArray<'h>(pub(crate) &'h HostHmac, pub(crate) Body<'h>);

// Where the host fails, the core computes the tag itself.

impl MacProvider for OverBytes<'_> {
    fn tag(&self, key: &Key, front: [&str; 2], body: &[u8]) -> Option<Tag> {
        let mut tag = [0; 32];
        let made = self.0.tag(key.secret().expose(), front.concat().as_bytes(), body, &mut tag);
        made.map_or_else(|_| CoreMac.tag(key, front, body), |()| Some(tag))
    }
}

impl MacProvider for OverArray<'_> {
    fn tag(&self, key: &Key, front: [&str; 2], _: &[u8]) -> Option<Tag> {
        let mut tag = [0; 32];
        let made = self.0.tag_of_array(key.secret().expose(), front.concat().as_bytes(), self.1.array(), &mut tag);
        made.map_or_else(|_| CoreMac.tag(key, front, &self.1.to_vec()), |()| Some(tag))
    }

    fn head<'b>(&self, _: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Owned(self.1.head())
    }
}
