//! The data of Ping.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `{"message":"ping"}`. Source: docs.mambo.io/developers/webhooks/events-payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ping {
    /// `ping`.
    pub message: Option<String>,
    /// Members that the docs do not name.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}
