//! Text encodings of bytes: strict, with one spelling each, for signatures; lenient for secrets.

use alloc::string::String;
use alloc::vec::Vec;

use base16ct::lower;
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use zeroize::Zeroizing;

/// How a secret is written down.
///
/// Mambo's docs do not say how the text of a secret becomes key bytes; its UTF-8 bytes are assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// The bytes of the text itself.
    #[default]
    Utf8,
    /// Hex digits, either case, two a byte.
    Hex,
    /// Base64, standard or URL-safe alphabet, padded or not. A `whsec_` in front, as Standard Webhooks writes secrets,
    /// is not part of it.
    Base64,
}

/// What Standard Webhooks puts before a secret in base64.
const SECRET_PREFIX: &str = "whsec_";

impl Encoding {
    /// Each encoding with its name in documents.
    pub const NAMES: [(&'static str, Self); 3] = [("utf8", Self::Utf8), ("hex", Self::Hex), ("base64", Self::Base64)];

    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, encoding)| *encoding == self).map_or("", |(name, _)| name)
    }

    /// The bytes that `text` stands for; `None` when it is not of this encoding.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Hex => base16ct::mixed::decode_vec(text).ok()?,
            Self::Base64 => Base64::decode_vec(&standard(text.strip_prefix(SECRET_PREFIX).unwrap_or(text))).ok()?,
        };
        Some(Zeroizing::new(bytes))
    }
}

/// `text` in the standard alphabet and padded, if it is base64 at all; wiped after use, since it is a secret.
fn standard(text: &str) -> Zeroizing<String> {
    let length = text.len().next_multiple_of(4);
    let missing = if text.ends_with('=') { 0 } else { length.saturating_sub(text.len()) };
    let mut standard = Zeroizing::new(String::with_capacity(text.len().saturating_add(missing)));
    standard.extend(text.chars().map(|letter| match letter {
        '-' => '+',
        '_' => '/',
        other => other,
    }));
    standard.extend(core::iter::repeat_n('=', missing));
    standard
}

/// `bytes` as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    lower::encode_string(bytes)
}

/// The 32 bytes behind 64 lower-case hex digits.
#[must_use]
pub(crate) fn unhex(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = lower::decode(digits, &mut bytes).ok()?.len();
    if decoded == bytes.len() { Some(bytes) } else { None }
}

/// `bytes` as base64, padded.
#[must_use]
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The 32 bytes behind 44 characters of padded base64 in the standard alphabet.
#[must_use]
pub(crate) fn unbase64(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = Base64::decode(text, &mut bytes).ok()?.len();
    if decoded == bytes.len() { Some(bytes) } else { None }
}

/// `bytes` as base64 in the URL-safe alphabet, without padding.
#[must_use]
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The 32 bytes behind 43 characters of base64 in the URL-safe alphabet, without padding.
#[must_use]
pub(crate) fn unbase64_url(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    if decoded == bytes.len() { Some(bytes) } else { None }
}
