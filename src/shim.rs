//! Version shims: a payload change is declared once, as data, and gives upgrade, downgrade, checks and a changelog.
//!
//! A [`Registry`] says which versions there are, which model each event carries, and what changed when. [`Shims`] is
//! a registry made ready; a [`Plan`] is what lies between two versions for one kind of event, and [`apply()`] carries
//! it out on JSON text and leaves every byte alone that no change names.

pub mod convert;

pub mod op;

pub mod registry;

pub mod read;

mod bounds;

mod shape;

mod order;

pub mod check;

pub mod builtin;

pub mod plan;

pub mod loss;

mod relocate;

mod edit;

pub mod apply;

pub mod changelog;

pub(crate) use apply::apply_to;
pub use apply::{Shimmed, apply};
pub use changelog::changelog;
pub use check::check;
pub use loss::{Loss, LossKind, Strictness};
pub use op::{Lossy, Op};
pub use plan::{Plan, Shims, VersionStatus};
pub use registry::{Change, Registry};
