//! What a change does to a payload. Written from the older shape to the newer; the way back is derived.

use alloc::string::String;

use crate::json::{Doc, Pointer, Problems};

/// One step of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Reads an op.
    pub fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        fields.need("op", problems)?.word(&[("rename", ())], problems)?;
        let at = fields.need("at", problems).and_then(|at| at.parsed(Pointer::parse, problems));
        let to = fields.need("to", problems).and_then(|to| to.text(problems));
        fields.finish(problems);
        Some(Self::Rename { at: at?, to: to? })
    }

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
