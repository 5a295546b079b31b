//! The data of the Activity events.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that a user did.
///
/// No stored copy of the data dictionary is public.
/// absent, and everything else is in `extra`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// Mambo's id, an opaque text. Seen in the API paths `/v1/activities/{id}`; as a member: inferred.
    #[serde(default, deserialize_with = "super::id::read", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The user's id in your own system. Seen in docs.mambo.io/developers/getting-started/activities (a request).
    #[serde(default, deserialize_with = "super::id::read", skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// What kind of activity it is, and its particulars. Seen in the same place (a request).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attrs: Option<ActivityAttrs>,
    /// Deprecated since 9.0.1, removal after 2026-01-01; replaced by `GET /v1/points/transactions/{activityId}`.
    /// Seen in docs.mambo.io/developers/api-versioning/deprecation-changelog. Its shape is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Value>,
    /// Members whose names Mambo's docs do not show.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// The particulars of an activity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActivityAttrs {
    /// `behaviour` and others. Seen in docs.mambo.io/developers/getting-started/activities (a request).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The verb of the behaviour. Seen in the same place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// Members whose names Mambo's docs do not show.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}
