//! Hints about the envelope: where the parts of an event seem to be in a body.

use alloc::string::String;
use alloc::vec::Vec;

use crate::event::EVENT_TYPES;
use crate::json::pointer::escape_token;
use crate::json::{Object, Pointer, unquoted};
use crate::limits::MAX_CANDIDATES;
use crate::version::Version;
use crate::wire::envelope::EnvelopePaths;
use crate::wire::timestamp::TimestampUnit;

/// Something in the body that looks like a part of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHint {
    /// `type`, `id`, `version`, `time` or `data`.
    pub what: &'static str,
    /// Where it is.
    pub at: Pointer,
}

/// Where event type, id, version, time and data seem to be, on the two upper levels of a body.
#[must_use]
pub fn field_hints(body: &[u8]) -> Vec<FieldHint> {
    let mut found = Vec::new();
    if let Some(object) = core::str::from_utf8(body).ok().and_then(Object::open) {
        hint_members(&object, "", &mut found);
    }
    found
}

fn hint_members(object: &Object<'_>, above: &str, found: &mut Vec<FieldHint>) {
    for member in object.members().iter().take(MAX_CANDIDATES.saturating_mul(4)) {
        let (Some(name), Some(json)) = (member.decoded_name(), member.text()) else {
            continue;
        };
        let last = if name == "*" { "/~2".into() } else { escape_token(&name) };
        let at = [above, &last].concat();
        let mut add = |what| found.extend(Pointer::parse(&at).ok().map(|at| FieldHint { what, at }));
        let text = unquoted(json);
        let lower = name.to_ascii_lowercase();
        if let Some(text) = &text {
            if EVENT_TYPES.contains(&text.as_str()) {
                add("type");
            } else if text.parse::<Version>().is_ok() {
                add("version");
            } else if is_date(text) {
                add("time");
            } else if lower == "id" || lower.ends_with("id") {
                add("id");
            }
        } else if json.starts_with('{') {
            if above.is_empty() && ["data", "payload", "object", "body"].contains(&lower.as_str()) {
                add("data");
            }
            if above.is_empty() {
                if let Some(inner) = Object::open(json) {
                    hint_members(&inner, &at, found);
                }
            }
        } else if TimestampUnit::Auto.read(json).is_ok_and(|time| time.0 > 1_000_000_000_000) {
            add("time");
        }
    }
}

/// Whether a text starts as a date and time of day does.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().take(11).map(|each| if each.is_ascii_digit() { '0' } else { each }).collect();
    shape == "0000-00-00T" || shape == "0000-00-00 "
}

/// Builds the envelope paths from the hints outside the data; the default if no event type was found.
pub(crate) fn layout(field_hints: &[FieldHint]) -> EnvelopePaths {
    let data = field_hints.iter().find(|hint| hint.what == "data");
    let inside = |hint: &&FieldHint| data.is_some_and(|data| data.at.holds(&hint.at) && hint.at != data.at);
    let places = |what: &str| -> Vec<Pointer> {
        let seen = field_hints.iter().filter(|hint| hint.what == what && !inside(hint));
        seen.map(|hint| hint.at.clone()).take(1).collect()
    };
    let event_type = places("type");
    if event_type.is_empty() {
        return EnvelopePaths::default();
    }
    let data = data.map_or_else(Pointer::default, |data| data.at.clone());
    let (id, version, time) = (places("id"), places("version"), places("time"));
    EnvelopePaths { event_type, id, version, time, data: alloc::vec![data], ..EnvelopePaths::default() }
}
