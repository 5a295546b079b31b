//! JSON at the level of bytes: where a value stands, and edits that leave all other bytes alone.

pub(crate) mod pointer;

pub(crate) mod scan;

pub(crate) mod format;

// A value holds objects and arrays, which hold values: one type in four files, so they stand on one line each.
mod parts;
pub(crate) mod array;
pub(crate) mod object;
pub(crate) mod tree;

mod equal;

pub(crate) mod document;
pub(crate) mod fields;

pub(crate) use equal::{Decimal, equal};
pub(crate) use fields::Fields;
pub(crate) use pointer::Segment;
pub(crate) use scan::is_escaped;
pub(crate) use tree::Path;

pub use document::{Doc, Problem, Problems};
pub use object::Object;
pub use pointer::Pointer;
pub use scan::{quoted, unquoted, valid};
pub use tree::Node;
