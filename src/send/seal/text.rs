//! The text of a sealed value: `sealed:1:<key id>:<wrapped data key>:<nonce and ciphertext>`, the last two in URL-safe Base64.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::keys::WrappedKey;

/// What every sealed value begins with. JSON never does.
const BEGINNING: &str = "sealed:1:";

/// A sealed value: under which data key, and the nonce with the ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub key: WrappedKey,
    pub value: Vec<u8>,
}

impl Sealed {
    pub(super) fn to_text(&self) -> String {
        let encode = Base64UrlUnpadded::encode_string;
        [BEGINNING, &self.key.id, ":", &encode(&self.key.bytes), ":", &encode(&self.value)].concat()
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `None` for anything else.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(BEGINNING)?.split(':');
        let (Some(id), Some(wrapped), Some(value), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let decode = |part: &str| Base64UrlUnpadded::decode_vec(part).ok();
        Some(Self { key: WrappedKey { id: id.to_string(), bytes: decode(wrapped)? }, value: decode(value)? })
    }
}

/// Whether a stored text is sealed, in this way or one of a newer release.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with("sealed:")
}

/// The id of the key that a sealed text needs.
pub(crate) fn key_of(text: &str) -> &str {
    text.split(':').nth(2).unwrap_or_default()
}
