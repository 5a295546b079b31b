//! An object, taken apart.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::pointer::Segment;
use super::scan::{Broken, is_escaped, quoted, unquoted};
use super::value::{Node, Object, Part, Parts};
use crate::redact::Bytes;

/// A member with the blanks around it.
pub(crate) type Member<'a> = Part<'a>;

/// Shows no part of a body, and no signature.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("members", &self.0.list.len()).finish_non_exhaustive()
    }
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &Bytes(self.name.len())).finish_non_exhaustive()
    }
}

impl<'a> Object<'a> {
    /// Takes apart the object that `text` is; `None` when it is no object.
    #[must_use]
    pub fn open(text: &'a str) -> Option<Self> {
        Self::read(text).ok().flatten()
    }

    /// Checks that `text` is JSON, and takes it apart when it is an object.
    ///
    /// # Errors
    /// Where the text stops being JSON.
    pub fn read(text: &'a str) -> Result<Option<Self>, Broken> {
        Self::read_to(text, 0)
    }

    /// [`read`](Self::read), which also takes apart the objects in it, `depth` levels of them.
    ///
    /// # Errors
    /// Where the text stops being JSON.
    pub fn read_to(text: &'a str, depth: u8) -> Result<Option<Self>, Broken> {
        Parts::read(text, b'{', depth).map(|parts| parts.map(Self))
    }

    /// Returns the value that was read from `text`, a slice of the object's own text.
    #[must_use]
    pub fn into_value(self, text: &str) -> Option<Node<'a>> {
        let member =
            self.0.list.into_iter().find(|member| member.text().is_some_and(|came| core::ptr::eq(came, text)))?;
        Some(member.value)
    }

    /// The text of the value at `path`, which has no `*` in it. Meant for objects of which nothing was changed.
    #[must_use]
    pub(crate) fn find(&self, path: &[Segment]) -> Option<&'a str> {
        let (Segment::Key(key), rest) = path.split_first()? else {
            return None;
        };
        let text = self.member(key)?.text()?;
        if rest.is_empty() { Some(text) } else { Self::open(text)?.find(rest) }
    }

    /// The members, in order.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.0.list
    }

    /// The member of this name; the last one where it is repeated, as `JSON.parse` and serde do.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.0.list.iter().rev().find(|member| member.is(name))
    }

    /// The value of the member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.member(name).map(|member| &member.value)
    }

    /// The value of the member of this name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.0.list.iter_mut().rev().find(|member| member.is(name)).map(|member| &mut member.value)
    }

    /// The value of every member of this name.
    pub fn values_mut<'s>(&'s mut self, name: &'s str) -> impl Iterator<Item = &'s mut Node<'a>> {
        self.0.list.iter_mut().filter(move |member| member.is(name)).map(|member| &mut member.value)
    }

    /// Gives every member called `from` the name `to`.
    pub fn rename(&mut self, from: &str, to: &str) {
        for member in self.0.list.iter_mut().filter(|member| member.is(from)) {
            member.name = Cow::Owned(quoted(to));
        }
    }

    /// Takes out every member of this name and hands back the value that counts.
    pub fn remove(&mut self, name: &str) -> Option<Node<'a>> {
        let mut found = None;
        let mut kept = Vec::with_capacity(self.0.list.len());
        for member in core::mem::take(&mut self.0.list) {
            if member.is(name) {
                found = Some(member.value);
            } else {
                kept.push(member);
            }
        }
        self.0.list = kept;
        found
    }

    /// Adds a member at the end.
    pub fn insert(&mut self, name: &str, value: Node<'a>) {
        self.0.list.push(Part::new(Cow::Owned(quoted(name)), value));
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// Prints the object behind what is there.
    pub fn print(&self, to: &mut String) {
        self.0.print(['{', '}'], to);
    }
}

impl Part<'_> {
    /// The name without quotes and escapes; `None` when it is no text, as a lone surrogate is.
    #[must_use]
    pub fn decoded_name(&self) -> Option<String> {
        unquoted(&self.name)
    }

    /// The name as it stands, quotes included.
    #[must_use]
    pub fn spelled_name(&self) -> &str {
        &self.name
    }

    /// Whether the member has this name, however it is escaped.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let inner = self.name.get(1..self.name.len().saturating_sub(1)).unwrap_or_default();
        if is_escaped(inner) { self.decoded_name().is_some_and(|text| text == name) } else { inner == name }
    }
}
