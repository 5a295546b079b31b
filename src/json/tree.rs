//! A JSON value that stays text until somebody opens it: only what is opened is taken apart, only what is
//! changed is printed anew, and every other byte, blanks included, is copied as it came.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::pointer::Segment;

/// A value, opened or not.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// Text of the input, or new text.
    Raw(Cow<'a, str>),
    /// An object taken apart.
    Object(Object<'a>),
    /// An array taken apart.
    Array(Array<'a>),
}

/// The members of an object, in order, repeated names included.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
    /// Blanks of an object without members.
    blank: &'a str,
}

/// A member with the blanks around it.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    before: &'a str,
    /// The name as it stands, quotes included.
    name: Cow<'a, str>,
    colon: &'a str,
    /// The value.
    pub value: Node<'a>,
    after: &'a str,
}

/// The elements of an array with the blanks around them.
#[derive(Clone, Debug)]
pub struct Array<'a> {
    items: Vec<(&'a str, Node<'a>, &'a str)>,
    blank: &'a str,
}

/// A whole value and whether it was changed.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    source: &'a str,
    root: Node<'a>,
    changed: bool,
}

impl<'a> Tree<'a> {
    /// Takes in a value without looking into it. `source` must be valid JSON.
    #[must_use]
    pub const fn new(source: &'a str) -> Self {
        Self { source, root: Node::Raw(Cow::Borrowed(source)), changed: false }
    }

    /// Calls `act` with every object that `holder` leads to. `act` says whether it changed something,
    /// and the answer is whether any did.
    pub fn each_object(&mut self, holder: &[Segment], act: &mut dyn FnMut(&mut Object<'a>) -> bool) -> bool {
        let act = &mut |node: &mut Node<'a>| node.open_object().is_some_and(&mut *act);
        let changed = visit(&mut self.root, holder, act);
        self.changed |= changed;
        changed
    }

    /// The text of the value: the input itself when nothing was changed.
    #[must_use]
    pub fn finish(self) -> Cow<'a, str> {
        if !self.changed {
            return Cow::Borrowed(self.source);
        }
        let mut text = String::with_capacity(self.source.len().saturating_add(64));
        self.root.print(&mut text);
        Cow::Owned(text)
    }
}

/// Follows `path` from `node`, calls `act` at its end, and tells whether any call changed something.
fn visit<'a>(node: &mut Node<'a>, path: &[Segment], act: &mut dyn FnMut(&mut Node<'a>) -> bool) -> bool {
    match path.split_first() {
        None => act(node),
        Some((Segment::Key(key), rest)) => node.open_object().is_some_and(|object| {
            let mut changed = false;
            for member in object.members.iter_mut().filter(|member| member.is(key)) {
                changed |= visit(&mut member.value, rest, act);
            }
            changed
        }),
        Some((Segment::Each, rest)) => node.open_array().is_some_and(|array| {
            let mut changed = false;
            for (_, item, _) in &mut array.items {
                changed |= visit(item, rest, act);
            }
            changed
        }),
    }
}

impl<'a> Node<'a> {
    /// The object here, taken apart on first use; `None` for any other value.
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

    fn print(&self, to: &mut String) {
        match self {
            Self::Raw(text) => to.push_str(text),
            Self::Object(object) => object.print(to),
            Self::Array(array) => array.print(to),
        }
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
        let mut rest = Rest { text, at: text.find('{').unwrap_or_default().saturating_add(1) };
        let mut members = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            let before = rest.until(name.get());
            let colon = rest.until(value.get());
            let after = rest.blanks();
            members.push(Member {
                before,
                name: name.get().into(),
                colon,
                value: Node::Raw(value.get().into()),
                after,
            });
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
        let text = self.get(key)?.text()?;
        if rest.is_empty() { Some(text) } else { Self::open(text)?.find(rest) }
    }

    /// The members, in order.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// The member of this name; the last one where it is repeated, as `JSON.parse` and serde do.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().rev().find(|member| member.is(name))
    }

    /// Gives every member called `from` the name `to`.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let mut changed = false;
        for member in self.members.iter_mut().filter(|member| member.is(from)) {
            member.name = Cow::Owned(quoted(to));
            changed = true;
        }
        changed
    }

    fn print(&self, to: &mut String) {
        to.push('{');
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            to.push_str(member.before);
            to.push_str(&member.name);
            to.push_str(member.colon);
            member.value.print(to);
            to.push_str(member.after);
        }
        to.push_str(self.blank);
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
        if inner.contains('\\') {
            serde_json::from_str::<String>(&self.name).is_ok_and(|text| text == name)
        } else {
            inner == name
        }
    }
}

impl<'a> Array<'a> {
    /// The texts of the elements that are still as they came.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.items.iter().filter_map(|(_, item, _)| match item {
            Node::Raw(Cow::Borrowed(text)) => Some(*text),
            _ => None,
        })
    }

    fn open(text: &'a str) -> Option<Self> {
        if !text.trim_ascii_start().starts_with('[') {
            return None;
        }
        let values: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
        let mut rest = Rest { text, at: text.find('[')?.saturating_add(1) };
        let mut items = Vec::with_capacity(values.len());
        for value in values {
            let before = rest.until(value.get());
            items.push((before, Node::Raw(Cow::Borrowed(value.get())), rest.blanks()));
            rest.skip_comma();
        }
        Some(Self { items, blank: rest.blanks() })
    }

    fn print(&self, to: &mut String) {
        to.push('[');
        for (index, (before, item, after)) in self.items.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            to.push_str(before);
            item.print(to);
            to.push_str(after);
        }
        to.push_str(self.blank);
        to.push(']');
    }
}

/// `text` as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    // Text always has a JSON form, so the error cannot come.
    serde_json::to_string(text).unwrap_or_default()
}

/// The part of a container's text that was not handed out yet.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// Everything up to `value`, which is a slice of the text; moves behind it.
    fn until(&mut self, value: &'a str) -> &'a str {
        let start = (value.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let skipped = self.text.get(self.at..start).unwrap_or_default();
        self.at = start.saturating_add(value.len());
        skipped
    }

    /// The blanks that come next.
    fn blanks(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.len().saturating_sub(rest.trim_ascii_start().len());
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    fn skip_comma(&mut self) {
        if self.text.as_bytes().get(self.at) == Some(&b',') {
            self.at = self.at.saturating_add(1);
        }
    }
}

/// The members of an object as slices of its text.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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
