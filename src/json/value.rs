//! The types of a value that is text until it is opened: a node holds an object or an array, which hold nodes. What
//! they do is in tree.rs, object.rs, array.rs and parts.rs.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A value, opened or not.
#[derive(Clone)]
pub enum Node<'a> {
    /// Text of the input, or new text.
    Raw(Cow<'a, str>),
    /// An object taken apart.
    Object(Object<'a>),
    /// An array taken apart.
    Array(Array<'a>),
}

/// The members of an object, in order, repeated names included.
#[derive(Clone, Default)]
pub struct Object<'a>(pub(super) Parts<'a>);

/// The elements of an array with the blanks around them.
#[derive(Clone, Default)]
pub struct Array<'a>(pub(super) Parts<'a>);

/// A value in an object or an array, with what stands around it.
#[derive(Clone)]
pub struct Part<'a> {
    pub(super) before: &'a str,
    /// The name as it stands, quotes included; empty for an element.
    pub(super) name: Cow<'a, str>,
    pub(super) colon: &'a str,
    pub(super) value: Node<'a>,
    /// The value as it came; empty for a new one.
    pub(super) came: &'a str,
    pub(super) after: &'a str,
}

/// The values of a container, in order.
#[derive(Clone, Default)]
pub(super) struct Parts<'a> {
    pub(super) list: Vec<Part<'a>>,
    /// Blanks of a container without values.
    pub(super) blank: &'a str,
}
