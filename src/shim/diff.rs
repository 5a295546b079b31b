//! What a consumer of payloads has to know to take another version, or payloads by another registry.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::changelog::words;
use super::op::Op;
use super::plan::{Plan, Shims};
use super::registry::Registry;
use crate::version::Version;

/// The differences for a consumer, by event type; printed as Markdown, and as JSON by [`to_json`](Self::to_json).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryDiff {
    /// The event types with a difference, in alphabetical order.
    pub events: Vec<EventDiff>,
}

/// The differences for the consumer of one event type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventDiff {
    /// The event type.
    pub event_type: String,
    /// Whether both sides know the event type.
    pub status: EventStatus,
    /// The changes that make the difference, in the order in which they are carried out. Empty for an event type that
    /// one side only knows.
    pub changes: Vec<ChangeDiff>,
}

/// Which side knows an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventStatus {
    /// Both sides know the event type.
    Changed,
    /// Only the newer side knows the event type.
    New,
    /// Only the older side knows the event type.
    Gone,
}

/// One change, as it applies to one event type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeDiff {
    /// The change's id.
    pub id: String,
    /// The first version with the change.
    pub since: Version,
    /// What happens to the change.
    pub status: ChangeStatus,
    /// What the change means to a consumer.
    pub compatibility: Compatibility,
    /// What the change does, in the words of its author.
    pub summary: String,
    /// Each op in words, at its places in the data of this event type. Those of a change that is undone lead back.
    pub ops: Vec<String>,
}

/// What happens to a change on the way from one side to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeStatus {
    /// Payloads of the newer side have the change.
    Applied,
    /// Payloads of the newer side do not have the change, those of the older do.
    Undone,
    /// Both sides have a change with this id, but not the same version, ops or places.
    Edited,
}

/// What a change means to a consumer that was written for the side before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Compatibility {
    /// The change only adds members: a consumer that ignores what it does not know needs no change.
    Additive,
    /// The change moves, alters or removes what a consumer may read.
    Breaking,
    /// Like breaking, and data that was there is lost.
    BreakingDataLost,
}

/// Compares what two registries say of payloads: the changes of `newer` that `older` does not have, and the reverse.
///
/// Changes are the same if they have the same id and version, and the same ops at the same places. Summaries, sources
/// and deprecations are not compared. Both registries must be without problems, as
/// [`Registry::from_json`](super::Registry::from_json) returns them.
///
/// ```
/// use mambo_webhooks::Registry;
/// use mambo_webhooks::shim::diff;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let newer = Registry::from_json(
///     r#"{"format":1,"versions":["9.0.0"],"changes":[{"id":"wallet","since":"9.0.0","on":{"model":"PointWallet"},
///         "summary":"a is called b.","lossy":"none","ops":[{"op":"rename","at":"/a","to":"b"}]}]}"#,
/// )?;
/// let diff = diff(&Registry::builtin(), &newer);
/// assert!(diff.is_breaking());
/// assert_eq!(diff.events[0].changes[0].ops, ["`/a` is called `b`"]);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn diff(older: &Registry, newer: &Registry) -> RegistryDiff {
    let (older, newer) = (Shims::made(older.clone()), Shims::made(newer.clone()));
    let mut events = Vec::new();
    for event_type in event_types(&[&older, &newer]) {
        let knows = |shims: &Shims| shims.registry().events.contains_key(event_type);
        let (status, changes) = match (knows(&older), knows(&newer)) {
            (true, false) => (EventStatus::Gone, Vec::new()),
            (false, _) => (EventStatus::New, Vec::new()),
            (true, true) => (EventStatus::Changed, between(&older, &newer, event_type)),
        };
        if status != EventStatus::Changed || !changes.is_empty() {
            events.push(EventDiff { event_type: event_type.into(), status, changes });
        }
    }
    RegistryDiff { events }
}

