//! The JSON form of a shape, printed and read.
//!
//! A place is the text of its types, such as `"null|text"`, or where there is more to say an object:
//!
//! | member | |
//! |---|---|
//! | `is` | the types, joined by a bar: bool, integer, list, null, number, object, text |
//! | `objects` | how many objects were merged; without it, members in `all` count as seen often enough to be missed |
//! | `all` | the members that all objects have, by name |
//! | `some` | the members that some objects have, by name |
//! | `ids` | the members whose names look like ids, as one place |
//! | `map` | all members as one place, instead of the three above |
//! | `each` | the elements of lists, as one place |
//! | `opaque` | `true` if what is inside counts as the same in every payload |

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::kinds::Kinds;
use super::tree::{Member, Place, Shape};
use crate::json::{Doc, Fields, Problem, Problems, quoted};
use crate::limits::{MAX_SHAPE_LEVELS, MAX_SHAPE_PLACES, MIN_OBJECTS_FOR_MISSING};

impl Shape {
    /// Reads the JSON form of a shape, which [`Display`](fmt::Display) prints.
    ///
    /// # Errors
    /// Every problem of the document.
    pub fn from_json(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let shape = Doc::parse(text, &mut problems).and_then(|doc| Self::read(&doc, &mut problems));
        shape.filter(|_| problems.list().is_empty()).ok_or_else(|| problems.list().to_vec())
    }

    pub(super) fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let shape = Self(Place::read(doc, 1, problems)?);
        let places = shape.places();
        if places > MAX_SHAPE_PLACES {
            let sentence = format_args!("{places} places, allowed {MAX_SHAPE_PLACES}");
            problems.report("places_too_many", format_args!("{}", doc.at()), sentence, "mark a part as `opaque`");
        }
        Some(shape)
    }
}

impl Place {
    fn read(doc: &Doc<'_>, level: usize, problems: &mut Problems) -> Option<Self> {
        if doc.raw().starts_with('"') {
            let kinds = doc.parsed(Kinds::parse, problems)?;
            return Some(Self { kinds, objects: declared_objects(kinds), ..Self::default() });
        }
        if level > MAX_SHAPE_LEVELS {
            let sentence = format_args!("over {MAX_SHAPE_LEVELS} levels");
            problems.report("too_deep", format_args!("{}", doc.at()), sentence, "mark what holds it as `opaque`");
            return None;
        }
        let mut fields = doc.fields(problems)?;
        let kinds = fields.needed_parsed("is", Kinds::parse).unwrap_or_default();
        let mut place = Self { kinds, objects: declared_objects(kinds), ..Self::default() };
        if let Some(doc) = fields.take("objects") {
            place.objects = doc.count(fields.problems).and_then(|count| count.try_into().ok()).unwrap_or(u32::MAX);
            if place.objects == 0 || !kinds.has(Kinds::OBJECT) {
                fields.problems.add("value_invalid", &doc.at(), "expected 1 or more, and `object` in `is`", "");
            }
        }
        place.is_opaque = fields.flag("opaque").unwrap_or_default();
        place.read_names(&mut fields, level);
        let inner = |fields: &mut Fields<'_, '_>, name, problem: Option<&str>| {
            let doc = fields.take(name)?;
            if let Some(sentence) = problem {
                fields.problems.add("member_misplaced", &doc.at(), sentence, "remove it");
            }
            Self::read(&doc, level.saturating_add(1), fields.problems).map(Box::new)
        };
        let no_object = (!kinds.has(Kinds::OBJECT)).then_some("no type here is `object`");
        let has_names = !place.members.is_empty() || place.other.is_some();
        if let Some(ids) = inner(&mut fields, "ids", no_object) {
            place.other = Some(ids);
        }
        let beside_names =
            no_object.or((has_names || place.other.is_some()).then_some("`map` excludes `all`, `some` and `ids`"));
        if let Some(map) = inner(&mut fields, "map", beside_names) {
            (place.other, place.is_map) = (Some(map), true);
        }
        let no_list = (!kinds.has(Kinds::LIST)).then_some("no type here is `list`");
        place.each = inner(&mut fields, "each", no_list);
        if place.is_opaque && place.inner().next().is_some() {
            fields.problems.add(
                "member_misplaced",
                &doc.at(),
                "an `opaque` place has members or elements",
                "remove it",
            );
        }
        fields.finish();
        Some(place)
    }

    fn read_names(&mut self, fields: &mut Fields<'_, '_>, level: usize) {
        let mut named: BTreeMap<String, Member> = BTreeMap::new();
        for (list, is_required) in [("all", true), ("some", false)] {
            let Some(inner) = fields.take(list).and_then(|doc| doc.fields(fields.problems)) else { continue };
            for (name, doc) in inner.entries() {
                if named.contains_key(&name) {
                    inner.problems.add("member_repeated", &doc.at(), "the name is repeated", "remove one");
                }
                let place = Self::read(&doc, level.saturating_add(1), inner.problems);
                named.extend(place.map(|place| (name, Member { is_required, place })));
            }
        }
        if !named.is_empty() && !self.kinds.has(Kinds::OBJECT) {
            fields.problems.add("member_misplaced", "", "a place has members but is no `object`", "add it to `is`");
        }
        for (name, member) in named {
            self.insert(name, member);
        }
    }

    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_objects = self.kinds.has(Kinds::OBJECT);
        if !has_objects && self.each.is_none() && !self.is_opaque {
            return write!(f, "\"{}\"", self.kinds);
        }
        write!(f, "{{\"is\":\"{}\"", self.kinds)?;
        if has_objects {
            write!(f, ",\"objects\":{}", self.objects)?;
        }
        for (list, is_required) in [("all", true), ("some", false)] {
            let mut members = self.members.iter().filter(|(_, member)| member.is_required == is_required).peekable();
            if members.peek().is_none() {
                continue;
            }
            write!(f, ",\"{list}\":{{")?;
            for (index, (name, member)) in members.enumerate() {
                write!(f, "{}{}:", if index > 0 { "," } else { "" }, quoted(name))?;
                member.place.print(f)?;
            }
            f.write_str("}")?;
        }
        let other = if self.is_map { "map" } else { "ids" };
        for (name, inner) in [(other, &self.other), ("each", &self.each)] {
            if let Some(inner) = inner {
                write!(f, ",\"{name}\":")?;
                inner.print(f)?;
            }
        }
        f.write_str(if self.is_opaque { ",\"opaque\":true}" } else { "}" })
    }
}

/// Without a count, a document counts as twenty objects, so that a missing member is reported.
fn declared_objects(kinds: Kinds) -> u32 {
    if kinds.has(Kinds::OBJECT) { MIN_OBJECTS_FOR_MISSING } else { 0 }
}

/// Prints the JSON form, without blanks.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.print(f)
    }
}
