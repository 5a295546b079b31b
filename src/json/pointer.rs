//! JSON pointers (RFC 6901) with one addition: the segment `*` means each element of an array.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::limits::MAX_POINTER_SEGMENTS;

/// A place in a JSON value, or several where it has a `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Vec<Segment>);

/// One step of a [`Pointer`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Segment {
    /// The member of this name of an object.
    Key(String),
    /// Each element of an array. A member named `*` is written `~2`.
    Each,
}

/// Reads the pointer's text, such as `/data/uuid`.
impl core::str::FromStr for Pointer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::parse(text)
    }
}

impl Pointer {
    /// Reads a pointer: empty for the whole value, otherwise segments that each start with `/`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(segments) = text.strip_prefix('/') else {
            return if text.is_empty() { Ok(Self::default()) } else { Err("a pointer starts with `/` or is empty") };
        };
        let segments = segments.split('/').map(segment).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > MAX_POINTER_SEGMENTS {
            Err("a pointer has at most 64 segments")
        } else {
            Ok(Self(segments))
        }
    }

    /// The member of this name of the whole value.
    #[must_use]
    pub(crate) fn key(name: &str) -> Self {
        Self([Segment::Key(name.into())].into())
    }

    /// The steps from the whole value to the place.
    #[must_use]
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Splits the pointer into its parent's segments and its last key; `None` for the whole value and for elements.
    #[must_use]
    pub(crate) fn split_key(&self) -> Option<(&[Segment], &str)> {
        match self.0.split_last() {
            Some((Segment::Key(key), holder)) => Some((holder, key)),
            _ => None,
        }
    }

    /// Returns the pointer to the sibling member called `key`.
    #[must_use]
    pub(crate) fn with_key(&self, key: &str) -> Self {
        let holder = self.0.split_last().map_or(&[][..], |(_, holder)| holder);
        Self(holder.iter().cloned().chain([Segment::Key(key.into())]).collect())
    }

    /// Returns whether `other` is this place or a place inside it.
    #[must_use]
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Returns this pointer with `prefix` put in front of it.
    #[must_use]
    pub(crate) fn under(&self, prefix: &[Segment]) -> Self {
        Self(prefix.iter().chain(&self.0).cloned().collect())
    }
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    if text == "*" {
        return Ok(Segment::Each);
    }
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '~' => match characters.next() {
                Some('0') => '~',
                Some('1') => '/',
                Some('2') => '*',
                _ => return Err("`~` is followed by 0, 1 or 2"),
            },
            other => other,
        });
    }
    Ok(Segment::Key(key))
}

/// A member's name as a step of a pointer, the slash in front of it.
#[must_use]
pub(crate) fn escape_token(name: &str) -> String {
    let mut step = String::with_capacity(name.len().saturating_add(1));
    step.push('/');
    for character in name.chars() {
        match character {
            '~' => step.push_str("~0"),
            '/' => step.push_str("~1"),
            other => step.push(other),
        }
    }
    step
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Each => f.write_str("/*")?,
                Segment::Key(key) if key == "*" => f.write_str("/~2")?,
                Segment::Key(key) => f.write_str(&escape_token(key))?,
            }
        }
        Ok(())
    }
}
