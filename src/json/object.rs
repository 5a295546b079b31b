//! An object, taken apart.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::pointer::Segment;
use super::rest::Rest;
use super::tree::{Node, quoted};
use crate::redact::Bytes;

/// The members of an object, in order, repeated names included.
#[derive(Clone, Default)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
    /// Blanks of an object without members.
    blank: Cow<'a, str>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("members", &self.members.len()).finish_non_exhaustive()
    }
}

/// A member with the blanks around it.
#[derive(Clone)]
pub struct Member<'a> {
    before: Cow<'a, str>,
    /// The name as it stands, quotes included.
    name: Cow<'a, str>,
    colon: Cow<'a, str>,
    value: Node<'a>,
    after: Cow<'a, str>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Member<'_> {
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
    pub fn read(text: &'a str) -> Result<Option<Self>, serde_json::Error> {
        if !text.trim_ascii_start().starts_with('{') {
            return serde_json::from_str::<&RawValue>(text).map(|_| None);
        }
        let Entries(entries) = serde_json::from_str(text)?;
        let mut rest = Rest::behind(text, '{');
        let mut members = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let before = rest.until(name.get());
            let colon = rest.until(value.get());
            let after = rest.blanks();
            members.push(Member { before, name: name.get().into(), colon, value: Node::new(value.get()), after });
            rest.skip_comma();
        }
        Ok(Some(Self { members, blank: rest.blanks() }))
    }

    /// The text of the value at `path`, which has no `*` in it. Meant for objects of which nothing was changed.
    #[must_use]
    pub fn find(&self, path: &[Segment]) -> Option<&'a str> {
        let (Segment::Key(key), rest) = path.split_first()? else {
            return None;
        };
        let text = self.member(key)?.text()?;
        if rest.is_empty() { Some(text) } else { Self::open(text)?.find(rest) }
    }

    /// The members, in order.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// The member of this name; the last one where it is repeated, as `JSON.parse` and serde do.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().rev().find(|member| member.is(name))
    }

    /// The value of the member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.member(name).map(|member| &member.value)
    }

    /// The value of the member of this name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.members.iter_mut().rev().find(|member| member.is(name)).map(|member| &mut member.value)
    }

    /// The value of every member of this name.
    pub fn values_mut<'s>(&'s mut self, name: &'s str) -> impl Iterator<Item = &'s mut Node<'a>> {
        self.members.iter_mut().filter(move |member| member.is(name)).map(|member| &mut member.value)
    }

    /// Gives every member called `from` the name `to`.
    pub fn rename(&mut self, from: &str, to: &str) {
        for member in self.members.iter_mut().filter(|member| member.is(from)) {
            member.name = Cow::Owned(quoted(to));
        }
    }

    /// Takes out every member of this name and hands back the value that counts.
    pub fn remove(&mut self, name: &str) -> Option<Node<'a>> {
        let mut found = None;
        let mut kept = Vec::with_capacity(self.members.len());
        for member in core::mem::take(&mut self.members) {
            if member.is(name) {
                found = Some(member.value);
            } else {
                kept.push(member);
            }
        }
        self.members = kept;
        found
    }

    /// Adds a member at the end.
    pub fn insert(&mut self, name: &str, value: Node<'a>) {
        let name = Cow::Owned(quoted(name));
        self.members.push(Member { before: "".into(), name, colon: ":".into(), value, after: "".into() });
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The same object, independent of the input.
    #[must_use]
    pub fn into_owned(self) -> Object<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let member = |member: Member<'_>| Member {
            before: own(member.before),
            name: own(member.name),
            colon: own(member.colon),
            value: member.value.into_owned(),
            after: own(member.after),
        };
        Object { members: self.members.into_iter().map(member).collect(), blank: own(self.blank) }
    }

    /// Prints the object behind what is there.
    pub fn print(&self, to: &mut String) {
        to.push('{');
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            for part in [&member.before, &member.name, &member.colon] {
                to.push_str(part);
            }
            member.value.print(to);
            to.push_str(&member.after);
        }
        to.push_str(&self.blank);
        to.push('}');
    }
}

impl<'a> Member<'a> {
    /// The text of the value, if it is still as it came.
    #[must_use]
    pub const fn text(&self) -> Option<&'a str> {
        if let Node::Raw(Cow::Borrowed(text)) = self.value { Some(text) } else { None }
    }

    /// The name without quotes and escapes; `None` when it is no text, as a lone surrogate is.
    #[must_use]
    pub fn decoded_name(&self) -> Option<String> {
        serde_json::from_str(&self.name).ok()
    }

    /// Whether the member has this name, however it is escaped.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let inner = self.name.get(1..self.name.len().saturating_sub(1)).unwrap_or_default();
        if inner.contains('\\') { self.decoded_name().is_some_and(|text| text == name) } else { inner == name }
    }
}

/// The members of an object as slices of its text.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Each)
    }
}
