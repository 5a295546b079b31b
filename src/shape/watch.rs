//! Learns payload shapes and reports what is new.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::drift::{Drift, DriftKind};
use super::tree::Shape;
use crate::limits::{MAX_SHAPE_NAME_BYTES, MAX_WATCHED_PLACES, MAX_WATCHED_VERSIONS};

/// Most versions that one drift names.
const NAMED_VERSIONS: usize = 8;

/// Learns the shape of each event type and version, and reports each difference once.
///
/// # What is reported
///
/// * The first payload of an event type is learned without a report. The first of another version of it is learned
///   and reported as `new_version`.
/// * `new_member` and `other_type` are reported on first sight.
/// * `missing_member` is reported for a member that all earlier objects at its place had, if there were twenty or more.
/// * Each difference is learned, so a second payload like it has none. A member that was once missing is optional.
/// * Shapes that a document declares count as seen twenty times: the first payload can have a missing member.
///
/// # Bounds
///
/// A watch holds 256 pairs of event type and version and 16,384 places. The first payload that would need more is
/// reported as `watch_full`. Such payloads are neither learned nor compared; payloads that fit still are.
///
/// A watch holds no value of a payload. It has no lock: a receiver with several threads puts it in a mutex.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftWatch {
    /// Shapes by event type and version. The version is empty where payloads came without one.
    pub(super) shapes: BTreeMap<String, BTreeMap<String, Shape>>,
    /// The number of places in all shapes.
    pub(super) places: usize,
    /// Whether `watch_full` was reported.
    pub(super) is_full: bool,
}

impl DriftWatch {
    /// Compares the data of an event, JSON text, with what was seen or declared for this event type and version, and
    /// learns what is new. Text that is not JSON has no difference and is not learned, and neither has an event type or a
    /// version of over 128 bytes.
    pub fn observe(&mut self, event_type: &str, version: Option<&str>, data: &str) -> Vec<Drift> {
        let Some(found) = Shape::of(data) else {
            return Vec::new();
        };
        let version = version.unwrap_or_default();
        let (needed, free) = (found.places(), MAX_WATCHED_PLACES.saturating_sub(self.places));
        if let Some(known) = self.shapes.get_mut(event_type).and_then(|versions| versions.get_mut(version)) {
            let drifts = known.drifts(&found);
            let before = known.places();
            // Merging needs no more places than `found` has, so mostly no copy is made.
            let spare = (needed > free).then(|| known.clone());
            known.merge(found);
            let after = known.places();
            if let Some(spare) = spare.filter(|_| after > before.saturating_add(free)) {
                *known = spare;
                return self.full("too many places", MAX_WATCHED_PLACES);
            }
            self.places = self.places.saturating_sub(before).saturating_add(after);
            return drifts;
        }
        if event_type.len().max(version.len()) > MAX_SHAPE_NAME_BYTES {
            return Vec::new();
        }
        if self.pairs() >= MAX_WATCHED_VERSIONS {
            return self.full("too many versions of event types", MAX_WATCHED_VERSIONS);
        }
        if needed > free {
            return self.full("too many places", MAX_WATCHED_PLACES);
        }
        let versions = self.shapes.entry(event_type.into()).or_default();
        let known: Vec<&str> = versions.keys().take(NAMED_VERSIONS).map(|version| shown(version)).collect();
        let mut drifts = Vec::new();
        if !known.is_empty() {
            let (expected, found) = (known.join(", "), shown(version).into());
            drifts.push(Drift { kind: DriftKind::NewVersion, at: String::new(), expected, found });
        }
        versions.insert(version.into(), found);
        self.places = self.places.saturating_add(needed);
        drifts
    }

    /// The shape that was seen or declared for an event type and version.
    #[must_use]
    pub fn shape(&self, event_type: &str, version: Option<&str>) -> Option<&Shape> {
        self.shapes.get(event_type)?.get(version.unwrap_or_default())
    }

    pub(super) fn pairs(&self) -> usize {
        self.shapes.values().map(BTreeMap::len).fold(0, usize::saturating_add)
    }

    /// Reports that the watch is full, the first time.
    fn full(&mut self, found: &str, allowed: usize) -> Vec<Drift> {
        if core::mem::replace(&mut self.is_full, true) {
            return Vec::new();
        }
        let (expected, found) = (alloc::format!("{allowed}"), found.into());
        alloc::vec![Drift { kind: DriftKind::WatchFull, at: String::new(), expected, found }]
    }
}

/// A version in a message.
fn shown(version: &str) -> &str {
    if version.is_empty() { "none" } else { version }
}
