//! Secrets, keys and the ring of keys that a delivery is tried against.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::crypto::encoding::Encoding;
use crate::crypto::hmac::HmacKey;
use crate::error::Error;
use crate::limits::{MAX_KEY_ID_BYTES, MAX_KEYS, MAX_SECRET_BYTES, MIN_SECRET_BYTES};
use crate::time::UnixMillis;

/// The bytes of a shared secret. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Whether short secrets are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretPolicy {
    /// At least [`MIN_SECRET_BYTES`] bytes.
    #[default]
    Strong,
    /// Any length but zero. For secrets that cannot be changed yet.
    AnyLength,
}

/// A secret with a name and a time of validity.
///
/// ```
/// use mambo_webhooks::key::{Encoding, Key, SecretPolicy};
/// use mambo_webhooks::UnixMillis;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let key = Key::new("2026", "3031323334353637383930313233343536", Encoding::Hex, SecretPolicy::Strong)?;
/// let old = key.valid(None, Some(UnixMillis(1_800_000_000_000)));
/// assert!(!old.is_valid(UnixMillis(1_800_000_000_001)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    id: String,
    secret: Secret,
    mac: HmacKey,
    not_before: Option<UnixMillis>,
    not_after: Option<UnixMillis>,
}

/// One or more keys, each with its own id. Rotation is two keys for a while.
///
/// ```
/// use mambo_webhooks::key::{Encoding, Key, KeyRing, SecretPolicy};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let key = |id, secret| Key::new(id, secret, Encoding::Utf8, SecretPolicy::Strong);
/// let keys = KeyRing::new(vec![key("new", "the secret from today on")?, key("old", "the secret until today")?])?;
/// assert_eq!(keys.keys().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing(Vec<Key>);

impl Secret {
    /// The bytes, for a MAC that is computed elsewhere. The caller has to wipe the copies that it makes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Key {
    /// A key from the text of its secret, valid at any time.
    ///
    /// # Errors
    /// `key_id_malformed`, `secret_empty`, `secret_short`, `secret_malformed`.
    pub fn new(id: &str, secret: &str, encoding: Encoding, strength: SecretPolicy) -> Result<Self, Error> {
        let printable = id.bytes().all(|byte| byte.is_ascii_graphic());
        if id.is_empty() || id.len() > MAX_KEY_ID_BYTES || !printable {
            return Err(Error::KeyIdMalformed);
        }
        let malformed = |problem| Error::SecretMalformed { key: id.into(), problem };
        if secret.chars().all(char::is_whitespace) {
            return Err(Error::SecretEmpty { key: id.into() });
        }
        if secret.chars().any(char::is_control) {
            return Err(malformed("holds a control character, such as a line end"));
        }
        let Some(bytes) = encoding.decode(secret) else {
            return Err(malformed(match encoding {
                Encoding::Utf8 => "is not text",
                Encoding::Hex => "is not hex",
                Encoding::Base64 => "is not base64",
            }));
        };
        if bytes.is_empty() {
            return Err(Error::SecretEmpty { key: id.into() });
        }
        if bytes.len() < MIN_SECRET_BYTES && strength == SecretPolicy::Strong {
            return Err(Error::SecretShort { key: id.into(), bytes: bytes.len(), needed: MIN_SECRET_BYTES });
        }
        if bytes.len() > MAX_SECRET_BYTES {
            return Err(malformed("is over 4096 bytes"));
        }
        let secret = Secret(bytes);
        let mac = HmacKey::new(secret.expose());
        Ok(Self { id: id.into(), secret, mac, not_before: None, not_after: None })
    }

    /// Limits the key's validity: from `not_before` to `not_after`, both included.
    #[must_use]
    pub fn valid(mut self, not_before: Option<UnixMillis>, not_after: Option<UnixMillis>) -> Self {
        self.not_before = not_before;
        self.not_after = not_after;
        self
    }

    /// The name of the key. Not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key may be used at this time.
    #[must_use]
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        self.not_before.is_none_or(|from| from <= now) && self.not_after.is_none_or(|until| now <= until)
    }

    /// The secret that the key was made of.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns the HMAC key, prepared for computing tags.
    #[must_use]
    pub const fn mac(&self) -> &HmacKey {
        &self.mac
    }
}

impl KeyRing {
    /// A ring of these keys, tried in this order.
    ///
    /// # Errors
    /// `keys_missing`, `keys_too_many`, `key_repeated`.
    pub fn new(keys: Vec<Key>) -> Result<Self, Error> {
        if keys.is_empty() {
            return Err(Error::KeysMissing);
        }
        if keys.len() > MAX_KEYS {
            return Err(Error::KeysTooMany { count: keys.len(), allowed: MAX_KEYS });
        }
        let earlier = |at, key: &Key| keys.iter().take(at).any(|other| other.id == key.id);
        if let Some((_, key)) = keys.iter().enumerate().find(|(at, key)| earlier(*at, key)) {
            return Err(Error::KeyRepeated { key: key.id.clone() });
        }
        Ok(Self(keys))
    }

    /// A ring of one key called `default`, from the UTF-8 text of its secret.
    ///
    /// # Errors
    /// As for [`Key::new`].
    pub fn single(secret: &str) -> Result<Self, Error> {
        Ok(Self([Key::new("default", secret, Encoding::Utf8, SecretPolicy::Strong)?].into()))
    }

    /// Every key, in order.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// The keys that may be used at this time.
    pub fn valid(&self, now: UnixMillis) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(move |key| key.is_valid(now))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
