//! Two changes of one release have no order between them, so they must not touch the same places.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::op::Op;
use super::registry::Registry;
use crate::json::{Pointer, Problems};
use crate::release::Release;

/// More clashes than this tell nobody more.
const MAX_CLASHES: usize = 100;

/// Adds a problem for every two changes that would have to have an order.
pub(super) fn check_order(registry: &Registry, problems: &mut Problems) {
    // The later change, the earlier one, and the first kind of event in which they meet.
    let mut clashes: Vec<(usize, usize, &str)> = Vec::new();
    for kind in registry.events.keys() {
        let places = touched(registry, kind);
        let mut outer: Vec<&(Release, Pointer, usize)> = Vec::new();
        for place in &places {
            // In their order, a place stands right before those inside of it.
            while outer.last().is_some_and(|last| last.0 != place.0 || !last.1.holds(&place.1)) {
                outer.pop();
            }
            for other in outer.iter().filter(|other| other.2 != place.2) {
                let (later, earlier) = (place.2.max(other.2), place.2.min(other.2));
                let place = clashes.binary_search_by(|clash| (clash.0, clash.1).cmp(&(later, earlier)));
                if let Some(at) = place.err().filter(|_| clashes.len() < MAX_CLASHES) {
                    clashes.insert(at, (later, earlier, kind));
                }
            }
            if clashes.len() == MAX_CLASHES {
                break;
            }
            outer.push(place);
        }
    }
    for (later, earlier, kind) in clashes {
        let id = registry.changes.get(earlier).map_or("", |change| &change.id);
        let sentence = format_args!("touches what change `{id}` of the same release touches, in {kind}");
        let hint = "make them one change, with its ops in order";
        problems.report("changes_overlap", format_args!("/changes/{later}"), sentence, hint);
    }
}

/// What the changes of each release touch in the data of an event, and which change it is, in order.
fn touched(registry: &Registry, kind: &str) -> BTreeSet<(Release, Pointer, usize)> {
    let mut touched = BTreeSet::new();
    for (index, change) in registry.changes.iter().enumerate() {
        let mut places = Vec::new();
        for op in &change.ops {
            looked_at(op, &mut places);
        }
        for at in registry.places_before(kind, &change.on, change.since) {
            touched.extend(places.iter().map(|place| (change.since, place.under(at.segments()), index)));
        }
    }
    touched
}

/// Adds the places that an op reads or writes, and the members that tell whether it applies.
fn looked_at(op: &Op, places: &mut Vec<Pointer>) {
    if let Op::When { at, member, ops, .. } = op {
        places.push(Pointer::default().with_key(member).under(at.segments()));
        for inner in ops {
            looked_at(&inner.under(at.segments()), places);
        }
        return;
    }
    let (reads, writes) = op.places();
    places.extend(reads);
    places.extend(writes);
}
