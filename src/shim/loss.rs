//! What a new shape could not hold, and what becomes of it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::Error;
use crate::json::Path;
use crate::json::pointer::escape_token;

/// What happens where a payload does not fit a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// The data is changed as far as it fits, and the rest is listed as a loss: no event is lost over it.
    #[default]
    Lenient,
    /// A payload that does not fit is refused with `shim_conflict`.
    Strict,
}

/// Something that the new shape could not hold, so that the way back would not give the same data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Id of the change.
    pub change: String,
    /// JSON pointer into the data as it was when the change came to it.
    pub at: String,
    /// What kind of loss it is.
    pub kind: LossKind,
}

/// Kinds of loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// A member has no place in the new shape.
    ValueDropped,
    /// A list was cut to its first element.
    TailDropped,
    /// An object was reduced to one of its members.
    MembersDropped,
    /// Several values become the same one.
    ValueMerged,
    /// An empty object will not come back.
    EmptyObject,
    /// Both the older and the newer name were there; the newer one stays.
    BothPresent,
    /// Only the target shape's name was there: converting back will take its value for a converted one.
    NameTaken,
    /// The value does not fit the change and was left as it is.
    Unfit,
    /// A model within itself goes deeper than changes are followed, and was left as it is.
    TooDeep,
}

/// The state of one run: its direction, strictness and current change, and the losses and error so far.
pub(super) struct Run {
    pub(super) is_up: bool,
    pub(super) strictness: Strictness,
    pub(super) change: String,
    pub(super) losses: Vec<Loss>,
    pub(super) error: Option<Error>,
}

impl Run {
    pub(super) fn is_lenient(&self) -> bool {
        self.strictness == Strictness::Lenient
    }

    /// Lists a loss at a place, or at one of its members.
    pub(super) fn lose(&mut self, kind: LossKind, at: &Path<'_>, key: &str) {
        let mut at = at.to_string();
        if !key.is_empty() {
            at = [at, escape_token(key)].concat();
        }
        self.losses.push(Loss { change: self.change.clone(), at, kind });
    }

    /// A loss under the lenient policy, an error under the strict one.
    pub(super) fn conflict(&mut self, kind: LossKind, at: &Path<'_>, key: &str, problem: &'static str) {
        if self.strictness == Strictness::Strict {
            let at = at.to_string();
            let at = if at.is_empty() { "the top".into() } else { at };
            self.error.get_or_insert(Error::ShimConflict { change: self.change.clone(), at, problem });
        } else {
            self.lose(kind, at, key);
        }
    }

    /// Returns `false`: nothing changed. Lists a loss if the target shape's name is there instead.
    pub(super) fn taken(&mut self, is_taken: bool, at: &Path<'_>, key: &str) -> bool {
        if is_taken {
            self.lose(LossKind::NameTaken, at, key);
        }
        false
    }

    /// A value that does not fit: nothing was changed.
    pub(super) fn unfit(&mut self, at: &Path<'_>, problem: &'static str) -> bool {
        self.conflict(LossKind::Unfit, at, "", problem);
        false
    }
}

impl LossKind {
    /// The kind as text, for example `value_dropped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ValueDropped => "value_dropped",
            Self::TailDropped => "tail_dropped",
            Self::MembersDropped => "members_dropped",
            Self::ValueMerged => "value_merged",
            Self::EmptyObject => "empty_object",
            Self::BothPresent => "both_present",
            Self::NameTaken => "name_taken",
            Self::Unfit => "unfit",
            Self::TooDeep => "too_deep",
        }
    }
}
