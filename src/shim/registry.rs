//! The registry document: versions, events, models, changes and deprecations.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::op::{Lossy, Op};
use crate::json::{Pointer, Problems};
use crate::limits::{MAX_PLACES, MAX_POINTER_SEGMENTS, MAX_TREE_LEVELS};
use crate::version::Version;

/// What is known of payload versions. Read from JSON, so that a new version of Mambo needs no new SDK.
///
/// ```
/// use mambo_webhooks::Registry;
///
/// let problems = Registry::problems(r#"{"format":1,"versions":["9.0"]}"#);
/// assert_eq!(problems.len(), 1);
/// assert_eq!((problems[0].code, problems[0].at.as_str()), ("value_invalid", "/versions/0"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Known versions, oldest first.
    pub(crate) versions: Vec<Version>,
    /// Events by type.
    pub(crate) events: BTreeMap<String, EventDef>,
    /// Models by name.
    pub(crate) models: BTreeMap<String, ModelDef>,
    /// What changed, and when.
    pub(crate) changes: Vec<Change>,
    /// Announced removals for which no version has been named.
    pub(crate) deprecations: Vec<Deprecation>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventDef {
    /// The name of the model of the event's data.
    pub(crate) model: String,
    /// The first version that sends it; `None` where unknown, which counts as always.
    pub(crate) introduced: Option<Version>,
    /// Where this is said.
    pub(crate) source: Option<String>,
}

/// A model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModelDef {
    /// The models inside it.
    pub(crate) contains: Vec<Containment>,
    /// The source of the definition, or a note on what is unknown.
    pub(crate) source: Option<String>,
}

/// A model inside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Containment {
    /// Where it is.
    pub(crate) at: Pointer,
    /// The name of the model inside.
    pub(crate) model: String,
    /// The first version in which it is there; `None` for always.
    pub(crate) since: Option<Version>,
    /// The first version in which it is there no more; `None` for never.
    pub(crate) until: Option<Version>,
}

/// What a change applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A model, wherever it is.
    Model(String),
    /// The data of one event type.
    Event(String),
}

/// A payload change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The change's id, as results and messages name it.
    pub(crate) id: String,
    /// The first version with the newer shape.
    pub(crate) since: Version,
    /// What it applies to.
    pub(crate) on: Target,
    /// What the change does to payloads, in one sentence.
    pub(crate) summary: String,
    /// Why it was made, in one sentence.
    pub(crate) why: Option<String>,
    /// Where this is said.
    pub(crate) source: Option<String>,
    /// The directions that can lose data; must equal the union over the ops.
    pub(crate) lossy: Lossy,
    /// From the older shape to the newer.
    pub(crate) ops: Vec<Op>,
}

/// An announcement that something will go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deprecation {
    /// The deprecation's id.
    pub(crate) id: String,
    /// The model that it is about.
    pub(crate) model: String,
    /// Where it is in the model.
    pub(crate) at: Pointer,
    /// The version that announced it, as printed.
    pub(crate) since: Version,
    /// When it may be removed, in the words of Mambo's docs.
    pub(crate) removal: Option<String>,
    /// What to use instead.
    pub(crate) replacement: Option<String>,
    /// Where this is said.
    pub(crate) source: String,
    /// What is uncertain about the deprecation.
    pub(crate) doubt: Option<String>,
}

impl Registry {
    /// The versions that it lists, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The event types that it names, in alphabetical order.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// Lays another registry over this one: its versions, changes and deprecations are added, its events and models
    /// replace those of the same name. The same change in both is one change.
    pub fn merge(&mut self, mut over: Self, problems: &mut Problems) {
        let (changes, deprecations) = (core::mem::take(&mut over.changes), core::mem::take(&mut over.deprecations));
        self.merge_shapes(over);
        let mut conflict = |what: &str, id: &str, at: &str| {
            let sentence = format_args!("{what} `{id}` is already there with other content");
            problems.report("merge_conflict", format_args!("{at}"), sentence, "give it another id");
        };
        unite(&mut self.changes, changes, |change| &change.id, |id| conflict("change", id, "/changes"));
        unite(
            &mut self.deprecations,
            deprecations,
            |entry| &entry.id,
            |id| conflict("deprecation", id, "/deprecations"),
        );
    }

