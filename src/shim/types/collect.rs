//! Samples of each event type, brought to each version.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::known::known_places;
use super::model::Value;
use super::name::{Names, type_name};
use crate::json::{Problem, Problems, valid};
use crate::limits::{MAX_TYPED_PAYLOADS, MAX_TYPED_PLACES};
use crate::redact::Bytes;
use crate::shape::Shape;
use crate::shim::apply::apply;
use crate::shim::loss::Strictness;
use crate::shim::plan::Shims;
use crate::version::Version;

/// The data of one event, by which types are made.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// The event type.
    pub event_type: &'a str,
    /// The version in whose shape the data is.
    pub version: Version,
    /// The data, JSON text.
    pub data: &'a str,
}

/// Shows no part of a body.
impl fmt::Debug for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample")
            .field("event_type", &self.event_type)
            .field("version", &self.version)
            .field("data", &Bytes(self.data.len()))
            .finish()
    }
}

/// The types of payloads for each version and event type, from samples and a registry.
///
/// * A version without samples of an event type has those of the newest older version that has some, or else of the
///   oldest newer one, brought to it by the registry's changes.
/// * A member is optional unless all of these samples have it. `null` is a type beside others.
/// * A member that no sample has, but that the registry's changes name, is optional and has a comment.
/// * A value of an unknown type is `unknown` in TypeScript and `serde_json::Value` in Rust. So are values that have
///   several types, in Rust.
/// * Members and types are in alphabetical order: the same input gives the same text.
///
/// ```
/// use mambo_webhooks::shim::{PayloadTypes, Sample, Shims};
/// use mambo_webhooks::Version;
///
/// let version = Version::new(8, 10, 2);
/// let sample = Sample { event_type: "Ping", version, data: r#"{"message":"ping"}"# };
/// let types = PayloadTypes::new(&Shims::default(), &[sample], &[version]).unwrap();
/// assert!(types.typescript().contains("export interface Ping {\n    message: string;\n  }"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayloadTypes {
    /// The names of the types by event type, the same in all versions.
    pub(super) names: BTreeMap<String, String>,
    pub(super) versions: BTreeMap<Version, BTreeMap<String, Value>>,
}

impl PayloadTypes {
    /// Makes the types of these versions; with an empty list, of all that the registry lists or samples have.
    ///
    /// # Errors
    /// Every sample that is not JSON, by its index; or types that would be too many or too large.
    pub fn new(shims: &Shims, samples: &[Sample<'_>], versions: &[Version]) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut by_type: BTreeMap<&str, BTreeMap<Version, Vec<&str>>> = BTreeMap::new();
        by_type.extend(shims.registry().event_types().map(|event_type| (event_type, BTreeMap::new())));
        for (index, sample) in samples.iter().enumerate() {
            if valid(sample.data).is_err() {
                let hint = "give the data of the event as JSON text";
                problems.report("sample_not_json", format_args!("/{index}"), format_args!("not JSON"), hint);
            }
            by_type.entry(sample.event_type).or_default().entry(sample.version).or_default().push(sample.data);
        }
        let all = shims.registry().versions().iter().copied().chain(samples.iter().map(|sample| sample.version));
        let wanted: BTreeSet<Version> =
            if versions.is_empty() { all.collect() } else { versions.iter().copied().collect() };
        if by_type.len().saturating_mul(wanted.len()) > MAX_TYPED_PAYLOADS {
            let (types, versions) = (by_type.len(), wanted.len());
            let sentence =
                format_args!("{types} event types in {versions} versions, allowed {MAX_TYPED_PAYLOADS} pairs");
            problems.report("types_too_many", format_args!(""), sentence, "name fewer versions");
        }
        if !problems.list().is_empty() {
            return Err(problems.list().to_vec());
        }
        let mut names = Names::of_types();
        let mut types = Self::default();
        for event_type in by_type.keys() {
            types.names.insert((*event_type).into(), names.take(&type_name(event_type)));
        }
        let mut places: usize = 0;
        for version in wanted {
            let mut payloads = BTreeMap::new();
            for (event_type, samples) in &by_type {
                let introduced = shims.registry().events.get(*event_type).and_then(|event| event.introduced);
                if introduced.is_some_and(|introduced| introduced > version) {
                    continue;
                }
                let seen = seen_in(shims, event_type, samples, version);
                let known = known_places(shims, event_type, version);
                let value = Value::of(seen.as_ref().map(|shape| &shape.0), Some(&known));
                places = places.saturating_add(value.places());
                if places > MAX_TYPED_PLACES {
                    let sentence = format_args!("more than {MAX_TYPED_PLACES} places");
                    problems.report("types_too_many", format_args!(""), sentence, "name fewer versions");
                    return Err(problems.list().to_vec());
                }
                payloads.insert((*event_type).into(), value);
            }
            types.versions.insert(version, payloads);
        }
        Ok(types)
    }

    /// The versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        self.versions.keys().copied()
    }

    /// The payloads of a version: the name of the type, the event type, and the data.
    pub(super) fn payloads(&self, version: Version) -> impl Iterator<Item = (&str, &str, &Value)> {
        let payloads = self.versions.get(&version).into_iter().flatten();
        payloads
            .filter_map(|(event_type, value)| Some((self.names.get(event_type)?.as_str(), event_type.as_str(), value)))
    }
}

/// The shape of the nearest samples in the shape of a version.
fn seen_in(shims: &Shims, event_type: &str, samples: &BTreeMap<Version, Vec<&str>>, version: Version) -> Option<Shape> {
    let older = samples.range(..=version).next_back();
    let (from, samples) = older.or_else(|| samples.iter().next())?;
    let plan = shims.plan(event_type, *from, version);
    let mut seen: Option<Shape> = None;
    for sample in samples {
        let data = apply(plan, sample, Strictness::Lenient).map_or(Cow::Borrowed(*sample), |shimmed| shimmed.data);
        match (&mut seen, Shape::of(&data)) {
            (Some(seen), Some(found)) => seen.merge(found),
            (seen, found) => *seen = found,
        }
    }
    seen
}
