//! How a payload's shape differs from a known one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::kinds::Kinds;
use super::tree::{Place, Shape};
use crate::json::pointer::escape_token;
use crate::limits::{MAX_DRIFTS, MIN_OBJECTS_FOR_MISSING};

/// A difference between a payload and what was known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// What kind of difference it is.
    pub kind: DriftKind,
    /// JSON pointer into the data, with `*` for the elements of a list and for members whose names are not kept.
    pub at: String,
    /// What was known: types such as `null|text`, or `absent`; for a version, the other versions.
    pub expected: String,
    /// What was found: types, or `absent`; for a version, the version.
    pub found: String,
}

/// Kinds of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// A member that was not there before.
    NewMember,
    /// A member that all earlier objects at its place had, twenty of them or more, is not there.
    MissingMember,
    /// A value of a type that was not there before.
    OtherType,
    /// A version that was not there before for this event type.
    NewVersion,
    /// The watch cannot hold more and learns no more places.
    WatchFull,
}

impl DriftKind {
    /// The kind as text, for example `new_member`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewMember => "new_member",
            Self::MissingMember => "missing_member",
            Self::OtherType => "other_type",
            Self::NewVersion => "new_version",
            Self::WatchFull => "watch_full",
        }
    }
}

/// The difference in a sentence, which holds no value of the payload.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, at, expected, found } = self;
        let at = if at.is_empty() { "the top" } else { at };
        match kind {
            DriftKind::NewMember => write!(f, "{at} is new, of type {found}"),
            DriftKind::MissingMember => write!(f, "{at} is missing, expected {expected}"),
            DriftKind::OtherType => write!(f, "{at} is {found}, expected {expected}"),
            DriftKind::NewVersion => write!(f, "version {found} is new, known are {expected}"),
            DriftKind::WatchFull => write!(f, "the watch is full: {found}, allowed {expected}"),
        }
    }
}

const ABSENT: &str = "absent";

impl Shape {
    /// Returns how the shape of one payload, `found`, differs from this one: 64 differences at most, in the order of
    /// the pointers' names.
    ///
    /// A member is missing if this shape has it in all objects at its place, twenty or more, and one object of the
    /// payload lacks it. What is not known, such as the elements of a list that was always empty, is no difference.
    #[must_use]
    pub fn drifts(&self, found: &Self) -> Vec<Drift> {
        let mut comparison = Comparison::default();
        comparison.places(&self.0, &found.0);
        comparison.drifts
    }
}

#[derive(Default)]
struct Comparison {
    at: String,
    drifts: Vec<Drift>,
}

impl Comparison {
    fn places(&mut self, known: &Place, found: &Place) {
        if !known.kinds.has(found.kinds) {
            self.add(DriftKind::OtherType, known.kinds.to_string(), found.kinds.to_string());
        }
        if known.is_opaque || found.is_opaque {
            return;
        }
        if known.kinds.has(Kinds::OBJECT) && found.kinds.has(Kinds::OBJECT) {
            self.members(known, found);
        }
        if let (Some(known), Some(found)) = (&known.each, &found.each) {
            self.inside("/*", |comparison| comparison.places(known, found));
        }
    }

    fn members(&mut self, known: &Place, found: &Place) {
        if let Some(known) = known.other.as_deref().filter(|_| known.is_map) {
            let members = found.members.values().map(|member| &member.place);
            for found in members.chain(found.other.as_deref()) {
                self.inside("/*", |comparison| comparison.places(known, found));
            }
            return;
        }
        let can_miss = known.objects >= MIN_OBJECTS_FOR_MISSING && !found.is_map;
        let new: Vec<_> = found.members.keys().filter(|name| !known.members.contains_key(*name)).collect();
        let mut names: Vec<&String> = known.members.keys().chain(new).collect();
        names.sort_unstable();
        for name in names {
            let step = if name == "*" { "/~2".into() } else { escape_token(name) };
            self.inside(&step, |comparison| match (known.members.get(name), found.members.get(name)) {
                (Some(known), Some(found)) => {
                    if can_miss && known.is_required && !found.is_required {
                        comparison.add(DriftKind::MissingMember, known.place.kinds.to_string(), ABSENT.into());
                    }
                    comparison.places(&known.place, &found.place);
                }
                (Some(known), None) if can_miss && known.is_required => {
                    comparison.add(DriftKind::MissingMember, known.place.kinds.to_string(), ABSENT.into());
                }
                (None, Some(found)) => {
                    comparison.add(DriftKind::NewMember, ABSENT.into(), found.place.kinds.to_string());
                }
                _ => {}
            });
        }
        if let Some(found) = &found.other {
            self.inside("/*", |comparison| match &known.other {
                Some(known) => comparison.places(known, found),
                None => comparison.add(DriftKind::NewMember, ABSENT.into(), found.kinds.to_string()),
            });
        }
    }

    fn inside(&mut self, step: &str, compare: impl FnOnce(&mut Self)) {
        let length = self.at.len();
        self.at.push_str(step);
        compare(self);
        self.at.truncate(length);
    }

    fn add(&mut self, kind: DriftKind, expected: String, found: String) {
        let drift = Drift { kind, at: self.at.clone(), expected, found };
        if self.drifts.len() < MAX_DRIFTS && !self.drifts.contains(&drift) {
            self.drifts.push(drift);
        }
    }
}
