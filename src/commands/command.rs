//! What a command is asked for, with its files read. The host of another language hands it over as JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

/// A command whose files are read: documents are texts.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// Says whether a captured delivery is accepted.
    Verify(Capture),
    /// Says why a captured delivery is refused, and what would explain it.
    Diagnose(Capture),
    /// Works out how a captured delivery is signed and laid out.
    Detect(Capture),
    /// Signs a body.
    Sign(Capture),
    /// Takes a delivery that a host received: what to print, and what to answer. Without a secret it is not verified.
    Receive {
        /// How to verify it.
        how: Option<Capture>,
    },
    /// Makes the signed request of one event, for a host that posts it.
    Request {
        /// The event type.
        #[serde(rename = "type")]
        event_type: String,
        /// The event's id.
        id: String,
        /// The version of the data, which the request names.
        server: String,
        /// JSON text.
        data: String,
        /// How to sign. Its headers are not used.
        how: Capture,
    },
    /// Brings data of one version into the shape of another.
    Upgrade {
        /// A registry document.
        registry: String,
        /// The event type.
        #[serde(rename = "type")]
        event_type: String,
        /// The version that the data is in.
        from: String,
        /// The version that is wanted.
        to: String,
        /// JSON text.
        data: String,
    },
    /// Lists the problems of a registry document.
    RegistryCheck {
        /// The document.
        registry: String,
        /// The document that is published: changes of it that were edited are problems too.
        against: Option<String>,
    },
    /// Tells what differs between two registries, or between two versions of one.
    RegistryDiff {
        /// The older document, or the one whose versions are compared.
        older: String,
        /// The newer document.
        newer: Option<String>,
        /// The older version, without `newer`.
        from: Option<String>,
        /// The newer version, without `newer`.
        to: Option<String>,
        /// Only this event type, without `newer`.
        #[serde(rename = "type")]
        event_type: Option<String>,
    },
    /// Infers the changes between two versions from samples of both.
    RegistryInfer(Infer),
    /// Makes types of payloads from samples and a registry.
    RegistryTypes {
        /// The document; `None` for the built-in one alone.
        registry: Option<String>,
        /// Deliveries or data.
        samples: Option<Samples>,
        /// `typescript`, `rust` or `json-schema`.
        language: String,
        /// The versions to make types for; empty for all that are listed.
        version: Vec<String>,
        /// The event type of data that does not name it.
        #[serde(rename = "type")]
        event_type: Option<String>,
        /// The version of samples that do not name it.
        pinned: Option<String>,
        /// A profile document; `None` for the default.
        profile: Option<String>,
    },
    /// Prints what changed between versions, as Markdown.
    RegistryChangelog {
        /// The document; `None` for the built-in one alone.
        registry: Option<String>,
    },
}

/// A captured delivery, or what is to be signed. The body is apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capture {
    /// The headers, each on a line: `Name: value`.
    #[serde(default)]
    pub headers: String,
    /// A profile document; `None` for the default.
    pub profile: Option<String>,
    /// The secret, as text.
    pub secret: Zeroizing<String>,
    /// How the secret is written: `utf8`, `hex` or `base64`. Default: `utf8`.
    pub encoding: Option<String>,
    /// The receiver's time, in milliseconds since 1970.
    pub now: i64,
}

/// What changes are inferred from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Infer {
    /// Samples of the older version.
    pub old: Samples,
    /// Samples of the newer version.
    pub new: Samples,
    /// The event type; `None` for each that the samples name.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// The version of the older samples.
    pub from: Option<String>,
    /// The first version with the newer shape.
    pub since: String,
    /// A profile document; `None` for the default.
    pub profile: Option<String>,
}

/// Payloads, as a host read them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Samples {
    /// The bodies of deliveries, each an envelope.
    Bodies(Vec<String>),
    /// Data, one JSON text on each line.
    Lines(String),
}

/// Shows no secret and no payload.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Command")
    }
}

/// Shows no secret and no payload.
impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capture")
    }
}

/// Shows no payload.
impl fmt::Debug for Infer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Infer")
    }
}

/// Shows no payload.
impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Samples")
    }
}

impl Command {
    /// Reads a command from JSON: its name is the member `command`, its options are the others.
    ///
    /// # Errors
    /// A sentence without any value of the command.
    pub fn from_json(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| {
            // serde's sentence may quote a value: only its place is said.
            alloc::format!("the command cannot be read at column {}", error.column())
        })
    }
}
