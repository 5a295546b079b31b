//! Secrets sealed at rest: a data key encrypts them, and a key of the caller's encrypts the data key (envelope encryption).
//!
//! The cipher is XChaCha20-Poly1305 of the `RustCrypto` project. Each value has a random nonce, and is bound to its place: one that is
//! copied to another endpoint, tenant or event does not open.

mod aead;

mod keys;

mod text;

mod data_keys;

mod sealer;

mod store;

pub use keys::{DataKey, LocalKeys, SealingKeys, WrappedKey};
pub use sealer::Sealer;

pub(crate) use data_keys::RETRY;
pub(crate) use store::Seal;
