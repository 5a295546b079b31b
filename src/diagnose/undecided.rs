//! What a detection cannot decide from one delivery, and which delivery would show it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::diagnose::detect::{DetectedProfile, Detection};
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

/// Lists what a detection leaves open. `field_hints` are those of the body.
#[must_use]
pub fn undecided(detection: &Detection, field_hints: &[FieldHint]) -> Vec<Undecided> {
    let found = &detection.profiles;
    let mut open = Vec::new();
    if !detection.is_complete {
        let message = "not every form was tried: give fewer secrets, or a delivery with a smaller body".into();
        open.push(Undecided { code: "search_incomplete", message });
    }
    let Some(DetectedProfile { profile, .. }) = found.first() else {
        return open;
    };
    let mut add = |code, message: &str| open.push(Undecided { code, message: message.into() });
    if found.len() > 1 {
        let sentence = alloc::format!(
            "{} profiles fit this delivery, the most likely first: run detect on another delivery to tell them apart",
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
