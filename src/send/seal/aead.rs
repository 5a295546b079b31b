//! Encryption of one value with one key.

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::send::error::SendError;

/// The length of a key.
pub(super) const KEY_BYTES: usize = 32;
/// The length of a nonce: long enough to be random for every value.
const NONCE_BYTES: usize = 24;

/// Random bytes of the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SendError> {
    let mut bytes = [0; N];
    let failed = |error: getrandom::Error| SendError::SealFailed { what: alloc::format!("{error}") };
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Encrypts `plain`, bound to `place`: a nonce with the ciphertext and its tag behind.
pub(super) fn encrypt(key: &[u8; KEY_BYTES], place: &[u8], plain: &[u8]) -> Result<Vec<u8>, SendError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let too_long = |_| SendError::SealFailed { what: "the value is too long".into() };
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place }).map_err(too_long)?;
    Ok([&nonce[..], &sealed].concat())
}

/// Decrypts what [`encrypt`] made for the same place; `None` for anything else.
pub(super) fn decrypt(key: &[u8; KEY_BYTES], place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place }).ok().map(Zeroizing::new)
}
