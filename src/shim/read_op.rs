//! Reading the ops of a change: the JSON form of each.

use alloc::string::String;
use alloc::vec::Vec;

use super::convert::Conversion;
use super::op::{Op, Other};
use crate::json::format::{Style, reformat};
use crate::json::{Doc, Fields, Pointer, Problems, quoted};

/// The names of the ops in documents.
#[derive(Clone, Copy)]
enum Name {
    Rename,
    Move,
    Add,
    Remove,
    Wrap,
    Unwrap,
    ToList,
    Head,
    MapValue,
    Convert,
    Split,
    Join,
    When,
}

const NAMES: [(&str, Name); 13] = [
    ("rename", Name::Rename),
    ("move", Name::Move),
    ("add", Name::Add),
    ("remove", Name::Remove),
    ("wrap", Name::Wrap),
    ("unwrap", Name::Unwrap),
    ("to_list", Name::ToList),
    ("head", Name::Head),
    ("map_value", Name::MapValue),
    ("convert", Name::Convert),
    ("split", Name::Split),
    ("join", Name::Join),
    ("when", Name::When),
];

impl Op {
    fn read(doc: &Doc<'_>, outermost: bool, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let names = if outermost { &NAMES[..] } else { NAMES.split_last().map_or(&[][..], |(_, names)| names) };
        let name = fields.need("op")?.word(names, fields.problems)?;
        let at = if matches!(name, Name::Move) { Pointer::default() } else { pointer(&mut fields, "at") };
        let read = match name {
            Name::Rename => Self::Rename { at, to: fields.needed("to") },
            Name::Move => Self::Move { from: pointer(&mut fields, "from"), to: pointer(&mut fields, "to") },
            Name::Add => Self::Add { at, default: default(&mut fields) },
            Name::Remove => Self::Remove { at, default: default(&mut fields) },
            Name::Wrap => Self::Wrap { at, key: fields.needed("key") },
            Name::Unwrap => Self::Unwrap { at, key: fields.needed("key") },
            Name::ToList => Self::ToList { at },
            Name::Head => Self::Head { at },
            Name::MapValue => {
                let mut pairs = Vec::new();
                for doc in fields.needed_list("pairs") {
                    pairs.extend(pair(&doc, fields.problems));
                }
                let up_other = other(&mut fields, "upOther");
                Self::MapValue { at, pairs, up_other, down_other: other(&mut fields, "downOther") }
            }
            Name::Convert => {
                let kind = fields.need("kind").and_then(|doc| doc.word(&Conversion::NAMES, fields.problems));
                Self::Convert { at, conversion: kind.unwrap_or(Conversion::IntToString) }
            }
            Name::Split => Self::Split { at, separator: fields.needed("separator"), into: texts(&mut fields, "into") },
            Name::Join => Self::Join { at, separator: fields.needed("separator"), from: texts(&mut fields, "from") },
            Name::When => {
                let member = fields.needed("member");
                let is = any_value(&mut fields, "is", "add it")
                    .and_then(|is| scalar(&is, fields.problems))
                    .unwrap_or_default();
                Self::When { at, member, is, ops: ops(&mut fields, false) }
            }
        };
        fields.finish().then_some(read)
    }
}

pub(super) fn ops(fields: &mut Fields<'_, '_>, outermost: bool) -> Vec<Op> {
    let mut ops = Vec::new();
    for doc in fields.needed_list("ops") {
        ops.extend(Op::read(&doc, outermost, fields.problems));
    }
    ops
}

fn texts(fields: &mut Fields<'_, '_>, name: &'static str) -> Vec<String> {
    let mut texts = Vec::new();
    for doc in fields.needed_list(name) {
        texts.extend(doc.text(fields.problems));
    }
    texts
}

pub(super) fn pointer(fields: &mut Fields<'_, '_>, name: &'static str) -> Pointer {
    let Some(doc) = fields.need(name) else {
        return Pointer::default();
    };
    let text = doc.text(fields.problems);
    match text.map(|text| Pointer::parse(&text)) {
        Some(Ok(pointer)) => pointer,
        Some(Err(sentence)) => {
            let hint = "such as /attrs/verb or /awarded/*/prizes";
            fields.problems.add("pointer_malformed", &doc.at(), sentence, hint);
            Pointer::default()
        }
        None => Pointer::default(),
    }
}

