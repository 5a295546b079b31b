//! What a registry says, checked as a whole: every problem, each with its place and a hint.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::bounds::is_bounded;
use super::op::{Lossy, Op};
use super::order::check_order;
use super::registry::{Change, Registry, Target};
use crate::json::{Pointer, Problems, Segment};

/// Adds every problem of `registry`.
pub(super) fn check(registry: &Registry, problems: &mut Problems) {
    if !is_bounded(registry, problems) {
        return;
    }
    check_models(registry, problems);
    let repeated = |id: &str, at: fmt::Arguments<'_>, hint: &str, problems: &mut Problems| {
        problems.report("id_repeated", at, format_args!("id `{id}` is used twice"), hint);
    };
    for (index, entry) in registry.deprecations.iter().enumerate() {
        if registry.deprecations.iter().take(index).any(|other| other.id == entry.id) {
            repeated(&entry.id, format_args!("/deprecations/{index}"), "give it another id", problems);
        }
    }
    let mut ops_make_sense = true;
    for (index, change) in registry.changes.iter().enumerate() {
        let at = &format!("/changes/{index}");
        if registry.changes.iter().take(index).any(|other| other.id == change.id) {
            repeated(&change.id, format_args!("{at}"), "ids name changes in results", problems);
        }
        check_since(registry, change, at, problems);
        let before = problems.list().len();
        check_ops(&change.ops, &format!("{at}/ops"), problems);
        ops_make_sense &= problems.list().len() == before;
        let computed = change.ops.iter().map(Op::lossy).fold(Lossy::default(), Lossy::or);
        if computed != change.lossy {
            let (said, found) = (change.lossy.name(), computed.name());
            let sentence = format_args!("lossy is `{said}`, but the ops come to `{found}`");
            problems.report(
                "lossy_wrong",
                format_args!("{at}/lossy"),
                sentence,
                "say it as it is, or choose other ops",
            );
        }
    }
    if ops_make_sense {
        check_order(registry, problems);
    }
}

fn check_models(registry: &Registry, problems: &mut Problems) {
    let known = |name: &str| registry.models.contains_key(name);
    let unknown = |name: &str, at: fmt::Arguments<'_>, problems: &mut Problems| {
        problems.report("model_unknown", at, format_args!("model `{name}` is unknown"), "list it in models");
    };
    for (event_type, event) in &registry.events {
        if !known(&event.model) {
            unknown(&event.model, format_args!("/events/{event_type}/model"), problems);
        }
    }
    for (name, model) in &registry.models {
        for (index, inner) in model.contains.iter().enumerate() {
            if !known(&inner.model) {
                unknown(&inner.model, format_args!("/models/{name}/contains/{index}/model"), problems);
            }
            if inner.at.segments().is_empty() && registry.reaches(&inner.model, name) {
                let at = format_args!("/models/{name}/contains/{index}");
                let sentence = format_args!("`{name}` contains itself at the same place");
                problems.report("contains_cycle", at, sentence, "name the member that holds the inner one");
            }
        }
    }
    for (index, deprecation) in registry.deprecations.iter().enumerate() {
        if !known(&deprecation.model) {
            unknown(&deprecation.model, format_args!("/deprecations/{index}/model"), problems);
        }
    }
}

fn check_since(registry: &Registry, change: &Change, at: &str, problems: &mut Problems) {
    if registry.versions.binary_search(&change.since).is_err() {
        let sentence = format_args!("{} is no listed version", change.since);
        problems.report("since_unlisted", format_args!("{at}/since"), sentence, "add it to versions");
    } else if registry.versions.first() == Some(&change.since) {
        let hint = "there is no older shape to come from";
        let sentence = format_args!("{} is the first version", change.since);
        problems.report("since_first", format_args!("{at}/since"), sentence, hint);
    }
    let known = match &change.on {
        Target::Model(model) => registry.models.contains_key(model),
        Target::Event(event_type) => registry.events.contains_key(event_type),
    };
    if !known {
        let (Target::Model(name) | Target::Event(name)) = &change.on;
        let hint = "list it in models or events";
        problems.report("target_unknown", format_args!("{at}/on"), format_args!("`{name}` is unknown"), hint);
        return;
    }
    let carriers: Vec<_> = registry
        .events
        .iter()
        .filter(|(event_type, _)| !registry.places_before(event_type, &change.on, change.since).is_empty())
        .collect();
    let dead = |introduced: &Option<_>| introduced.is_some_and(|introduced| change.since <= introduced);
    if !carriers.is_empty() && carriers.iter().all(|(_, event)| dead(&event.introduced)) {
        let hint = "an event is pinned at its first shape, so this change never applies";
        let sentence = format_args!("every event that carries it came later");
        problems.report("change_dead", format_args!("{at}/since"), sentence, hint);
    }
}

