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

/// A key, taken in: both of HMAC's key blocks are hashed once, here, instead of once a delivery.
#[derive(Clone)]
pub struct MacKey {
    mac: Hmac<Sha256>,
    /// The outer hash behind its key block, for an inner digest that a host made.
    outer: Sha256,
}

/// HMAC's key block: the key, or the digest of a long one, filled up with zeros, and each byte changed by `pad`.
fn key_block(secret: &[u8], pad: u8) -> Zeroizing<[u8; BLOCK_BYTES]> {
    let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
    let digest: Zeroizing<Tag>;
    let short: &[u8] = if secret.len() > BLOCK_BYTES {
        digest = Zeroizing::new(Sha256::digest(secret).into());
        digest.as_slice()
    } else {
        secret
    };
    for (to, from) in block.iter_mut().zip(short) {
        *to = *from;
    }
    block.iter_mut().for_each(|byte| *byte ^= pad);
    block
}

/// What a host hashes in front of a text to make the inner digest of HMAC: its inner key block. As secret as the key.
#[must_use]
pub fn inner_block(secret: &[u8]) -> Zeroizing<[u8; BLOCK_BYTES]> {
    key_block(secret, 0x36)
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey([redacted])")
    }
}

impl MacKey {
    /// Takes in a key of any length, as RFC 2104 says: a key longer than a block is hashed first.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::<Sha256>::new((&*key_block(secret, 0)).into());
        Self { mac, outer: Sha256::new_with_prefix(key_block(secret, 0x5c).as_slice()) }
    }

    /// The tag whose inner digest a host made of [`inner_block`] and the text.
    #[inline]
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
#[inline]
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
