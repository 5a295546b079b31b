//! The built-in registry: what Mambo's public docs say of payload versions, each fact with its source and its doubt.
//! No change of a payload's shape is public, so it has none; a user's document brings them.

use alloc::vec::Vec;

use super::check::check;
use super::registry::Registry;
use crate::error::{Error, ProblemCount};
use crate::json::{Problem, Problems};
use crate::version::Version;

/// The versions in the built-in registry, oldest first. Most receivers need nothing else from it, and start without
/// reading it.
pub(crate) const VERSIONS: &[Version] = &[
    Version::new(6, 2, 5),
    Version::new(7, 6, 0),
    Version::new(8, 0, 3),
    Version::new(8, 1, 0),
    Version::new(8, 7, 0),
    Version::new(8, 7, 1),
    Version::new(8, 7, 2),
    Version::new(8, 10, 2),
];

/// Releases, events and models: what a receiver needs.
const SHAPES: &str = include_str!("registry.json");
/// The deprecations, for people to read; no receiver needs them.
const DEPRECATIONS: &str = include_str!("deprecations.json");

impl Registry {
    /// The built-in registry.
    #[must_use]
    pub fn builtin() -> Self {
        let deprecations = builtin(DEPRECATIONS).deprecations;
        Self { deprecations, ..builtin(SHAPES) }
    }

    /// Every problem of a registry document laid over the built-in one, in the order of the document; none for a
    /// document that [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn problems(text: &str) -> Vec<Problem> {
        let mut problems = Problems::default();
        let _registry = Self::over_builtin(text, &mut problems);
        problems.list().to_vec()
    }

    /// A document laid over the built-in registry, with every problem of its form and of what it says.
    fn over_builtin(text: &str, problems: &mut Problems) -> Option<Self> {
        // Checked without the built-in deprecations, so that places are those of the document.
        let mut registry = Self::over_shapes(text, problems)?;
        let deprecations = core::mem::replace(&mut registry.deprecations, builtin(DEPRECATIONS).deprecations);
        registry.merge(Self { deprecations, ..Self::default() }, problems);
        Some(registry)
    }

    /// Reads a registry document and lays it over the built-in one.
    ///
    /// # Errors
    /// `registry_invalid`, with the first problem and its place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let registry = Self::over_builtin(text, &mut problems);
        sound(registry, &problems)
    }

    /// [`over_builtin`](Self::over_builtin), without the built-in deprecations.
    pub(super) fn over_shapes(text: &str, problems: &mut Problems) -> Option<Self> {
        let mut over = Self::read(text, problems)?;
        let mut registry = builtin(SHAPES);
        // The built-in shapes have no changes or deprecations, so there is nothing to compare with the document's.
        registry.changes = core::mem::take(&mut over.changes);
        registry.deprecations = core::mem::take(&mut over.deprecations);
        registry.merge_shapes(over);
        check(&registry, problems);
        Some(registry)
    }
}

fn builtin(text: &str) -> Registry {
    // A test reads both built-in documents without a problem.
    Registry::read(text, &mut Problems::default()).unwrap_or_default()
}

/// A registry without problems, or the first of them.
pub(super) fn sound(registry: Option<Registry>, problems: &Problems) -> Result<Registry, Error> {
    match problems.first() {
        Some((count, first)) => Err(Error::RegistryInvalid { count: ProblemCount(count), first }),
        None => Ok(registry.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::Shims;

    #[test]
    fn the_built_in_registry_is_without_a_problem_and_invents_no_change() {
        let mut problems = Problems::default();
        let mut registry = Registry::read(SHAPES, &mut problems).unwrap();
        assert_eq!(registry.deprecations, []);
        let deprecations = Registry::read(DEPRECATIONS, &mut problems).unwrap();
        registry.merge(deprecations, &mut problems);
        check(&registry, &mut problems);
        assert_eq!(problems.list(), []);
        assert_eq!(registry, Registry::builtin());
        assert_eq!(*Shims::default().registry(), registry);
        assert_eq!(VERSIONS, registry.versions);
        assert!(registry.changes.is_empty(), "no change of a shape is public");
        assert!(registry.deprecations.iter().all(|entry| entry.doubt.is_some()));
        let event_types: Vec<&str> = registry.events.keys().map(alloc::string::String::as_str).collect();
        let mut known = crate::event::EVENT_TYPES.to_vec();
        known.sort_unstable();
        assert_eq!(event_types, known);
    }
}
