//! What a change does to a payload. Written from the older shape to the newer; the way back is derived.

use alloc::string::String;
use alloc::vec::Vec;

use super::convert::Conversion;
use crate::json::{Pointer, Segment};

/// One step of a change. Absence is kept: an op whose value is not there does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// The member at `at` gets the name `to`.
    Rename {
        /// Where the member is in the older shape.
        at: Pointer,
        /// The member's name in the newer shape.
        to: String,
    },
    /// The member at `from` moves to `to`; missing parent objects are created, and those left empty are removed.
    Move {
        /// Where it is in the older shape.
        from: Pointer,
        /// Where it is in the newer shape: the same elements of the same arrays.
        to: Pointer,
    },
    /// The newer shape has a member that the older one has not.
    Add {
        /// Where it is.
        at: Pointer,
        /// The member's value where the payload has none, as JSON text.
        default: String,
    },
    /// The newer shape lacks a member that the older one has.
    Remove {
        /// Where it is.
        at: Pointer,
        /// What a reader of the older shape gets instead, as JSON text.
        default: String,
    },
    /// A value becomes an object that holds it under `key`.
    Wrap {
        /// Where it is.
        at: Pointer,
        /// The name inside.
        key: String,
    },
    /// An object is replaced by the value that it holds under `key`.
    Unwrap {
        /// Where it is.
        at: Pointer,
        /// The name inside.
        key: String,
    },
    /// A value becomes a list of it; null becomes the empty list.
    ToList {
        /// Where it is.
        at: Pointer,
    },
    /// A list becomes its first element; the empty list becomes null.
    Head {
        /// Where it is.
        at: Pointer,
    },
    /// Values are exchanged by a table.
    MapValue {
        /// Where they are.
        at: Pointer,
        /// Older and newer value, as JSON text of scalars.
        pairs: Vec<(String, String)>,
        /// What becomes of values outside the table on the way to the newer shape.
        up_other: Other,
        /// What becomes of values outside the table on the way to the older shape.
        down_other: Other,
    },
    /// A value is written in another form.
    Convert {
        /// Where it is.
        at: Pointer,
        /// From which form to which.
        conversion: Conversion,
    },
    /// A text becomes several members beside it.
    Split {
        /// Where it is.
        at: Pointer,
        /// What stands between the parts.
        separator: String,
        /// The names of the parts, two or more. The last takes the rest.
        into: Vec<String>,
    },
    /// Several texts become one member beside them.
    Join {
        /// Where it comes to be.
        at: Pointer,
        /// What stands between the parts.
        separator: String,
        /// The names of the parts.
        from: Vec<String>,
    },
    /// Ops that apply only to objects in which `member` has the value `is`.
    When {
        /// Where the objects are.
        at: Pointer,
        /// The name of the member whose value is tested.
        member: String,
        /// The value that the member must have, as JSON text of a scalar.
        is: String,
        /// What is done, with pointers that start at the object.
        ops: Vec<Op>,
    },
}

/// What becomes of a value outside a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Other {
    /// The value stays as it is.
    #[default]
    Keep,
    /// The value does not fit: an error under the strict policy, a listed loss under the lenient one.
    Error,
    /// The value becomes this one, JSON text of a scalar.
    To(String),
}

/// The directions in which a change loses data even when every value has its expected form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lossy {
    /// Whether upgrading, from the older shape to the newer, loses data.
    pub up: bool,
    /// Whether downgrading, from the newer shape to the older, loses data.
    pub down: bool,
}

impl Op {
    /// The op that undoes this one.
    #[must_use]
    pub fn invert(&self) -> Self {
        match self.clone() {
            Self::Rename { at, to } => {
                let key = at.split_key().map(|(_, key)| String::from(key)).unwrap_or_default();
                Self::Rename { at: at.with_key(&to), to: key }
            }
            Self::Move { from, to } => Self::Move { from: to, to: from },
            Self::Add { at, default } => Self::Remove { at, default },
            Self::Remove { at, default } => Self::Add { at, default },
            Self::Wrap { at, key } => Self::Unwrap { at, key },
            Self::Unwrap { at, key } => Self::Wrap { at, key },
            Self::ToList { at } => Self::Head { at },
            Self::Head { at } => Self::ToList { at },
            Self::MapValue { at, pairs, up_other, down_other } => {
                let pairs = pairs.into_iter().map(|(old, new)| (new, old)).collect();
                Self::MapValue { at, pairs, up_other: down_other, down_other: up_other }
            }
            Self::Convert { at, conversion } => Self::Convert { at, conversion: conversion.invert() },
            Self::Split { at, separator, into } => Self::Join { at, separator, from: into },
            Self::Join { at, separator, from } => Self::Split { at, separator, into: from },
            Self::When { at, member, is, ops } => {
                Self::When { at, member, is, ops: ops.iter().rev().map(Self::invert).collect() }
            }
        }
    }

