//! An array, taken apart.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::value::{Array, Node, Part, Parts};

/// Shows no part of a body, and no signature.
impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array").field("items", &self.0.list.len()).finish_non_exhaustive()
    }
}

impl<'a> Array<'a> {
    /// Takes apart the array that `text` is; `None` when it is no array.
    #[must_use]
    pub fn open(text: &'a str) -> Option<Self> {
        if text.trim_ascii_start().as_bytes().first() != Some(&b'[') {
            return None;
        }
        Parts::read(text, b'[', 0).ok().flatten().map(Self)
    }

    /// The elements.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node<'a>> {
        self.0.list.iter_mut().map(|item| &mut item.value)
    }

    /// Returns the original text of each element that came from the input.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.0.list.iter().filter_map(Part::text)
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// An array of one element, or none.
    #[must_use]
    pub fn of(value: Option<Node<'a>>) -> Self {
        let mut parts = Parts::default();
        parts.list.extend(value.map(|value| Part::new(Cow::Borrowed(""), value)));
        Self(parts)
    }

    /// The first element, taken out.
    pub fn take_first(&mut self) -> Option<Node<'a>> {
        (!self.0.list.is_empty()).then(|| self.0.list.remove(0).value)
    }

    /// Prints the array behind what is there.
    pub fn print(&self, to: &mut String) {
        self.0.print(['[', ']'], to);
    }
}
