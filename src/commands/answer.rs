//! What a command found.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

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

impl Answer {
    pub(super) fn new(is_yes: bool, text: impl Into<String>, json: Value) -> Self {
        Self { is_yes, text: text.into(), remarks: Vec::new(), json }
    }
}