    /// Merges versions, events and models, with the same rules.
    pub(super) fn merge_shapes(&mut self, over: Self) {
        for version in over.versions {
            if let Err(place) = self.versions.binary_search(&version) {
                self.versions.insert(place, version);
            }
        }
        self.events.extend(over.events);
        self.models.extend(over.models);
    }

    /// Returns the places of a model in the data of an event, in the shape right before a version; for a model within
    /// itself, down to [`MAX_TREE_LEVELS`] levels.
    #[must_use]
    pub fn places_before(&self, event_type: &str, target: &Target, version: Version) -> Vec<Pointer> {
        match target {
            Target::Event(event) if event == event_type => alloc::vec![Pointer::default()],
            Target::Event(_) => Vec::new(),
            Target::Model(model) => {
                let places = self.models_before(event_type, version).found.into_iter();
                places.filter(|place| place.model == model).map(|place| place.at).collect()
            }
        }
    }

    /// Returns where a model, or one that contains it, recurs beyond [`MAX_TREE_LEVELS`] levels.
    pub(super) fn deeper_than_followed(&self, event_type: &str, target: &Target, version: Version) -> Vec<Pointer> {
        let Target::Model(model) = target else { return Vec::new() };
        let deeper = self.models_before(event_type, version).deeper.into_iter();
        deeper.filter(|(found, _)| self.reaches(found, model)).map(|(_, at)| at).collect()
    }

    /// Whether the model `from` is `to` or contains it, at any depth.
    pub(super) fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen: Vec<&str> = alloc::vec![from];
        let mut next = 0;
        while let Some(name) = seen.get(next).copied() {
            if name == to {
                return true;
            }
            let inner = self.models.get(name).into_iter().flat_map(|model| &model.contains);
            for inner in inner {
                if !seen.contains(&inner.model.as_str()) {
                    seen.push(&inner.model);
                }
            }
            next = next.saturating_add(1);
        }
        false
    }

    /// Every model in the data of an event, in the shape right before a version.
    pub(super) fn models_before(&self, event_type: &str, version: Version) -> Models<'_> {
        let mut models = Models::default();
        let Some(event) = self.events.get(event_type) else {
            return models;
        };
        models.found.push(Place { model: &event.model, at: Pointer::default(), holder: None });
        let mut next = 0;
        while let Some(Place { model, at, .. }) = models.found.get(next).cloned() {
            let inside = self.models.get(model).into_iter().flat_map(|model| &model.contains);
            for inner in inside {
                let there =
                    inner.since.is_none_or(|since| since < version) && inner.until.is_none_or(|until| until >= version);
                if !there {
                    continue;
                }
                let at = inner.at.under(at.segments());
                if models.levels(next, &inner.model) > MAX_TREE_LEVELS {
                    models.deeper.push((&inner.model, at));
                } else if models.found.len() >= MAX_PLACES || at.segments().len() > MAX_POINTER_SEGMENTS {
                    models.is_cut = true;
                    return models;
                } else {
                    models.found.push(Place { model: &inner.model, at, holder: Some(next) });
                }
            }
            next = next.saturating_add(1);
        }
        models
    }
}

/// The models in the data of an event.
#[derive(Default)]
pub(super) struct Models<'r> {
    pub(super) found: Vec<Place<'r>>,
    /// Models that recur beyond [`MAX_TREE_LEVELS`] levels, with their places.
    deeper: Vec<(&'r str, Pointer)>,
    /// Whether the search stopped at the limit on places or on pointer length.
    pub(super) is_cut: bool,
}

/// A model at a place.
#[derive(Clone)]
pub(super) struct Place<'r> {
    pub(super) model: &'r str,
    pub(super) at: Pointer,
    /// The position of the place that holds it.
    holder: Option<usize>,
}

impl Models<'_> {
    /// Counts the places from `at` up to the root that hold `model`.
    fn levels(&self, at: usize, model: &str) -> usize {
        let place = |at: usize| self.found.get(at);
        core::iter::successors(place(at), |found| place(found.holder?)).filter(|found| found.model == model).count()
    }
}

/// Adds the entries that `known` lacks; equal entries are kept once. `check` finds duplicates within one registry.
fn unite<T: PartialEq>(known: &mut Vec<T>, over: Vec<T>, id: fn(&T) -> &str, mut conflict: impl FnMut(&str)) {
    let before = known.len();
    for new in over {
        match known.iter().take(before).find(|old| id(old) == id(&new)) {
            None => known.push(new),
            Some(old) if *old == new => {}
            Some(_) => conflict(id(&new)),
        }
    }
}
