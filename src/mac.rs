//! HMAC-SHA256 and a comparison that takes the same time wherever tags differ. Nothing else.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// SHA-256 takes in 64 bytes at a time.
const BLOCK_BYTES: usize = 64;

/// An HMAC-SHA256 tag.
pub type Tag = [u8; 32];

/// A key, taken in: HMAC's key blocks are hashed once, here, instead of once a delivery.
#[derive(Clone)]
pub struct MacKey {
    mac: Hmac<Sha256>,
    /// The key, or its digest if it is longer than a block, filled up with zeros.
    block: Zeroizing<[u8; BLOCK_BYTES]>,
    /// The outer hash behind its key block, for an inner digest that a host made.
    outer: Sha256,
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey([redacted])")
    }
}

impl MacKey {
    /// Takes in a key of any length, as RFC 2104 says: a key longer than a block is hashed first, a shorter one is filled
    /// up with zeros.
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
        let outer = Sha256::new_with_prefix(padded(&block, 0x5c).as_slice());
        Self { mac, block, outer }
    }

    /// What a host hashes in front of a text to make the inner digest of HMAC. As secret as the key.
    #[must_use]
    pub fn inner_block(&self) -> Zeroizing<[u8; BLOCK_BYTES]> {
        padded(&self.block, 0x36)
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

/// A key block, each byte of it changed by `pad`.
fn padded(block: &[u8; BLOCK_BYTES], pad: u8) -> Zeroizing<[u8; BLOCK_BYTES]> {
    Zeroizing::new(block.map(|byte| byte ^ pad))
}

/// Whether two tags are equal, in time that does not depend on where they differ.
#[must_use]
pub fn same(left: &Tag, right: &Tag) -> bool {
    left.ct_eq(right).into()
}

/// The SHA-256 digest of all parts, one after the other.
#[must_use]
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
