//! One op on one value.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::loss::{LossKind, Run};
use super::op::{Op, Other};
use super::relocate::relocate;
use crate::json::{Array, Node, Object, Path, Pointer, Segment, equal, quoted, unquoted};

/// Carries out `op` under `node` and tells whether it changed something. `at` is where `node` is.
pub(super) fn edit<'n, 'p: 'n>(node: &mut Node<'n>, op: &'p Op, at: &mut Path<'p>, run: &mut Run) -> bool {
    match op {
        Op::Rename { at: place, to } => {
            each_holder(node, place, at, &mut |object, key, at| rename(object, key, to, at, run))
        }
        Op::Move { from, to } => {
            let shared = from.segments().iter().rposition(|each| *each == Segment::Each);
            let shared = shared.map_or(0, |last| last.saturating_add(1));
            let (Some((above, from)), Some((_, to))) =
                (from.segments().split_at_checked(shared), to.segments().split_at_checked(shared))
            else {
                return false;
            };
            node.visit(above, at, &mut |node, at| relocate(node, from, to, at, run))
        }
        Op::Add { at: place, default } => each_holder(node, place, at, &mut |object, key, _| {
            let absent = object.get(key).is_none();
            if absent {
                object.insert(key, Node::new(default));
            }
            absent
        }),
        Op::Remove { at: place, default } => each_holder(node, place, at, &mut |object, key, at| {
            let removed = object.remove(key);
            if removed.as_ref().is_some_and(|value| !equal(&value.text(), default)) {
                run.lose(LossKind::ValueDropped, at, key);
            }
            removed.is_some()
        }),
        Op::Wrap { at: place, key } => node.visit(place.segments(), at, &mut |node, _| {
            let mut object = Object::default();
            object.insert(key, core::mem::replace(node, Node::new("null")));
            *node = Node::Object(object);
            true
        }),
        Op::Unwrap { at: place, key } => node.visit(place.segments(), at, &mut |node, at| {
            let object = node.open_object();
            let Some((value, rest)) = object.and_then(|object| Some((object.remove(key)?, object.is_empty()))) else {
                return run.unfit(at, "expected an object that holds the value");
            };
            if !rest {
                run.lose(LossKind::MembersDropped, at, "");
            }
            *node = value;
            true
        }),
        Op::ToList { at: place } => node.visit(place.segments(), at, &mut |node, _| {
            let value = core::mem::replace(node, Node::new("null"));
            let is_null = value.text() == "null";
            *node = Node::Array(Array::of((!is_null).then_some(value)));
            true
        }),
        Op::Head { at: place } => node.visit(place.segments(), at, &mut |node, at| head(node, at, run)),
        // `up_other` serves both directions, because the inverse op has `up_other` and `down_other` swapped.
        Op::MapValue { at: place, pairs, up_other: other, .. } => {
            node.visit(place.segments(), at, &mut |node, at| map_value(node, pairs, other, at, run))
        }
        Op::Convert { at: place, conversion } => node.visit(place.segments(), at, &mut |node, at| {
            let text = node.text();
            let Some(converted) = conversion.convert(&text) else {
                return run.unfit(at, "expected a value that can be converted");
            };
            if !conversion.invert().convert(&converted).is_some_and(|back| equal(&back, &text)) {
                run.lose(LossKind::ValueMerged, at, "");
            }
            *node = Node::Raw(Cow::Owned(converted));
            true
        }),
        Op::Split { at: place, separator, into } => {
            each_holder(node, place, at, &mut |object, key, at| split(object, key, separator, into, at, run))
        }
        Op::Join { at: place, separator, from } => {
            each_holder(node, place, at, &mut |object, key, at| join(object, key, separator, from, at, run))
        }
        Op::When { at: place, member, is, ops } => node.visit(place.segments(), at, &mut |node, at| {
            let meant =
                node.open_object().and_then(|object| object.get(member)).is_some_and(|value| equal(&value.text(), is));
            let mut at = at.clone();
            meant && ops.iter().fold(false, |changed, op| edit(node, op, &mut at, run) | changed)
        }),
    }
}

