//! A payload as a tree in memory, for comparing two shapes. The engine itself works on text; this is how the inference
//! sees what an op made of it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Array, Decimal, Object, Segment, equal, quoted, unquoted};
use crate::limits::MAX_POINTER_SEGMENTS;

/// A JSON value. The last of repeated names counts, as everywhere.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// The number as it is spelled: a conversion to text depends on it.
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
    /// JSON text that is not opened: text with a lone surrogate, or a container beyond the reach of a pointer.
    Opaque(String),
}

/// A step from a value to one inside it, without patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

/// Returns the pointer pattern of a path: `*` in place of each index.
pub(super) fn pattern(path: &[Step<'_>]) -> Vec<Segment> {
    let segment = |step: &Step<'_>| match step {
        Step::Key(key) => Segment::Key((*key).into()),
        Step::Index(_) => Segment::Each,
    };
    path.iter().map(segment).collect()
}

/// How deeply the containers of JSON text are nested.
pub(super) fn levels(json: &str) -> usize {
    let (mut level, mut most): (usize, usize) = (0, 0);
    let mut characters = json.bytes();
    while let Some(byte) = characters.next() {
        match byte {
            b'{' | b'[' => {
                level = level.saturating_add(1);
                most = most.max(level);
            }
            b'}' | b']' => level = level.saturating_sub(1),
            b'"' => {
                while let Some(inner) = characters.next() {
                    if inner == b'"' {
                        break;
                    }
                    if inner == b'\\' {
                        characters.next();
                    }
                }
            }
            _ => {}
        }
    }
    most
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Number(one), Self::Number(other)) | (Self::Opaque(one), Self::Opaque(other)) => equal(one, other),
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Object(one), Self::Object(other)) => one == other,
            _ => false,
        }
    }
}

impl Value {
    pub(super) const NULL: &'static str = "null";
    pub(super) const LIST: &'static str = "a list";
    pub(super) const OBJECT: &'static str = "an object";

    /// Reads JSON text that is known to be valid.
    pub(super) fn read(text: &str) -> Self {
        Self::read_to(text, MAX_POINTER_SEGMENTS)
    }

    fn read_to(text: &str, levels: usize) -> Self {
        let text = text.trim_ascii();
        let inner = levels.checked_sub(1);
        match (text.as_bytes().first(), inner) {
            (Some(b'{'), Some(levels)) => {
                let object = Object::open(text).unwrap_or_default();
                let members = object.members().iter().filter_map(|member| {
                    let name = member.decoded_name()?;
                    Some((name, Self::read_to(member.text()?, levels)))
                });
                Self::Object(members.collect())
            }
            (Some(b'['), Some(levels)) => {
                let array = Array::open(text).unwrap_or_default();
                Self::List(array.texts().map(|text| Self::read_to(text, levels)).collect())
            }
            (Some(b'"'), _) => unquoted(text).map_or_else(|| Self::Opaque(text.into()), Self::Text),
            (Some(b't'), _) => Self::Bool(true),
            (Some(b'f'), _) => Self::Bool(false),
            (Some(b'n'), _) => Self::Null,
            (Some(b'{' | b'['), None) => Self::Opaque(text.into()),
            _ => Self::Number(text.into()),
        }
    }

    /// The value as JSON text.
    pub(super) fn json(&self) -> String {
        let mut text = String::new();
        self.print(&mut text);
        text
    }

    fn print(&self, to: &mut String) {
        match self {
            Self::Null => to.push_str("null"),
            Self::Bool(true) => to.push_str("true"),
            Self::Bool(false) => to.push_str("false"),
            Self::Number(text) | Self::Opaque(text) => to.push_str(text),
            Self::Text(text) => to.push_str(&quoted(text)),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    to.push(if index == 0 { '[' } else { ',' });
                    item.print(to);
                }
                to.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    to.push(if index == 0 { '{' } else { ',' });
                    to.push_str(&quoted(name));
                    to.push(':');
                    value.print(to);
                }
                to.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }

    /// The JSON type of the value.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => Self::NULL,
            Self::Bool(_) => "a truth value",
            Self::Number(text) if text.contains(['.', 'e', 'E']) => "a number with a fraction",
            Self::Number(_) => "a whole number",
            Self::Text(_) => "text",
            Self::List(_) => Self::LIST,
            Self::Object(_) => Self::OBJECT,
            Self::Opaque(_) => "a deep value",
        }
    }

    pub(super) const fn is_scalar(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_))
    }

    /// The value as JSON text, if a table of `map_value` or a `when` can hold it.
    pub(super) fn table_entry(&self) -> Option<String> {
        match self {
            // `7.0` is the entry `7`.
            Self::Number(text) => Decimal::read(text)?.whole().filter(|whole| whole.parse::<i64>().is_ok()),
            other => other.is_scalar().then(|| other.json()),
        }
    }

    /// The member of this name, if this is an object.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        if let Self::Object(members) = self { members.get(name) } else { None }
    }

    /// The values that a pointer pattern leads to, with their paths.
    pub(super) fn visit<'v>(
        &'v self,
        pattern: &[Segment],
        path: &mut Vec<Step<'v>>,
        act: &mut dyn FnMut(&'v Self, &[Step<'v>]),
    ) {
        let Some((first, rest)) = pattern.split_first() else {
            return act(self, path);
        };
        match (first, self) {
            (Segment::Key(key), Self::Object(members)) => {
                if let Some((name, value)) = members.get_key_value(key) {
                    path.push(Step::Key(name));
                    value.visit(rest, path, act);
                    path.pop();
                }
            }
            (Segment::Each, Self::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(Step::Index(index));
                    item.visit(rest, path, act);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// Whether a pointer pattern leads to any value.
    pub(super) fn has(&self, pattern: &[Segment]) -> bool {
        let Some((first, rest)) = pattern.split_first() else {
            return true;
        };
        match (first, self) {
            (Segment::Key(key), Self::Object(members)) => members.get(key).is_some_and(|value| value.has(rest)),
            (Segment::Each, Self::List(items)) => items.iter().any(|item| item.has(rest)),
            // A number as a name is an index there.
            (Segment::Key(_), Self::List(_)) => true,
            _ => false,
        }
    }

    /// The value at a path.
    pub(super) fn at(&self, path: &[Step<'_>]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| match (step, value) {
            (Step::Key(key), Self::Object(members)) => members.get(*key),
            (Step::Index(index), Self::List(items)) => items.get(*index),
            _ => None,
        })
    }
}
