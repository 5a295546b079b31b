//! Options that come in as JavaScript objects, through serde.

use mambo_webhooks::Error;
use mambo_webhooks::error::ProblemCount;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

/// A secret as text. Wiped when dropped; an error never quotes what came in its place.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("expected a secret as text"))?;
        Ok(Self(Zeroizing::new(text)))
    }
}

/// How to sign.
#[derive(Deserialize)]
pub(crate) struct SignOptions {
    pub(crate) secret: Secret,
    /// A profile document; the default profile without one.
    pub(crate) profile: Option<String>,
}

/// What a captured delivery may be signed with.
#[cfg(feature = "tools")]
#[derive(Deserialize)]
pub(crate) struct DetectOptions {
    pub(crate) secrets: Vec<Secret>,
}

/// Reads options.
///
/// # Errors
/// `options_invalid`.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(options: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(options).map_err(|error| {
        // serde's own sentences quote the value: only what was expected is said, and what is missing.
        let sentence = error.to_string();
        let first = match (sentence.rfind("expected "), sentence.rfind("missing field ")) {
            (Some(at), _) | (None, Some(at)) => sentence.get(at..).unwrap_or_default().into(),
            (None, None) => String::from("expected an object with the members that its type names"),
        };
        Error::OptionsInvalid { count: ProblemCount(1), first }
    })
}