    /// Returns the directions in which the op itself can lose data.
    #[must_use]
    pub fn lossy(&self) -> Lossy {
        const UP: Lossy = Lossy { up: true, down: false };
        const DOWN: Lossy = Lossy { up: false, down: true };
        match self {
            Self::Add { .. } | Self::ToList { .. } | Self::Convert { conversion: Conversion::SecondsToMillis, .. } => {
                DOWN
            }
            Self::Remove { .. } | Self::Head { .. } | Self::Convert { conversion: Conversion::MillisToSeconds, .. } => {
                UP
            }
            Self::MapValue { pairs, up_other, down_other, .. } => {
                let merges =
                    |index: usize, same: &dyn Fn(&(String, String)) -> bool| pairs.iter().take(index).any(same);
                let mut indexed = pairs.iter().enumerate();
                let up = indexed.clone().any(|(index, pair)| merges(index, &|other| other.1 == pair.1));
                let down = indexed.any(|(index, pair)| merges(index, &|other| other.0 == pair.0));
                Lossy { up: up || matches!(up_other, Other::To(_)), down: down || matches!(down_other, Other::To(_)) }
            }
            Self::When { ops, .. } => ops.iter().map(Self::lossy).fold(Lossy::default(), Lossy::or),
            _ => Lossy::default(),
        }
    }

    /// Returns the op with `prefix` put before each of its pointers.
    #[must_use]
    pub(crate) fn under(&self, prefix: &[Segment]) -> Self {
        let mut op = self.clone();
        match &mut op {
            Self::Move { from, to } => {
                *from = from.under(prefix);
                *to = to.under(prefix);
            }
            Self::Rename { at, .. }
            | Self::Add { at, .. }
            | Self::Remove { at, .. }
            | Self::Wrap { at, .. }
            | Self::Unwrap { at, .. }
            | Self::ToList { at }
            | Self::Head { at }
            | Self::MapValue { at, .. }
            | Self::Convert { at, .. }
            | Self::Split { at, .. }
            | Self::Join { at, .. }
            | Self::When { at, .. } => *at = at.under(prefix),
        }
        op
    }

    /// The places that the op reads in the older shape and those that it writes in the newer one.
    #[must_use]
    pub fn places(&self) -> (Vec<Pointer>, Vec<Pointer>) {
        let beside = |at: &Pointer, names: &[String]| names.iter().map(|name| at.with_key(name)).collect::<Vec<_>>();
        match self {
            Self::Rename { at, to } => (alloc::vec![at.clone()], alloc::vec![at.with_key(to)]),
            Self::Move { from, to } => (alloc::vec![from.clone()], alloc::vec![to.clone()]),
            Self::Add { at, .. } => (Vec::new(), alloc::vec![at.clone()]),
            Self::Remove { at, .. } => (alloc::vec![at.clone()], Vec::new()),
            Self::Split { at, into, .. } => (alloc::vec![at.clone()], beside(at, into)),
            Self::Join { at, from, .. } => (beside(at, from), alloc::vec![at.clone()]),
            Self::When { at, ops, .. } => {
                let inner = ops.iter().map(|op| op.under(at.segments()).places());
                inner.fold((Vec::new(), Vec::new()), |(mut reads, mut writes), (read, written)| {
                    reads.extend(read);
                    writes.extend(written);
                    (reads, writes)
                })
            }
            Self::Wrap { at, .. }
            | Self::Unwrap { at, .. }
            | Self::ToList { at }
            | Self::Head { at }
            | Self::MapValue { at, .. }
            | Self::Convert { at, .. } => (alloc::vec![at.clone()], alloc::vec![at.clone()]),
        }
    }
}

impl Lossy {
    /// Returns the directions in which either of the two loses data.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { up: self.up || other.up, down: self.down || other.down }
    }
}
