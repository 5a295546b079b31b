//! The limits on a registry as a whole: parts that are each within limits could multiply without end.

use core::fmt;

use super::op::Op;
use super::registry::Registry;
use crate::json::Problems;
use crate::limits::{MAX_LEVELS, MAX_PLACED_OPS, MAX_PLACES, MAX_REGISTRY_OPS};

/// Returns whether the registry is within bounds; adds a problem for the first one exceeded.
pub(super) fn is_bounded(registry: &Registry, problems: &mut Problems) -> bool {
    let changes = &registry.changes;
    let total: usize = changes.iter().flat_map(|change| &change.ops).map(count).fold(0, usize::saturating_add);
    if total > MAX_REGISTRY_OPS {
        let sentence = format_args!("{total} ops, allowed {MAX_REGISTRY_OPS}");
        problems.report("ops_too_many", format_args!("/changes"), sentence, "drop old changes");
        return false;
    }
    let mut over = |sentence: fmt::Arguments<'_>| {
        let hint = "say where they are with fewer `contains`";
        problems.report("places_too_many", format_args!("/models"), sentence, hint);
        false
    };
    // Visiting every event for every change counts towards the limit.
    let mut placed = registry.events.len().saturating_mul(changes.len()) / 16;
    for event_type in registry.events.keys() {
        if placed > MAX_PLACED_OPS {
            break;
        }
        let mut levels: usize = 0;
        for change in changes {
            if registry.models_before(event_type, change.since).is_cut {
                return over(format_args!("{event_type} holds models in over {MAX_PLACES} places, or too deep"));
            }
            let places = registry.places_before(event_type, &change.on, change.since).len();
            let times = |each: fn(&Op) -> usize| {
                change.ops.iter().map(each).fold(0, usize::saturating_add).saturating_mul(places)
            };
            placed = placed.saturating_add(times(count));
            levels = levels.saturating_add(times(deepens));
        }
        if levels > MAX_LEVELS {
            return over(format_args!(
                "changes can nest values of {event_type} {levels} levels deep, allowed {MAX_LEVELS}"
            ));
        }
    }
    placed <= MAX_PLACED_OPS || over(format_args!("changes apply at over {MAX_PLACED_OPS} places of events"))
}

/// Counts an op and the ops nested in it.
fn count(op: &Op) -> usize {
    if let Op::When { ops, .. } = op { ops.iter().map(count).fold(1, usize::saturating_add) } else { 1 }
}

/// How many levels deeper a value can be after an op, in either direction.
fn deepens(op: &Op) -> usize {
    match op {
        Op::Wrap { .. } | Op::Unwrap { .. } | Op::ToList { .. } | Op::Head { .. } => 1,
        Op::Move { from, to } => from.segments().len().max(to.segments().len()),
        Op::When { ops, .. } => ops.iter().map(deepens).fold(0, usize::saturating_add),
        _ => 0,
    }
}
