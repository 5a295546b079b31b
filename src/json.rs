//! JSON at the level of bytes: where a value stands, and edits that leave all other bytes alone.

pub(crate) mod pointer;

pub(crate) mod scan;

pub(crate) mod format;

mod value;

mod parts;

mod array;

mod object;

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
pub use pointer::Pointer;
pub use scan::{quoted, unquoted, valid};
pub(crate) use value::Array;
pub use value::{Node, Object};
