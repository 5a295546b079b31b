//! The commands that a person runs, without their files, arguments and terminal: the program and the npm package have
//! those, and both print what these return.

mod capture;

mod listen;

mod samples;

mod infer;

mod registry;

pub use listen::{Received, receive};

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde_json::Value;
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

/// What a command found.
#[derive(Debug)]
pub struct Answer {
    /// Whether the result is positive: the exit code.
    pub is_yes: bool,
    /// For standard output.
    pub text: String,
    /// Lines for standard error: what is worth saying beside a text that goes to a file.
    pub remarks: Vec<String>,
    /// What `--json` prints in place of the text.
    pub json: Value,
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

impl Answer {
    fn new(is_yes: bool, text: impl Into<String>, json: Value) -> Self {
        Self { is_yes, text: text.into(), remarks: Vec::new(), json }
    }
}

/// Carries out a command.
///
/// # Errors
/// A sentence that says which input cannot be used.
pub fn run(command: &Command, body: &[u8]) -> Result<Answer, String> {
    match command {
        Command::Verify(capture) => capture.verify(body),
        Command::Diagnose(capture) => capture.diagnose(body),
        Command::Detect(capture) => capture.detect(body),
        Command::Sign(capture) => capture.sign(body),
        Command::Receive { how } => receive(how.as_ref(), body).map(Received::into_answer),
        Command::Request { event_type, id, server, data, how } => how.request(event_type, id, server, data),
        Command::Upgrade { registry, event_type, from, to, data } => {
            registry::upgrade(registry, event_type, from, to, data)
        }
        Command::RegistryCheck { registry, against } => registry::check(registry, against.as_deref()),
        Command::RegistryDiff { older, newer, from, to, event_type } => {
            let versions = from.as_deref().zip(to.as_deref());
            registry::diff(older, newer.as_deref(), versions, event_type.as_deref())
        }
        Command::RegistryInfer(infer) => infer.run(),
        Command::RegistryTypes { registry, samples, language, version, event_type, pinned, profile } => {
            let found = samples.as_ref().map(|samples| samples.read(profile.as_deref(), event_type.as_deref()));
            let found = found.transpose()?.unwrap_or_default();
            registry::types(registry.as_deref(), &found, language, version, pinned.as_deref())
        }
        Command::RegistryChangelog { registry } => registry::changelog(registry.as_deref()),
    }
}
