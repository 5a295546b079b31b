//! Two changes of one release have no order between them, so they must not touch the same places.

use alloc::collections::BinaryHeap;
use alloc::format;
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
    for (kind, _) in registry.events.iter() {
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
        let sentence = format!("touches what change `{id}` of the same release touches, in {kind}");
        problems.add(
            "changes_overlap",
            &format!("/changes/{later}"),
            sentence,
            "make them one change, with its ops in order",
        );
    }
}

/// What the changes of each release touch in the data of an event, and which change it is, in order.
fn touched(registry: &Registry, kind: &str) -> Vec<(Release, Pointer, usize)> {
    let mut touched = Vec::new();
    for (index, change) in registry.changes.iter().enumerate() {
        let places: Vec<Pointer> = change.ops.iter().flat_map(looked_at).collect();
        for at in registry.places_before(kind, &change.on, change.since) {
            touched.extend(places.iter().map(|place| (change.since, place.under(at.segments()), index)));
        }
    }
    // By a heap: its code is a fraction of a sort's.
    let mut touched = BinaryHeap::from(touched).into_sorted_vec();
    touched.dedup();
    touched
}

/// The places that an op reads or writes, and the members that tell whether it applies.
fn looked_at(op: &Op) -> Vec<Pointer> {
    if let Op::When { at, member, ops, .. } = op {
        let guard = Pointer::default().with_key(member);
        return ops.iter().flat_map(looked_at).chain([guard]).map(|place| place.under(at.segments())).collect();
    }
    let (mut places, writes) = op.places();
    places.extend(writes);
    places
}