/// Lists the changes between two versions, for one event type or for all. From a newer version to an older one the
/// changes are undone.
#[must_use]
pub fn diff_versions(shims: &Shims, event_type: Option<&str>, from: Version, to: Version) -> RegistryDiff {
    let mut events = Vec::new();
    for known in event_types(&[shims]).into_iter().filter(|known| event_type.is_none_or(|wanted| wanted == *known)) {
        let plan = shims.plan(known, from, to);
        let status = if plan.is_up() { ChangeStatus::Applied } else { ChangeStatus::Undone };
        let changes: Vec<ChangeDiff> =
            placed(plan).into_iter().map(|change| change.diff(shims.registry(), status)).collect();
        if !changes.is_empty() {
            events.push(EventDiff { event_type: known.into(), status: EventStatus::Changed, changes });
        }
    }
    RegistryDiff { events }
}

fn event_types<'s>(of: &[&'s Shims]) -> Vec<&'s str> {
    let mut all: Vec<&str> = of.iter().flat_map(|shims| shims.registry().event_types()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The differences for an event type that both registries know.
fn between(older: &Shims, newer: &Shims, event_type: &str) -> Vec<ChangeDiff> {
    let (before, after) = (all_placed(older, event_type, true), all_placed(newer, event_type, true));
    let (was, now) = (by_id(&before), by_id(&after));
    let back = all_placed(older, event_type, false).into_iter();
    let undone = back.filter(|change| !now.contains_key(change.id));
    let mut changes: Vec<ChangeDiff> =
        undone.map(|change| change.diff(older.registry(), ChangeStatus::Undone)).collect();
    for change in &after {
        match was.get(change.id) {
            None => changes.push(change.diff(newer.registry(), ChangeStatus::Applied)),
            Some(known) if *known != change => changes.push(change.diff(newer.registry(), ChangeStatus::Edited)),
            Some(_) => {}
        }
    }
    changes
}

/// The changes by their ids.
pub(super) fn by_id<'l, 's>(changes: &'l [PlacedChange<'s>]) -> BTreeMap<&'s str, &'l PlacedChange<'s>> {
    changes.iter().map(|change| (change.id, change)).collect()
}

/// A change at all its places in the data of an event type.
#[derive(PartialEq, Eq)]
pub(super) struct PlacedChange<'s> {
    pub(super) id: &'s str,
    pub(super) since: Version,
    ops: Vec<&'s Op>,
}

/// Every change that applies to an event type, on the way up or on the way back.
pub(super) fn all_placed<'s>(shims: &'s Shims, event_type: &str, is_up: bool) -> Vec<PlacedChange<'s>> {
    let (first, last) = (Version::new(0, 0, 0), Version::new(u32::MAX, u32::MAX, u32::MAX));
    let (from, to) = if is_up { (first, last) } else { (last, first) };
    placed(shims.plan(event_type, from, to))
}

/// The changes of a plan, each with its ops at all places.
fn placed(plan: Plan<'_>) -> Vec<PlacedChange<'_>> {
    let mut all: Vec<PlacedChange<'_>> = Vec::new();
    let mut indexes: BTreeMap<&str, usize> = BTreeMap::new();
    for step in plan.in_order() {
        let ops = if plan.is_up() { &step.up } else { &step.down };
        let index = *indexes.entry(&step.change).or_insert(all.len());
        match all.get_mut(index) {
            Some(change) => change.ops.extend(ops),
            None => all.push(PlacedChange { id: &step.change, since: step.since, ops: ops.iter().collect() }),
        }
    }
    all
}

impl PlacedChange<'_> {
    fn diff(&self, registry: &Registry, status: ChangeStatus) -> ChangeDiff {
        let change = registry.changes.iter().find(|change| change.id == self.id);
        let loses = self.ops.iter().any(|op| op.lossy().up);
        let compatibility = match status {
            _ if loses => Compatibility::BreakingDataLost,
            ChangeStatus::Applied | ChangeStatus::Undone if self.ops.iter().all(|op| only_adds(op)) => {
                Compatibility::Additive
            }
            _ => Compatibility::Breaking,
        };
        ChangeDiff {
            id: self.id.into(),
            since: self.since,
            status,
            compatibility,
            summary: change.map(|change| change.summary.clone()).unwrap_or_default(),
            ops: self.ops.iter().map(|op| words(op)).collect(),
        }
    }
}

fn only_adds(op: &Op) -> bool {
    match op {
        Op::Add { .. } => true,
        Op::When { ops, .. } => ops.iter().all(only_adds),
        _ => false,
    }
}
