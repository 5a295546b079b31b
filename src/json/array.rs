//! An array, taken apart.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde_json::value::RawValue;

use super::rest::Rest;
use super::tree::Node;

/// The elements of an array with the blanks around them.
#[derive(Clone, Default)]
pub struct Array<'a> {
    items: Vec<Item<'a>>,
    /// Blanks of an array without elements.
    blank: Cow<'a, str>,
}

#[derive(Clone)]
struct Item<'a> {
    before: Cow<'a, str>,
    value: Node<'a>,
    after: Cow<'a, str>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl<'a> Array<'a> {
    /// Takes apart the array that `text` is; `None` when it is no array.
    #[must_use]
    pub fn open(text: &'a str) -> Option<Self> {
        if !text.trim_ascii_start().starts_with('[') {
            return None;
        }
        let values: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
        let mut rest = Rest::behind(text, '[');
        let mut items = Vec::with_capacity(values.len());
        for value in values {
            let before = rest.until(value.get());
            items.push(Item { before, value: Node::new(value.get()), after: rest.blanks() });
            rest.skip_comma();
        }
        Some(Self { items, blank: rest.blanks() })
    }

    /// The elements.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node<'a>> {
        self.items.iter_mut().map(|item| &mut item.value)
    }

    /// The texts of the elements that are still as they came.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.items.iter().filter_map(|item| match item.value {
            Node::Raw(Cow::Borrowed(text)) => Some(text),
            _ => None,
        })
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// An array of one element, or none.
    #[must_use]
    pub fn of(value: Option<Node<'a>>) -> Self {
        let item = |value| Item { before: "".into(), value, after: "".into() };
        Self { items: value.into_iter().map(item).collect(), blank: "".into() }
    }

    /// The first element, taken out.
    pub fn take_first(&mut self) -> Option<Node<'a>> {
        (!self.items.is_empty()).then(|| self.items.remove(0).value)
    }

    /// The same array, independent of the input.
    #[must_use]
    pub fn into_owned(self) -> Array<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let item =
            |item: Item<'_>| Item { before: own(item.before), value: item.value.into_owned(), after: own(item.after) };
        Array { items: self.items.into_iter().map(item).collect(), blank: own(self.blank) }
    }

    /// Prints the array behind what is there.
    pub fn print(&self, to: &mut String) {
        to.push('[');
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            to.push_str(&item.before);
            item.value.print(to);
            to.push_str(&item.after);
        }
        to.push_str(&self.blank);
        to.push(']');
    }
}
