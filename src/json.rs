//! JSON at the level of bytes: where a value stands, and edits that leave all other bytes alone.

pub mod pointer;
pub mod tree;

pub mod document;

pub use document::{Doc, Fields, Problem, Problems};
pub use pointer::{Pointer, Segment};
pub use tree::{Member, Node, Object, Tree};
