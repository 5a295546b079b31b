//! What a change does to a payload. Written from the older shape to the newer; the way back is derived.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::json::Pointer;

/// One step of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// The member at `at` gets the name `to`.
    Rename {
        /// Where the member is in the older shape.
        at: Pointer,
        /// Its name in the newer shape.
        to: String,
    },
}

impl Op {
    /// The op that undoes this one; `None` when its pointer names no member.
    #[must_use]
    pub fn invert(&self) -> Option<Self> {
        match self {
            Self::Rename { at, to } => {
                let (_, key) = at.split_key()?;
                Some(Self::Rename { at: at.with_key(to), to: key.into() })
            }
        }
    }
}
