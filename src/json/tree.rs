//! A JSON value that stays text until it is opened: only what is opened is taken apart, only what is
//! changed is printed anew, and every other byte, blanks included, is copied as it came.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::pointer::{Segment, escape_token};
use super::value::{Array, Node, Object};
use crate::redact::Bytes;

/// Shows no value.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(text) => Bytes(text.len()).fmt(f),
            Self::Object(object) => object.fmt(f),
            Self::Array(array) => array.fmt(f),
        }
    }
}

/// The current place of a visit: a pointer with indexes in place of `*`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path<'p>(Vec<Step<'p>>);

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

impl<'a> Node<'a> {
    /// Makes a node from JSON text without parsing it.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self::Raw(Cow::Borrowed(text))
    }

    /// Returns the object, parsed on first use; `None` for any other value, and for text that was made by an op: ops
    /// make scalars only and take all else from the input or the registry.
    pub fn open_object(&mut self) -> Option<&mut Object<'a>> {
        if let Self::Raw(Cow::Borrowed(text)) = self {
            *self = Self::Object(Object::open(text)?);
        }
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The array here, taken apart on first use; `None` for any other value.
    pub fn open_array(&mut self) -> Option<&mut Array<'a>> {
        if let Self::Raw(Cow::Borrowed(text)) = self {
            *self = Self::Array(Array::open(text)?);
        }
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// Calls `act` with every value that `path` leads to, and tells whether any call changed something.
    pub(crate) fn visit<'p>(
        &mut self,
        path: &'p [Segment],
        at: &mut Path<'p>,
        act: &mut dyn FnMut(&mut Self, &Path<'p>) -> bool,
    ) -> bool {
        let mut changed = false;
        match path.split_first() {
            None => changed = act(self, at),
            Some((Segment::Key(key), rest)) => {
                for value in self.values_mut(key) {
                    at.0.push(Step::Key(key));
                    changed |= value.visit(rest, at, act);
                    at.0.pop();
                }
            }
            Some((Segment::Each, rest)) => {
                let items = self.open_array().into_iter().flat_map(Array::values_mut);
                for (index, value) in items.enumerate() {
                    at.0.push(Step::Index(index));
                    changed |= value.visit(rest, at, act);
                    at.0.pop();
                }
            }
        }
        changed
    }

    /// The value of every member of this name of an object, or the element of this index of an array.
    pub fn values_mut<'s>(&'s mut self, name: &'s str) -> impl Iterator<Item = &'s mut Self> {
        let index = index(name).filter(|_| self.open_array().is_some());
        let (object, array) = match self {
            Self::Array(array) => (None, Some(array)),
            other => (other.open_object(), None),
        };
        let members = object.into_iter().flat_map(move |object| object.values_mut(name));
        let element = array.and_then(|array| array.values_mut().nth(index?));
        members.chain(element)
    }

    /// The value of the member of this name, the last where it is repeated; or the element of this index.
    pub fn value_mut(&mut self, name: &str) -> Option<&mut Self> {
        if let Some(index) = index(name).filter(|_| self.open_array().is_some()) {
            return self.open_array()?.values_mut().nth(index);
        }
        self.open_object()?.get_mut(name)
    }

    /// The value as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        if let Self::Raw(text) = self {
            return Cow::Borrowed(text);
        }
        let mut text = String::new();
        self.print(&mut text);
        Cow::Owned(text)
    }

    /// Prints the value behind what is there.
    pub fn print(&self, to: &mut String) {
        match self {
            Self::Raw(text) => to.push_str(text),
            Self::Object(object) => object.print(to),
            Self::Array(array) => array.print(to),
        }
    }
}

/// Parses an array index as in a JSON pointer (RFC 6901, section 4): digits without a leading zero.
fn index(name: &str) -> Option<usize> {
    let is_plain = name == "0" || !name.starts_with('0');
    if is_plain && name.bytes().all(|byte| byte.is_ascii_digit()) { name.parse().ok() } else { None }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) => f.write_str(&escape_token(key)),
            Step::Index(index) => write!(f, "/{index}"),
        })
    }
}
