//! Version shims: a payload change is declared once, as data, and gives upgrade, downgrade, checks and a changelog.
//!
//! A [`Registry`] says which versions there are, which model each event carries, and what changed when. [`Shims`] is
//! a checked registry; a [`Plan`] holds the changes between two versions for one event type, and [`apply()`] carries
//! it out on JSON text and leaves every byte alone that no change names.
//!
//! [`diff()`] and [`diff_versions`] say what a consumer has to know to take other payloads, [`changed_since`] finds what
//! an edited registry changes of a published one, and [`PayloadTypes`] makes types from a registry and samples.

mod convert;

mod op;

mod registry;

mod read_op;

mod read;

mod bounds;

mod presence;

mod order;

mod check;

pub(crate) mod builtin;

mod plan;

mod loss;

mod relocate;

mod edit;

mod apply;

mod changelog;

mod diff;

mod diff_text;

mod published;

mod types;

mod infer;

pub(crate) use apply::apply_to;

pub use crate::json::Problem;
pub use apply::{Shimmed, apply};
pub use changelog::changelog;
pub use diff::{ChangeDiff, ChangeStatus, Compatibility, EventDiff, EventStatus, RegistryDiff, diff, diff_versions};
pub use infer::{InferDoubt, InferRequest, Inference, InferredOp, Mismatch, SamplePair, infer};
pub use loss::{Loss, LossKind, Strictness};
pub use plan::{Plan, Shims, VersionStatus};
pub use published::changed_since;
pub use registry::Registry;
pub use types::{PayloadTypes, Sample};
