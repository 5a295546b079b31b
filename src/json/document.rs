//! Reading a JSON document strictly, member by member, and gathering every problem instead of the first.
//!
//! By hand and not by derived serde: a person gets all problems at once, each with its place and a hint, and no value
//! of the document is ever quoted (it may be a secret).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::object::Member;
use super::pointer::escape_token;
use super::scan::unquoted;
use super::value::{Array, Object};
use crate::redact::Bytes;

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name of the problem.
    pub code: &'static str,
    /// JSON pointer into the document.
    pub at: String,
    /// What is wrong, in a sentence.
    pub sentence: String,
    /// What to do about it.
    pub hint: String,
}

/// The problems of one document, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    /// Number of these problems that concern a needed member that could not be read.
    unread: usize,
}

/// A value of the document: a part of its text, so that its place is only looked for when there is a problem.
#[derive(Clone, Copy)]
pub struct Doc<'a> {
    whole: &'a str,
    text: &'a str,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Doc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doc").field("text", &Bytes(self.text.len())).finish_non_exhaustive()
    }
}

impl Problems {
    /// Adds a problem.
    pub fn add(&mut self, code: &'static str, at: &str, sentence: &str, hint: &str) {
        self.unread = self.unread.saturating_add(1);
        self.remark(code, at, sentence, hint);
    }

    /// Adds a problem that leaves every member readable.
    pub(super) fn remark(&mut self, code: &'static str, at: &str, sentence: &str, hint: &str) {
        self.list.push(Problem { code, at: at.into(), sentence: sentence.into(), hint: hint.into() });
    }

    /// Adds a problem and formats its place and sentence here, so that call sites do not repeat that code.
    pub fn report(&mut self, code: &'static str, at: fmt::Arguments<'_>, sentence: fmt::Arguments<'_>, hint: &str) {
        self.add(code, &alloc::fmt::format(at), &alloc::fmt::format(sentence), hint);
    }

    /// Returns the number of needed members that could not be read; the caller restores it after a member that is not
    /// needed.
    pub(super) const fn unread(&mut self) -> &mut usize {
        &mut self.unread
    }

    /// Every problem.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// How many there are and the first of them, or nothing.
    #[must_use]
    pub fn first(&self) -> Option<(usize, String)> {
        self.list.first().map(|problem| (self.list.len(), problem.to_string()))
    }
}

impl<'a> Doc<'a> {
    /// The whole of a document, if it is JSON.
    pub fn parse(text: &'a str, problems: &mut Problems) -> Option<Self> {
        match Object::read(text) {
            Ok(_) => Some(Self { whole: text, text: text.trim_ascii() }),
            Err(error) => {
                let sentence = format_args!("not JSON at line {} column {}", error.line, error.column);
                problems.report("not_json", format_args!(""), sentence, "check quotes, commas and brackets there");
                None
            }
        }
    }

    /// JSON pointer into the document.
    #[must_use]
    pub fn at(&self) -> String {
        let mut at = String::new();
        let mut outer = self.whole.trim_ascii();
        while !core::ptr::eq(outer, self.text) {
            let holds = |text: &&'a str| holds(text, self.text);
            let members = Object::open(outer).unwrap_or_default();
            let member = members.members().iter().find(|member| member.text().as_ref().is_some_and(holds));
            let elements = Array::open(outer);
            let element = elements.iter().flat_map(Array::texts).enumerate().find(|(_, text)| holds(text));
            let name = member.and_then(Member::decoded_name).unwrap_or_default();
            let inner = member.and_then(Member::text);
            match (inner, element) {
                (Some(inner), _) => {
                    at = [at, escape_token(&name)].concat();
                    outer = inner;
                }
                (None, Some((index, inner))) => {
                    at = alloc::format!("{at}/{index}");
                    outer = inner;
                }
                (None, None) => break,
            }
        }
        at
    }

    /// The value as it stands.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.text
    }

    /// Another part of the same document.
    pub(super) const fn part(&self, text: &'a str) -> Self {
        Self { whole: self.whole, text }
    }

    /// The elements, if it is an array.
    pub fn list(&self, problems: &mut Problems) -> Option<Vec<Self>> {
        let Some(array) = Array::open(self.text) else {
            return self.wrong("an array", problems);
        };
        Some(array.texts().map(|text| Self { whole: self.whole, text }).collect())
    }

    /// The text, if it is a string.
    pub fn text(&self, problems: &mut Problems) -> Option<String> {
        unquoted(self.text).or_else(|| self.wrong("text", problems))
    }

    /// The number, if it is a whole one.
    pub fn number(&self, problems: &mut Problems) -> Option<i64> {
        self.text.parse().ok().or_else(|| self.wrong("a whole number", problems))
    }

    /// The number, if it is a whole one of nothing or more.
    pub fn count(&self, problems: &mut Problems) -> Option<usize> {
        self.text.parse().ok().or_else(|| self.wrong("a whole number from 0", problems))
    }

    /// The truth value, if it is one.
    pub fn flag(&self, problems: &mut Problems) -> Option<bool> {
        self.text.parse().ok().or_else(|| self.wrong("true or false", problems))
    }

    /// What the text stands for, by a table.
    pub fn word<T: Copy>(&self, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let text = self.text(problems)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<String> = words.iter().map(|(word, _)| alloc::format!("`{word}`")).collect();
        self.wrong(&alloc::format!("one of {}", words.join(", ")), problems)
    }

    /// What the text stands for, if it can be read as a `T`.
    pub fn parsed<T>(&self, read: fn(&str) -> Result<T, &'static str>, problems: &mut Problems) -> Option<T> {
        match read(&self.text(problems)?) {
            Ok(value) => Some(value),
            Err(sentence) => {
                problems.add("value_invalid", &self.at(), sentence, "");
                None
            }
        }
    }

    pub(super) fn wrong<T>(&self, expected: &str, problems: &mut Problems) -> Option<T> {
        problems.add("type_wrong", &self.at(), &["expected ", expected].concat(), "");
        None
    }
}

/// Whether `inner` is a part of this very text, by its address.
fn holds(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (outer.as_bytes().as_ptr_range(), inner.as_bytes().as_ptr_range());
    outer.start <= inner.start && inner.end <= outer.end
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the top" } else { &self.at };
        write!(f, "{} at {at}", self.sentence)
    }
}