/// Calls `act` with every object that holds the place, and the place's name in it.
fn each_holder<'n, 'p>(
    node: &mut Node<'n>,
    place: &'p Pointer,
    at: &mut Path<'p>,
    act: &mut dyn FnMut(&mut Object<'n>, &'p str, &Path<'p>) -> bool,
) -> bool {
    let Some((holder, key)) = place.split_key() else {
        return false;
    };
    node.visit(holder, at, &mut |node, at| node.open_object().is_some_and(|object| act(object, key, at)))
}

fn rename(object: &mut Object<'_>, key: &str, to: &str, at: &Path<'_>, run: &mut Run) -> bool {
    if object.get(key).is_none() {
        return run.taken(object.get(to).is_some(), at, to);
    }
    if object.get(to).is_some() && !settle(object, key, to, at, run) {
        return run.is_lenient();
    }
    object.rename(key, to);
    true
}

/// Settles a rename where both names are present. The newer one wins: upgrading drops the older, downgrading puts it in
/// the old one's place. Returns whether the member `key` must still be renamed to `to`.
fn settle(object: &mut Object<'_>, key: &str, to: &str, at: &Path<'_>, run: &mut Run) -> bool {
    run.conflict(LossKind::BothPresent, at, to, "both names are present");
    if run.is_lenient() {
        object.remove(if run.is_up { key } else { to });
    }
    run.is_lenient() && !run.is_up
}

fn head(node: &mut Node<'_>, at: &Path<'_>, run: &mut Run) -> bool {
    let Some(array) = node.open_array() else {
        return run.unfit(at, "expected a list");
    };
    let length = array.len();
    let first = array.take_first().unwrap_or(Node::new("null"));
    if length > 1 || (length == 1 && first.text() == "null") {
        run.lose(LossKind::TailDropped, at, "");
    }
    *node = first;
    true
}

fn map_value<'n, 'p: 'n>(
    node: &mut Node<'n>,
    pairs: &'p [(String, String)],
    other: &'p Other,
    at: &Path<'_>,
    run: &mut Run,
) -> bool {
    let text = node.text().into_owned();
    let found = pairs.iter().find(|(old, _)| equal(&text, old)).map(|(_, new)| new);
    let new: Option<&'p str> = match (found, other) {
        (Some(new), _) | (None, Other::To(new)) => Some(new),
        (None, Other::Keep) => None,
        (None, Other::Error) => return run.unfit(at, "expected a value of the table"),
    };
    let shown = new.unwrap_or(&text);
    let back = pairs.iter().find(|(_, other)| equal(shown, other)).map_or(shown, |(old, _)| old);
    let changed = !equal(&text, shown);
    if !equal(&text, back) || (found.is_none() && changed) {
        run.lose(LossKind::ValueMerged, at, "");
    }
    if let Some(new) = new.filter(|_| changed) {
        *node = Node::new(new);
    }
    changed
}

fn split(object: &mut Object<'_>, key: &str, separator: &str, into: &[String], at: &Path<'_>, run: &mut Run) -> bool {
    let Some(text) = object.get(key).map(|value| value.text().into_owned()) else {
        return run.taken(into.iter().any(|name| object.get(name).is_some()), at, key);
    };
    let text = unquoted(&text);
    let parts = text.as_deref().map(|text| split_parts(text, separator, into.len())).unwrap_or_default();
    if parts.len() != into.len() {
        return run.unfit(at, "expected a text of that many parts");
    }
    if into.iter().any(|name| object.get(name).is_some()) {
        run.conflict(LossKind::BothPresent, at, key, "the parts and the whole are present");
        if !run.is_lenient() {
            return false;
        }
        if run.is_up {
            object.remove(key);
            return true;
        }
        for name in into {
            object.remove(name);
        }
    }
    object.remove(key);
    for (name, part) in into.iter().zip(&parts) {
        object.insert(name, Node::Raw(Cow::Owned(quoted(part))));
    }
    true
}

/// Splits a text at the separators into at most `most` parts; the last takes the rest.
fn split_parts<'t>(text: &'t str, separator: &str, most: usize) -> Vec<&'t str> {
    let mut parts = Vec::with_capacity(most);
    let mut rest = text;
    while parts.len().saturating_add(1) < most {
        let found = rest.as_bytes().windows(separator.len().max(1)).position(|part| part == separator.as_bytes());
        let Some((part, behind)) = found.and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        parts.push(part);
        rest = behind.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

fn join(object: &mut Object<'_>, key: &str, separator: &str, from: &[String], at: &Path<'_>, run: &mut Run) -> bool {
    let present = from.iter().filter(|name| object.get(name).is_some()).count();
    if present == 0 {
        return run.taken(object.get(key).is_some(), at, key);
    }
    let mut parts = Vec::new();
    let mut joined = String::new();
    for name in from {
        if let Some(part) = object.get(name).and_then(|value| unquoted(&value.text())) {
            joined.push_str(if parts.is_empty() { "" } else { separator });
            joined.push_str(&part);
            parts.push(part);
        }
    }
    if parts.len() != from.len() {
        return run.unfit(at, "expected every part, as text");
    }
    if object.get(key).is_some() {
        run.conflict(LossKind::BothPresent, at, key, "the parts and the whole are present");
        if !run.is_lenient() {
            return false;
        }
        if run.is_up {
            for name in from {
                object.remove(name);
            }
            return true;
        }
        object.remove(key);
    }
    if split_parts(&joined, separator, parts.len()) != parts {
        run.lose(LossKind::ValueMerged, at, key);
    }
    for name in from {
        object.remove(name);
    }
    object.insert(key, Node::Raw(Cow::Owned(quoted(&joined))));
    true
}
