//! An object of a document, member by member.

use alloc::string::String;
use alloc::vec::Vec;

use super::document::{Doc, Problems};
use super::value::Object;

/// An object of a document that is read member by member. An error in a member is added to the problems, and the member
/// counts as absent; [`finish`](Self::finish) says if a needed one is absent.
#[derive(Debug)]
pub struct Fields<'a, 'p> {
    object: Object<'a>,
    doc: Doc<'a>,
    known: Vec<&'static str>,
    /// The problems of the whole document.
    pub problems: &'p mut Problems,
    before: usize,
}

impl<'a> Doc<'a> {
    /// The members, if it is an object; to be taken one by one.
    pub fn fields<'p>(&self, problems: &'p mut Problems) -> Option<Fields<'a, 'p>> {
        let Some(object) = Object::open(self.raw()) else {
            return self.wrong("an object", problems);
        };
        Some(Fields::new(object, *self, problems))
    }
}

impl<'a, 'p> Fields<'a, 'p> {
    pub(super) fn new(object: Object<'a>, doc: Doc<'a>, problems: &'p mut Problems) -> Self {
        let before = *problems.unread();
        Self { object, doc, known: Vec::new(), problems, before }
    }

    /// The member of this name, if there is one; `null` counts as none.
    pub fn take(&mut self, name: &'static str) -> Option<Doc<'a>> {
        self.raw(name).filter(|doc| doc.raw() != "null")
    }

    /// The member of this name, `null` too.
    pub fn raw(&mut self, name: &'static str) -> Option<Doc<'a>> {
        self.known.push(name);
        let text = self.object.member(name)?.text()?;
        Some(self.doc.part(text))
    }

    /// The member of this name; a problem if there is none.
    pub fn need(&mut self, name: &'static str) -> Option<Doc<'a>> {
        let found = self.take(name);
        if found.is_none() {
            self.missing(name, "add it");
        }
        found
    }

    /// Adds a problem that says that a member is missing.
    pub fn missing(&mut self, name: &str, hint: &str) {
        let sentence = ["`", name, "` is missing"].concat();
        self.problems.add("member_missing", &self.doc.at(), &sentence, hint);
    }

    /// Reads an optional member: a member that cannot be read does not make the object unreadable.
    fn optional<T>(&mut self, name: &'static str, read: impl Fn(Doc<'a>, &mut Problems) -> Option<T>) -> Option<T> {
        let doc = self.take(name)?;
        let unread = *self.problems.unread();
        let found = read(doc, self.problems);
        *self.problems.unread() = unread;
        found
    }

    /// The text of the member of this name, if there is one.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.optional(name, |doc, problems| doc.text(problems))
    }

    /// The text of the member of this name, which must be there and not empty.
    pub fn needed(&mut self, name: &'static str) -> String {
        let Some(doc) = self.need(name) else {
            return String::new();
        };
        let text = doc.text(self.problems);
        if text.as_ref().is_some_and(String::is_empty) {
            self.problems.add("value_invalid", &doc.at(), "expected some text", "");
        }
        text.unwrap_or_default()
    }

    /// The elements of the member of this name, if there is one.
    pub fn list(&mut self, name: &'static str) -> Vec<Doc<'a>> {
        self.take(name).and_then(|doc| doc.list(self.problems)).unwrap_or_default()
    }

    /// The elements of the member of this name, which must be there.
    pub fn needed_list(&mut self, name: &'static str) -> Vec<Doc<'a>> {
        self.need(name).and_then(|doc| doc.list(self.problems)).unwrap_or_default()
    }

    /// The truth value of the member of this name, if there is one.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.optional(name, |doc, problems| doc.flag(problems))
    }

    /// What the member of this name stands for, by a table, if there is one.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.optional(name, |doc, problems| doc.word(words, problems))
    }

    /// What the text of the member of this name stands for, if there is one.
    pub fn parsed<T>(&mut self, name: &'static str, read: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        self.optional(name, |doc, problems| doc.parsed(read, problems))
    }

    /// Like `parsed`, for a member that must be there.
    pub fn needed_parsed<T>(&mut self, name: &'static str, read: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        self.need(name)?.parsed(read, self.problems)
    }

    /// Every member with its name: for objects whose names are data.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, Doc<'a>)> {
        let members = self.object.members().iter();
        members.filter_map(|member| Some((member.decoded_name()?, self.doc.part(member.text()?)))).collect()
    }

    /// Reports members that were not taken and repeated members. Returns whether all needed members could be
    /// read.
    #[allow(clippy::must_use_candidate, reason = "the problems are the answer, this is a word beside it")]
    pub fn finish(self) -> bool {
        let is_read = *self.problems.unread() == self.before;
        for (index, member) in self.object.members().iter().enumerate() {
            let name = member.decoded_name().unwrap_or_default();
            if self.object.members().iter().take(index).any(|other| other.is(&name)) {
                let sentence = ["`", &name, "` stands twice"].concat();
                self.problems.remark("member_repeated", &self.doc.at(), &sentence, "remove one");
            } else if !self.known.iter().any(|known| *known == name) {
                let hint = ["the members here are ", &self.known.join(", ")].concat();
                let sentence = ["`", &name, "` is not known here"].concat();
                self.problems.remark("member_unknown", &self.doc.at(), &sentence, &hint);
            }
        }
        is_read
    }
}
