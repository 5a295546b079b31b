//! Keys that encrypt data keys: from a file or the environment, or in a key service.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use super::aead::{KEY_BYTES, decrypt, encrypt};
use crate::send::error::SendError;

/// What binds a wrapped data key to its purpose.
const PLACE: &[u8] = b"mambo-webhooks data key";

/// A key that encrypts values. It is wiped from memory when it is dropped.
pub type DataKey = Zeroizing<[u8; KEY_BYTES]>;

/// A data key, encrypted by a sealing key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrappedKey {
    /// The sealing key's id: letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// The encrypted data key, as the key service or [`LocalKeys`] made it.
    pub bytes: Vec<u8>,
}

/// Encrypts and decrypts data keys: with keys of this process, or through a key service (KMS). A process makes one data key,
/// and remembers those that it has decrypted, so calls are few. They may block, and the store waits for them: let them fail
/// after a second or two.
pub trait SealingKeys: Send + Sync + 'static {
    /// The id of the key that [`wrap`](Self::wrap) uses: letters, digits, `.`, `-` and `_`. When it changes, what is sealed
    /// from then on gets a new data key.
    fn current(&self) -> String;

    /// Encrypts a data key with the current key.
    ///
    /// # Errors
    /// `seal_failed`, when the key service refuses.
    fn wrap(&self, key: &DataKey) -> Result<WrappedKey, SendError>;

    /// Decrypts a data key.
    ///
    /// # Errors
    /// `seal_key_missing` for a key that is not there, `seal_broken` for bytes that were changed, `seal_failed` when the key
    /// service fails: then it is asked again.
    fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SendError>;
}

/// Sealing keys as a file or a variable holds them, a line each: an id, a blank, and 32 bytes in Base64. The first seals, all
/// of them open: a new first line is a rotation.
pub struct LocalKeys(Vec<(String, DataKey)>);

impl LocalKeys {
    /// Reads keys. Blank lines and those that begin with `#` are left out.
    ///
    /// # Errors
    /// `seal_key_malformed`, with the number of the line.
    pub fn from_text(text: &str) -> Result<Self, SendError> {
        let lines = (1_usize..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
        let mut keys: Vec<(String, DataKey)> = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let malformed = || SendError::SealKeyMalformed { line: number };
            let (id, key) = line.split_once(char::is_whitespace).ok_or_else(malformed)?;
            let mut bytes: DataKey = Zeroizing::new([0; KEY_BYTES]);
            let length = Base64::decode(key.trim(), &mut *bytes).map_err(|_| malformed())?.len();
            let is_known = keys.iter().any(|(other, _)| other == id);
            if length != KEY_BYTES || !is_id(id) || is_known {
                return Err(malformed());
            }
            keys.push((id.to_string(), bytes));
        }
        if keys.is_empty() { Err(SendError::SealKeyMalformed { line: 1 }) } else { Ok(Self(keys)) }
    }

    /// A line with a new key, to be put first into a file.
    ///
    /// # Errors
    /// `seal_failed`, when the system has no randomness; `seal_key_malformed` for an id with other characters than letters,
    /// digits, `.`, `-` and `_`.
    pub fn new_line(id: &str) -> Result<Zeroizing<String>, SendError> {
        if !is_id(id) {
            return Err(SendError::SealKeyMalformed { line: 1 });
        }
        let key: DataKey = Zeroizing::new(super::aead::random()?);
        Ok(Zeroizing::new([id, " ", &Base64::encode_string(&*key)].concat()))
    }

    fn first(&self) -> Result<&(String, DataKey), SendError> {
        self.0.first().ok_or(SendError::SealKeyMalformed { line: 1 })
    }
}

/// Whether a text is an id of letters, digits, `.`, `-` and `_`.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

impl SealingKeys for LocalKeys {
    fn current(&self) -> String {
        self.0.first().map(|(id, _)| id.clone()).unwrap_or_default()
    }

    fn wrap(&self, key: &DataKey) -> Result<WrappedKey, SendError> {
        let (id, sealing) = self.first()?;
        Ok(WrappedKey { id: id.clone(), bytes: encrypt(sealing, PLACE, &**key)? })
    }

    fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SendError> {
        let missing = || SendError::SealKeyMissing { id: wrapped.id.clone() };
        let (_, sealing) = self.0.iter().find(|(id, _)| *id == wrapped.id).ok_or_else(missing)?;
        let broken = || SendError::SealBroken { id: wrapped.id.clone() };
        let plain = decrypt(sealing, PLACE, &wrapped.bytes).ok_or_else(broken)?;
        Ok(Zeroizing::new(plain.as_slice().try_into().map_err(|_| broken())?))
    }
}

/// Shows the ids of the keys.
impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}
