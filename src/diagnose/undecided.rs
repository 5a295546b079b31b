//! What a detection cannot decide from one delivery, and which delivery would show it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::diagnose::detect::DetectedProfile;
use crate::diagnose::field_hints::FieldHint;
use crate::wire::grammar::Grammar;
use crate::wire::timestamp::TimestampSource;

/// Something that one captured delivery does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undecided {
    /// A stable code, such as `several_profiles`.
    pub code: &'static str,
    /// What is open, and what would settle it.
    pub message: String,
}

/// Lists what the profiles of a detection leave open. `field_hints` are those of the body. Empty if nothing was
/// detected.
#[must_use]
pub fn undecided(found: &[DetectedProfile], field_hints: &[FieldHint]) -> Vec<Undecided> {
    let Some(DetectedProfile { profile, .. }) = found.first() else {
        return Vec::new();
    };
    let mut open = Vec::new();
    let mut add = |code, message: &str| open.push(Undecided { code, message: message.into() });
    if found.len() > 1 {
        let sentence = alloc::format!(
            "{} profiles fit this delivery; the first is printed: run detect on another delivery to tell them apart",
            found.len()
        );
        add("several_profiles", &sentence);
    }
    if profile.scheme.timestamp == TimestampSource::None {
        let sentence = "no timestamp was found in the signed text, so replays are not bounded in time: a receiver takes this profile only \
                        with a tolerance that is unlimited on both sides";
        add("no_timestamp", sentence);
    }
    if !matches!(profile.scheme.grammar, Grammar::Sequence { .. }) {
        let sentence =
            "one signature does not show how several are written: capture a delivery while two secrets are valid";
        add("one_signature", sentence);
    }
    let has = |what: &str| field_hints.iter().any(|hint| hint.what == what);
    if !has("type") {
        let sentence = "no known event type was found in the body, so the envelope is the default one: set `eventType`, or \
                        the envelope's `type`";
        add("type_unseen", sentence);
    }
    for (what, code) in [("id", "id_unseen"), ("version", "version_unseen")] {
        if !has(what) {
            add(code, &alloc::format!("no {what} was found in the body"));
        }
    }
    open
}
