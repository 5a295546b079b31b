//! The types that JSON values have, as a set.

use core::fmt;

/// A set of types of JSON values; empty where nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOL: Self = Self(1 << 1);
    pub(crate) const INTEGER: Self = Self(1 << 2);
    pub(crate) const NUMBER: Self = Self(1 << 3);
    pub(crate) const TEXT: Self = Self(1 << 4);
    pub(crate) const LIST: Self = Self(1 << 5);
    pub(crate) const OBJECT: Self = Self(1 << 6);

    /// Every type with its name, in alphabetical order.
    const NAMES: [(&'static str, Self); 7] = [
        ("bool", Self::BOOL),
        ("integer", Self::INTEGER),
        ("list", Self::LIST),
        ("null", Self::NULL),
        ("number", Self::NUMBER),
        ("object", Self::OBJECT),
        ("text", Self::TEXT),
    ];

    /// The type of a JSON value without blanks around it.
    ///
    /// An integer is written without fraction and exponent and fits 64 bits: `7.0` is a number, since readers with
    /// static types refuse it as an integer.
    pub(crate) fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'n') => Self::NULL,
            Some(b't' | b'f') => Self::BOOL,
            Some(b'"') => Self::TEXT,
            Some(b'[') => Self::LIST,
            Some(b'{') => Self::OBJECT,
            _ if json.parse::<i64>().is_ok() => Self::INTEGER,
            _ => Self::NUMBER,
        }
    }

    /// The types of either set. With numbers in it, integers are not listed: they are numbers.
    #[must_use]
    pub(crate) const fn or(self, other: Self) -> Self {
        let both = self.0 | other.0;
        Self(if both & Self::NUMBER.0 > 0 { both & !Self::INTEGER.0 } else { both })
    }

    /// Whether every type of `other` is in this set.
    pub(crate) const fn has(self, other: Self) -> bool {
        let numbers = if self.0 & Self::NUMBER.0 > 0 { Self::INTEGER.0 } else { 0 };
        other.0 & !(self.0 | numbers) == 0
    }

    /// Whether the set is empty.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether objects or lists are in the set.
    pub(crate) const fn has_inside(self) -> bool {
        self.0 & (Self::LIST.0 | Self::OBJECT.0) > 0
    }

    /// Each type of the set, in alphabetical order.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(_, kind)| kind).filter(move |kind| self.0 & kind.0 > 0)
    }

    /// Reads the names of types, joined by `|`.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "expected types joined by `|`: bool, integer, list, null, number, object, text";
        let kind = |name: &str| Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        text.split('|').try_fold(Self::default(), |all, name| Some(all.or(kind(name)?))).ok_or(expected)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("unknown");
        }
        let named = Self::NAMES.iter().filter(|(_, kind)| self.0 & kind.0 > 0);
        named.enumerate().try_for_each(|(index, (name, _))| {
            f.write_str(if index > 0 { "|" } else { "" })?;
            f.write_str(name)
        })
    }
}
