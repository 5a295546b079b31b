//! The data of `PointWalletUpdated`.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The points that a user holds. No member name is public: the docs' `exampleField` is a placeholder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PointWallet {
    /// Every member.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}
