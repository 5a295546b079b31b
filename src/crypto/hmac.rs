//! HMAC-SHA256 and a comparison that takes the same time wherever tags differ. Nothing else.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// SHA-256 takes in 64 bytes at a time.
const BLOCK_BYTES: usize = 64;
/// RFC 2104 XORs each byte of the key block with `INNER_PAD` for the inner hash and with `OUTER_PAD` for the outer one.
const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;

/// An HMAC-SHA256 tag.
pub type Tag = [u8; 32];

/// A key prepared for HMAC: its key blocks are hashed once, here, instead of once per delivery.
#[derive(Clone)]
pub struct HmacKey {
    mac: Hmac<Sha256>,
    /// What the inner hash takes in first, for a host that computes it.
    inner_block: Zeroizing<Vec<u8>>,
    /// The outer hash behind its key block, for an inner digest that a host made.
    outer: Sha256,
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([redacted])")
    }
}

impl HmacKey {
    /// Takes in a key of any length, as RFC 2104 says: a key longer than a block is hashed first, a shorter one is
    /// filled up with zeros.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
        if secret.len() > BLOCK_BYTES {
            let digest: Zeroizing<Tag> = Zeroizing::new(Sha256::digest(secret).into());
            block.iter_mut().zip(digest.as_slice()).for_each(|(to, from)| *to = *from);
        } else {
            block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        }
        let mac = Hmac::new((&*block).into());
        block.iter_mut().for_each(|byte| *byte ^= INNER_PAD);
        let inner_block = Zeroizing::new(block.to_vec());
        block.iter_mut().for_each(|byte| *byte ^= INNER_PAD ^ OUTER_PAD);
        Self { mac, inner_block, outer: Sha256::new_with_prefix(block.as_slice()) }
    }

    /// Returns the block that a host hashes before the text for HMAC's inner digest. As secret as the key.
    #[must_use]
    pub fn inner_block(&self) -> &[u8] {
        &self.inner_block
    }

    /// The tag whose inner digest a host made of [`inner_block`](Self::inner_block) and the text.
    #[must_use]
    pub fn tag_of_inner(&self, inner: &Tag) -> Tag {
        self.outer.clone().chain_update(inner).finalize().into()
    }

    /// The tag of all parts, one after the other.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> Tag {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Whether two tags are equal, in time that does not depend on where they differ.
#[must_use]
pub fn constant_time_eq(left: &Tag, right: &Tag) -> bool {
    left.ct_eq(right).into()
}

/// The SHA-256 digest of all parts, one after the other.
#[must_use]
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
