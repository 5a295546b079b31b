//! JSON at the level of bytes: where a value stands, and edits that leave all other bytes alone.

pub mod pointer;

pub mod scan;

pub mod format;

// A value holds objects and arrays, which hold values: one type in four files, so they stand on one line each.
mod parts;
pub mod array;
pub mod object;
pub mod tree;

mod equal;

pub mod document;
pub mod fields;

pub use document::{Doc, Problem, Problems};
pub(crate) use equal::Decimal;
pub use equal::equal;
pub use fields::Fields;
pub use object::Object;
pub use pointer::{Pointer, Segment};
pub use scan::{is_escaped, quoted, unquoted, valid};
pub use tree::{Node, Path};