/// Adds the problems that each op has by itself.
pub(super) fn check_ops(ops: &[Op], at: &str, problems: &mut Problems) {
    if ops.is_empty() {
        problems.add("ops_missing", at, "a change without ops", "say what changes");
    }
    for (index, op) in ops.iter().enumerate() {
        let at = format!("{at}/{index}");
        check_op(op, &at, problems);
    }
}

fn check_op(op: &Op, at: &str, problems: &mut Problems) {
    let (reads, writes) = op.places();
    let mut wrong = |code, sentence: &str, hint: &str| problems.add(code, at, sentence, hint);
    let whole = |place: &Pointer| place.split_key().is_none();
    let by_name =
        matches!(op, Op::Rename { .. } | Op::Add { .. } | Op::Remove { .. } | Op::Split { .. } | Op::Join { .. });
    if by_name && reads.iter().chain(&writes).any(whole) {
        wrong("pointer_whole", "expected a pointer to a member", "the whole payload or an element has no name");
        return;
    }
    match op {
        Op::Rename { .. } if reads == writes => wrong("op_idle", "the new name is the old one", "drop it"),
        Op::Move { from, to } => {
            let stars = |place: &Pointer| place.segments().iter().rposition(|each| *each == Segment::Each);
            let shared = |place: &Pointer| stars(place).map_or(0, |last| last.saturating_add(1));
            let head = |place: &Pointer| place.segments().get(..shared(place)).map(<[Segment]>::to_vec);
            if whole(from) || whole(to) || head(from) != head(to) {
                let hint = "a value can move inside one element only";
                wrong("move_elements", "from and to are not members of the same elements", hint);
            } else if overlaps(from, to) {
                wrong("op_overlap", "one of from and to holds the other", "use rename, wrap or unwrap");
            }
        }
        Op::MapValue { pairs, .. } => {
            let merged = op.lossy();
            let repeated =
                pairs.iter().enumerate().any(|(index, pair)| pairs.iter().take(index).any(|other| other == pair));
            if pairs.is_empty() || repeated || (merged.up && merged.down && pairs.len() < 2) {
                wrong("pairs_repeated", "expected at least one pair, and none twice", "the first pair counts");
            }
        }
        Op::Split { separator, into: names, .. } | Op::Join { separator, from: names, .. } => {
            let repeated =
                names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|other| other == name));
            if names.len() < 2 || repeated || separator.is_empty() || reads.iter().any(|read| writes.contains(read)) {
                let hint = "the text itself is not one of them";
                wrong("parts_wrong", "expected a separator and two or more parts, each once", hint);
            }
        }
        Op::When { member, ops, .. } => {
            let guard = Pointer::default().with_key(member);
            let touches = |op: &Op| {
                let (reads, writes) = op.places();
                reads.iter().chain(&writes).any(|place| overlaps(place, &guard))
            };
            if ops.iter().any(touches) {
                let hint = "after it, the way back could not know which objects it was";
                wrong("guard_unstable", "an op changes the member that tells which objects are meant", hint);
            }
            check_ops(ops, &format!("{at}/ops"), problems);
        }
        _ => {}
    }
}

/// Whether one place is the other or holds it.
fn overlaps(one: &Pointer, other: &Pointer) -> bool {
    one.holds(other) || other.holds(one)
}
