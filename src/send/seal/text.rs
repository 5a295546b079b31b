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
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with("sealed:")
}

/// The id of the key that a sealed text needs.
pub(super) fn key_of(text: &str) -> &str {
    text.split(':').nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sealed_value_has_one_text() {
        let text = "sealed:1:k.1_a-b:AAH_:-w";
        let sealed =
            Sealed { key: WrappedKey { id: "k.1_a-b".into(), bytes: [0, 1, 255].into() }, value: [251].into() };
        assert_eq!(sealed.to_text(), text);
        assert_eq!(Sealed::from_text(text), Some(sealed));
        assert_eq!((is_sealed(text), key_of(text)), (true, "k.1_a-b"));
        // Another beginning, parts too few or too many, padding, other alphabets, bits that stand for nothing.
        for text in [
            "",
            "{}",
            "sealed:",
            "sealed:2:k:AAH_:-w",
            "Sealed:1:k:AAH_:-w",
            "sealed:1:k:AAH_",
            "sealed:1:k:AAH_:-w:",
            "sealed:1:k:AAH_:-w==",
            "sealed:1:k:AAH/:-w",
            "sealed:1:k:AAH_:-x",
            "sealed:1:k:AAH_:-w\n",
            " sealed:1:k:AAH_:-w",
        ] {
            assert_eq!(Sealed::from_text(text), None, "{text}");
        }
    }
}
