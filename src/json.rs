//! JSON at the level of bytes: where a value stands, and edits that leave all other bytes alone.

pub mod pointer;

mod rest;

pub mod format;

// A value holds objects and arrays, which hold values: one type in three files, so they stand on one line each.
pub mod array;
pub mod object;
pub mod tree;

pub mod document;

pub use document::{Doc, Fields, Problem, Problems};
pub use object::Object;
pub use pointer::{Pointer, Segment};
pub use tree::{Node, Path};
