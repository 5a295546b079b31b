//! A profile: everything about the wire that Mambo's public docs leave open, as one JSON document.

use alloc::string::ToString;

use serde::{Deserialize, Serialize};

use crate::envelope::Layout;
use crate::error::Error;
use crate::scheme::Scheme;

/// How deliveries are signed and laid out. The default is **assumed** where [`Scheme`] and [`Layout`] say so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Profile {
    /// The signature scheme.
    pub scheme: Scheme,
    /// The envelope.
    pub envelope: Layout,
}

impl Profile {
    /// Reads a profile and checks it. What is left out is as in the default.
    ///
    /// # Errors
    /// `profile_invalid`, with the place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let profile: Self = serde_json::from_str(text)
            .map_err(|error| Error::ProfileInvalid { at: "/".into(), problem: error.to_string() })?;
        profile.check()?;
        Ok(profile)
    }

    /// Refuses a profile under which one delivery could be read in two ways.
    ///
    /// # Errors
    /// `profile_invalid`, with the place.
    pub fn check(&self) -> Result<(), Error> {
        self.scheme.check()?;
        self.envelope.check()
    }
}
