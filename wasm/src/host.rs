//! The host's SHA-256: `node:crypto` uses the processor's instructions for it, which WebAssembly cannot. The host
//! computes the inner digest of HMAC over key block, what is signed in front of the body, and body; all else is the core's.

use std::borrow::Cow;

use js_sys::Uint8Array;
use mambo_webhooks::Key;
use mambo_webhooks::internal::Tag;
use mambo_webhooks::internal::{CoreHmac, HmacProvider};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::input::Body;

/// Up to this size, copying the body behind the key block and hashing in one call is faster than a hash object updated
/// twice: docs/DESIGN.md.
const ONE_CALL_BYTES: usize = 16 * 1024;

#[wasm_bindgen]
extern "C" {
    /// `HostHash` of `js/src/host-hash.ts`.
    pub type HostHash;

    /// Writes SHA-256 of `text` to `to`, 32 bytes. Both are views of this module's memory, valid during the call.
    #[wasm_bindgen(method, structural, catch)]
    fn digest(this: &HostHash, text: &[u8], to: &mut [u8]) -> Result<(), JsValue>;

    /// Writes SHA-256 of `text` followed by `rest` to `to`.
    #[wasm_bindgen(method, structural, catch, js_name = digest)]
    fn digest_with(this: &HostHash, text: &[u8], to: &mut [u8], rest: &[u8]) -> Result<(), JsValue>;

    /// Writes SHA-256 of `text` followed by `rest`, which is in JavaScript's memory, to `to`.
    #[wasm_bindgen(method, structural, catch, js_name = digest)]
    fn digest_with_array(this: &HostHash, text: &[u8], to: &mut [u8], rest: &Uint8Array) -> Result<(), JsValue>;
}

/// The host's hash over a body that is in this module's memory.
pub(crate) struct OverBytes<'h>(pub(crate) &'h HostHash);

/// The host's hash over a body that stays in JavaScript's memory.
pub(crate) struct OverArray<'h>(pub(crate) &'h HostHash, pub(crate) Body<'h>);

/// HMAC's inner key block and what is signed in front of the body, with room for `more` bytes.
fn start(key: &Key, front: &str, more: usize) -> Zeroizing<Vec<u8>> {
    let block = key.mac().inner_block();
    let mut text = Vec::with_capacity(block.len().saturating_add(front.len()).saturating_add(more));
    text.extend_from_slice(block);
    text.extend_from_slice(front.as_bytes());
    Zeroizing::new(text)
}

// Where the host fails, the core computes the tag itself.

impl HmacProvider for OverBytes<'_> {
    fn tag(&self, key: &Key, front: &str, body: &[u8]) -> Option<Tag> {
        let mut inner = [0; 32];
        let made = if body.len() <= ONE_CALL_BYTES {
            let mut text = start(key, front, body.len());
            text.extend_from_slice(body);
            self.0.digest(&text, &mut inner)
        } else {
            self.0.digest_with(&start(key, front, 0), &mut inner, body)
        };
        made.map_or_else(|_| CoreHmac.tag(key, front, body), |()| Some(key.mac().tag_of_inner(&inner)))
    }
}

impl HmacProvider for OverArray<'_> {
    fn tag(&self, key: &Key, front: &str, _: &[u8]) -> Option<Tag> {
        let mut inner = [0; 32];
        let body = self.1;
        let made = if body.length() <= ONE_CALL_BYTES {
            let mut text = start(key, front, body.length());
            body.append_to(&mut text);
            self.0.digest(&text, &mut inner)
        } else {
            self.0.digest_with_array(&start(key, front, 0), &mut inner, body.array())
        };
        made.map_or_else(|_| CoreHmac.tag(key, front, &body.to_vec()), |()| Some(key.mac().tag_of_inner(&inner)))
    }

    fn head<'b>(&self, _: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Owned(self.1.head())
    }
}
