//! The commands that a person runs, without their files, arguments and terminal: the program and the npm package have
//! those, and both print what these return.

mod capture;

mod listen;

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
    Receive(Option<Capture>),
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
        Command::Receive(capture) => receive(capture.as_ref(), body).map(Received::into_answer),
        Command::Request { event_type, id, server, data, how } => how.request(event_type, id, server, data),
        Command::Upgrade { registry, event_type, from, to, data } => {
            registry::upgrade(registry, event_type, from, to, data)
        }
        Command::RegistryCheck { registry } => Ok(registry::check(registry)),
        Command::RegistryChangelog { registry } => registry::changelog(registry.as_deref()),
    }
}