fn default(fields: &mut Fields<'_, '_>) -> String {
    let default = any_value(fields, "default", "say what a reader gets who expects a value");
    // Without the blanks that the document may have in it.
    default.and_then(|doc| reformat(doc.raw(), Style::Compact)).unwrap_or_default()
}

/// A member that must be there, and may be `null`.
fn any_value<'a>(fields: &mut Fields<'a, '_>, name: &'static str, hint: &str) -> Option<Doc<'a>> {
    let found = fields.raw(name);
    if found.is_none() {
        fields.missing(name, hint);
    }
    found
}

fn pair(doc: &Doc<'_>, problems: &mut Problems) -> Option<(String, String)> {
    let both = doc.list(problems)?;
    let [old, new] = &both[..] else {
        problems.add("type_wrong", &doc.at(), "expected two values, the older and the newer", "");
        return None;
    };
    scalar(old, problems).zip(scalar(new, problems))
}

/// A text, truth value, null or whole number, as canonical JSON text.
fn scalar(doc: &Doc<'_>, problems: &mut Problems) -> Option<String> {
    let raw = doc.raw();
    let found = match raw.as_bytes().first() {
        Some(b'"') => doc.text(problems).map(|text| quoted(&text)),
        Some(b't' | b'f' | b'n') => Some(raw.into()),
        _ => raw.parse::<i64>().ok().map(|_| raw.into()),
    };
    if found.is_none() {
        problems.add("type_wrong", &doc.at(), "expected text, a whole number, true, false or null", "");
    }
    found
}

fn other(fields: &mut Fields<'_, '_>, name: &'static str) -> Other {
    let Some(doc) = fields.take(name) else {
        return Other::Keep;
    };
    match doc.raw() {
        "\"keep\"" => Other::Keep,
        "\"error\"" => Other::Error,
        _ => {
            let to = doc.fields(fields.problems).and_then(|mut fields| {
                let to = fields.raw("to").and_then(|to| scalar(&to, fields.problems));
                fields.finish();
                to
            });
            to.map_or(Other::Keep, Other::To)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::registry::Registry;

    #[test]
    fn inverting_twice_changes_nothing() {
        let document = r#"{"format":1,"versions":["9.0.0"],"changes":[{"id":"c","since":"9.0.0","on":{"event":"Ping"},
            "summary":"s.","lossy":"both","ops":[
                {"op":"rename","at":"/a","to":"b"}, {"op":"move","from":"/a","to":"/b/c"},
                {"op":"add","at":"/a","default":1}, {"op":"remove","at":"/a","default":null},
                {"op":"wrap","at":"/a","key":"in"}, {"op":"unwrap","at":"/a","key":"in"},
                {"op":"to_list","at":"/a"}, {"op":"head","at":"/a"},
                {"op":"map_value","at":"/a","pairs":[["x","y"],["v","y"]],"upOther":"error","downOther":{"to":1}},
                {"op":"convert","at":"/a","kind":"int_to_string"},
                {"op":"split","at":"/a","separator":",","into":["b","c"]},
                {"op":"join","at":"/a","separator":",","from":["b","c"]},
                {"op":"when","at":"/*","member":"m","is":null,"ops":[{"op":"rename","at":"/a","to":"b"}]}
            ]}]}"#;
        let mut problems = Problems::default();
        let registry = Registry::read(document, &mut problems).unwrap();
        assert_eq!(problems.list(), []);
        let ops: Vec<&Op> = registry.changes.iter().flat_map(|change| &change.ops).collect();
        assert_eq!(ops.len(), NAMES.len());
        for op in ops {
            assert_eq!(op.invert().invert(), *op);
            let (lossy, inverse) = (op.lossy(), op.invert().lossy());
            assert_eq!((lossy.up, lossy.down), (inverse.down, inverse.up), "{op:?}");
        }
    }
}
