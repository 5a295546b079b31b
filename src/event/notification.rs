//! The data of the Notification events.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that a user is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Notification {
    /// Mambo's id, an opaque text. Seen in the API path `/v1/notifications/{id}`; as a member: inferred.
    #[serde(default, deserialize_with = "super::id::read", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was awarded, with `awardedType` and `type` to tell what it is. Seen in a consumer's code of 2022
    /// (topcoder-platform/member-api); in webhooks the nested reward itself is left out (events-payload page).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awarded: Option<Value>,
    /// Members whose names were not seen.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}
