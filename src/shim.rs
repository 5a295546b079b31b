//! Version shims: a payload change is declared once, as data, and gives upgrade and downgrade.
//!
//! A [`Registry`] says which releases there are, which model each event carries, and what changed when. A
//! [`Plan`] is what lies between two releases for one event; [`apply()`] carries it out on JSON text and leaves
//! every byte alone that no change names.

pub mod op;
pub mod registry;

pub mod plan;

pub mod apply;

pub use apply::{Shimmed, apply};
pub use op::Op;
pub use plan::{Plan, plan};
pub use registry::Registry;
