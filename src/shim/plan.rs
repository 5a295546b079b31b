//! Plans the changes between two versions for one event type.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::builtin::sound;
use super::check::check;
use super::op::Op;
use super::order::{Placed, ordered};
use super::registry::Registry;
use crate::error::Error;
use crate::json::{Pointer, Problems};
use crate::version::Version;

/// A checked registry, ready for use: for each event type, its changes in order, with ops in both directions at the
/// places where they apply. It is immutable and a plan borrows from it, so there is nothing to cache.
///
/// ```
/// use mambo_webhooks::shim::{Shims, Strictness, apply};
/// use mambo_webhooks::Version;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let shims = Shims::from_json(
///     r#"{"format":1,"versions":["9.0.0"],"changes":[{"id":"c","since":"9.0.0","on":{"event":"PointWalletUpdated"},
///         "summary":"exampleField is called newExampleField.","lossy":"none",
///         "ops":[{"op":"rename","at":"/exampleField","to":"newExampleField"}]}]}"#,
/// )?;
/// let plan = shims.plan("PointWalletUpdated", Version::new(8, 0, 3), Version::new(9, 0, 0));
/// let shimmed = apply(plan, r#"{"exampleField": 1.00}"#, Strictness::Lenient)?;
/// assert_eq!(shimmed.data, r#"{"newExampleField": 1.00}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Shims {
    registry: Registry,
    /// The changes of each event type.
    tables: BTreeMap<String, Table>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    introduced: Option<Version>,
    steps: Vec<Step>,
}

/// A change as it applies to one event type; or a part of it, where another change comes between its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Id of the change.
    pub change: String,
    pub(super) since: Version,
    /// The places in the older shape where the change's model recurs too deeply to be followed.
    pub(super) deeper: Vec<Pointer>,
    pub(super) up: Vec<Op>,
    pub(super) down: Vec<Op>,
}

/// The steps from one shape to another. The changes between two versions, borrowed from [`Shims`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan<'s> {
    steps: &'s [Step],
    is_up: bool,
}

/// How a version compares with those that a registry knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersionStatus {
    /// No version is known of the payload.
    #[default]
    Unknown,
    /// The registry lists the version.
    Listed,
    /// The version lies between two listed ones. That is fine: versions are compared, not looked up.
    Between,
    /// The version is newer than every listed one: the payload may hold changes that are not known yet.
    Newer,
    /// The version is older than every listed one: changes from before the registry may be missing.
    Older,
}

impl Shims {
    /// Makes a registry ready.
    ///
    /// # Errors
    /// `registry_invalid`, with the first problem and its place.
    pub fn new(registry: Registry) -> Result<Self, Error> {
        let mut problems = Problems::default();
        check(&registry, &mut problems);
        sound(Some(registry), &problems).map(Self::made)
    }

    /// Reads a registry document and merges it into the built-in one, without its deprecations: shims need none.
    ///
    /// # Errors
    /// `registry_invalid`, with the first problem and its place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let registry = Registry::over_shapes(text, &mut problems);
        sound(registry, &problems).map(Self::made)
    }

    /// Builds the tables of a registry that was already checked.
    pub(super) fn made(registry: Registry) -> Self {
        let mut tables = BTreeMap::new();
        for (event_type, event) in &registry.events {
            let mut steps: Vec<Step> = Vec::new();
            for Placed { since, change: index, at } in ordered(&registry, event_type) {
                let Some(change) = registry.changes.get(index) else { continue };
                let up: Vec<Op> = change.ops.iter().map(|op| op.under(at.segments())).collect();
                if let Some(last) = steps.last_mut().filter(|last| last.change == change.id) {
                    last.up.extend(up);
                    continue;
                }
                let is_first = !steps.iter().any(|step| step.change == change.id);
                let deeper =
                    if is_first { registry.deeper_than_followed(event_type, &change.on, since) } else { Vec::new() };
                steps.push(Step { change: change.id.clone(), since, deeper, up, down: Vec::new() });
            }
            for step in &mut steps {
                step.down = step.up.iter().rev().map(Op::invert).collect();
            }
            tables.insert(event_type.clone(), Table { introduced: event.introduced, steps });
        }
        Self { registry, tables }
    }

    /// The registry.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The plan for an event of this type from one version's shape to another's.
    ///
    /// An event that came later than a version is pinned at its first shape: a version counts as no older than the
    /// one that introduced the event. An unknown event type has no changes.
    #[must_use]
    pub fn plan(&self, event_type: &str, from: Version, to: Version) -> Plan<'_> {
        let Some(table) = self.tables.get(event_type) else {
            return Plan::default();
        };
        let effective = |version: Version| table.introduced.map_or(version, |introduced| version.max(introduced));
        let (from, to) = (effective(from), effective(to));
        let past = |version: Version| table.steps.partition_point(|step| step.since <= version);
        let steps = table.steps.get(past(from.min(to))..past(from.max(to))).unwrap_or_default();
        Plan { steps, is_up: from <= to }
    }

    /// How a version compares with those that the registry lists.
    #[must_use]
    pub fn version_status(&self, version: Option<Version>) -> VersionStatus {
        VersionStatus::of(version, &self.registry.versions)
    }
}

/// The built-in registry, made ready.
impl Default for Shims {
    fn default() -> Self {
        Self::made(Registry::builtin())
    }
}

impl<'s> Plan<'s> {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_identity(self) -> bool {
        self.steps.is_empty()
    }

    /// Whether the plan leads to a newer shape.
    #[must_use]
    pub const fn is_up(self) -> bool {
        self.is_up
    }

    /// Ids of the changes and what is done for each, in order.
    pub fn steps(self) -> impl Iterator<Item = (&'s str, &'s [Op])> {
        self.in_order().map(move |step| (step.change.as_str(), if self.is_up { &step.up[..] } else { &step.down[..] }))
    }

    /// The parts of the changes, in the order in which they are carried out.
    pub(super) fn in_order(self) -> impl Iterator<Item = &'s Step> {
        let last = self.steps.len().saturating_sub(1);
        let place = move |index: usize| if self.is_up { index } else { last.saturating_sub(index) };
        (0..self.steps.len()).filter_map(move |index| self.steps.get(place(index)))
    }
}

impl VersionStatus {
    /// How a version compares with those that are listed, oldest first.
    #[must_use]
    pub fn of(version: Option<Version>, versions: &[Version]) -> Self {
        let (Some(version), Some(first), Some(last)) = (version, versions.first(), versions.last()) else {
            return Self::Unknown;
        };
        match version {
            version if versions.contains(&version) => Self::Listed,
            version if version < *first => Self::Older,
            version if version > *last => Self::Newer,
            _ => Self::Between,
        }
    }

    /// The status as text, for example `listed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Listed => "listed",
            Self::Between => "between",
            Self::Newer => "newer",
            Self::Older => "older",
        }
    }
}
