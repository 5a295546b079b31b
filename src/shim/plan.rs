//! What lies between two releases for one kind of event.

use alloc::string::String;
use alloc::vec::Vec;

use super::op::Op;
use super::registry::{Change, Registry};
use crate::release::Release;

/// Steps from one shape to another, in the order in which they are carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<Step>,
}

/// One change, in the direction of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Id of the change.
    pub change: String,
    /// What is done.
    pub ops: Vec<Op>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// The plan for an event of this kind from one release's shape to another's.
///
/// An event that came later than a release is pinned at its first shape: a release counts as no older than the
/// one that introduced the event. An unknown kind has no changes.
#[must_use]
pub fn plan(registry: &Registry, kind: &str, from: Release, to: Release) -> Plan {
    let Some(event) = registry.events.get(kind) else {
        return Plan::default();
    };
    let effective = |release: Release| event.introduced.map_or(release, |introduced| release.max(introduced));
    let (from, to) = (effective(from), effective(to));
    let between =
        |change: &&Change| change.on == event.model && from.min(to) < change.since && change.since <= from.max(to);
    let changes = registry.changes.iter().filter(between);
    let steps = if from <= to {
        changes.map(|change| Step { change: change.id.clone(), ops: change.ops.clone() }).collect()
    } else {
        let invert = |change: &Change| change.ops.iter().rev().filter_map(Op::invert).collect();
        changes.rev().map(|change| Step { change: change.id.clone(), ops: invert(change) }).collect()
    };
    Plan { steps }
}
