//! The order in which the changes of an event are carried out, and whether they can follow one another in it.
//!
//! Changes run version by version. Within a version, inner places come before outer ones: pointers and `contains`
//! describe the shape just before the version, in which inner places must be found. At one depth, changes and their
//! ops keep the order of the document. The way back undoes all of it from the end.

use alloc::format;
use alloc::vec::Vec;

use super::op::Op;
use super::presence::{Clash, ClashKind, Presence};
use super::registry::{Change, Registry};
use crate::json::{Pointer, Problems};
use crate::version::Version;

/// The most clashes to report; more of them would tell a reader nothing new.
const MAX_CLASHES: usize = 100;

/// A change at one of its places in the data of an event.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) since: Version,
    /// The change's position in the registry.
    pub(super) change: usize,
    pub(super) at: Pointer,
}

/// The changes of an event at all their places, from the oldest version to the newest.
pub(super) fn ordered(registry: &Registry, event_type: &str) -> Vec<Placed> {
    let mut ordered = Vec::new();
    for since in &registry.versions {
        let mut placed: Vec<Placed> = Vec::new();
        for (change, Change { on, .. }) in registry.changes.iter().enumerate().filter(|(_, it)| it.since == *since) {
            let places = registry.places_before(event_type, on, *since).into_iter();
            placed.extend(places.map(|at| Placed { since: *since, change, at }));
        }
        let depth = |placed: &Placed| placed.at.segments().len();
        for level in (0..=placed.iter().map(depth).max().unwrap_or_default()).rev() {
            ordered.extend(placed.iter().filter(|placed| depth(placed) == level).cloned());
        }
    }
    ordered
}

/// Adds a problem for every op that cannot follow those before it.
pub(super) fn check_order(registry: &Registry, problems: &mut Problems) {
    let mut follower = Follower { registry, problems, seen: Vec::new() };
    for (change, Change { since, .. }) in registry.changes.iter().enumerate() {
        follower.both_ways(&[Placed { since: *since, change, at: Pointer::default() }], "");
    }
    for (event_type, event) in &registry.events {
        let mut placed = ordered(registry, event_type);
        // Changes up to the version that introduced an event do not apply to it.
        placed.retain(|placed| event.introduced.is_none_or(|introduced| introduced < placed.since));
        follower.both_ways(&placed, &format!(", in {event_type}"));
    }
}

struct Follower<'r> {
    registry: &'r Registry,
    problems: &'r mut Problems,
    /// Ops that have a problem, by change and position.
    seen: Vec<(usize, usize)>,
}

impl Follower<'_> {
    fn both_ways(&mut self, placed: &[Placed], of: &str) {
        let steps: Vec<(&Placed, usize, &Op)> = placed
            .iter()
            .flat_map(|placed| {
                let ops = self.registry.changes.get(placed.change).into_iter().flat_map(|change| &change.ops);
                ops.enumerate().map(move |(index, op)| (placed, index, op))
            })
            .collect();
        let up = steps.iter().map(|(placed, index, op)| (*placed, *index, op.under(placed.at.segments())));
        // What is wrong on the way up would be found a second time on the way back.
        if self.follow(up, of) {
            let down = steps.iter().rev();
            self.follow(down.map(|(placed, index, op)| (*placed, *index, op.under(placed.at.segments()).invert())), of);
        }
    }

    /// Whether no op clashes with an op before it.
    fn follow<'p>(&mut self, steps: impl Iterator<Item = (&'p Placed, usize, Op)>, of: &str) -> bool {
        let mut is_sound = true;
        let mut presence = Presence::default();
        for (placed, index, op) in steps {
            (presence.change, presence.since) = (placed.change, Some(placed.since));
            if let Err(clash) = presence.follow(&op) {
                is_sound = false;
                self.report(placed.change, index, &clash, of);
            }
        }
        is_sound
    }

    fn report(&mut self, change: usize, index: usize, clash: &Clash, of: &str) {
        if self.seen.len() >= MAX_CLASHES || self.seen.contains(&(change, index)) {
            return;
        }
        self.seen.push((change, index));
        let with = match self.registry.changes.get(clash.with) {
            Some(other) if clash.with != change => format!("change `{}`", other.id),
            _ => "another op".into(),
        };
        let at = format_args!("/changes/{change}/ops/{index}");
        match clash.kind {
            ClashKind::NeverApplies => {
                let hint = "name the place as it is then; a `contains` whose place changed has `since` and `until`";
                let sentence = format_args!("it never applies: {with} leaves nothing of the kind there{of}");
                self.problems.report("op_dead", at, sentence, hint);
            }
            ClashKind::Taken => {
                let sentence = format_args!("{with} has already written what this one writes{of}");
                self.problems.report("op_overlap", at, sentence, "write each place once");
            }
        }
    }
}
