//! Reading a registry document: its JSON form, member by member.

use alloc::string::String;
use alloc::vec::Vec;

use super::convert::Conversion;
use super::op::{Lossy, Op, Other};
use super::registry::{Change, Containment, Deprecation, EventDef, ModelDef, Registry, Target};
use crate::json::format::{Style, reformat};
use crate::json::{Doc, Fields, Pointer, Problems, quoted};
use crate::version::Version;

impl Registry {
    /// Reads a document and adds every problem of its form. What it says is checked by [`check`](super::check()).
    pub fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let mut fields = Doc::parse(text, problems)?.fields(problems)?;
        let format = fields.need("format")?;
        if format.raw() != "1" {
            fields.problems.add("format_unknown", &format.at(), "expected format 1", "this SDK reads format 1 only");
            return None;
        }
        let mut registry = Self::default();
        for doc in fields.list("versions") {
            let version = doc.parsed(Version::read, fields.problems);
            if version.is_some_and(|version| registry.versions.last().is_some_and(|last| *last >= version)) {
                let hint = "list the oldest first";
                fields.problems.add("versions_unordered", &doc.at(), "not newer than the one before", hint);
            }
            registry.versions.extend(version);
        }
        named(&mut fields, "events", &mut |name, doc, problems| {
            registry.events.extend(EventDef::read(doc, problems).map(|event| (name, event)));
        });
        named(&mut fields, "models", &mut |name, doc, problems| {
            registry.models.extend(ModelDef::read(doc, problems).map(|model| (name, model)));
        });
        for doc in fields.list("changes") {
            registry.changes.extend(Change::read(&doc, fields.problems));
        }
        for doc in fields.list("deprecations") {
            registry.deprecations.extend(Deprecation::read(&doc, fields.problems));
        }
        fields.finish();
        Some(registry)
    }
}

// What is missing or wrong is a problem, with a value in its place that is not used: what was not read as a whole is
// left out.

impl EventDef {
    fn read(doc: Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let read = Self {
            model: fields.needed("model"),
            introduced: fields.parsed("introduced", Version::read),
            source: fields.text("source"),
        };
        fields.finish().then_some(read)
    }
}

impl ModelDef {
    fn read(doc: Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let mut read = Self::default();
        for doc in fields.list("contains") {
            read.contains.extend(Containment::read(&doc, fields.problems));
        }
        read.source = fields.text("source");
        // With what could not be read of it, it is there all the same.
        fields.finish();
        Some(read)
    }
}

impl Containment {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let read = Self {
            at: pointer(&mut fields, "at"),
            model: fields.needed("model"),
            since: fields.parsed("since", Version::read),
            until: fields.parsed("until", Version::read),
        };
        fields.finish().then_some(read)
    }
}

impl Change {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let id = fields.needed("id");
        let since = fields.needed_parsed("since", Version::read);
        let on = fields.need("on").and_then(|on| Target::read(&on, fields.problems));
        let read = Self {
            id,
            since: since.unwrap_or(Version::new(0, 0, 0)),
            on: on.unwrap_or(Target::Event(String::new())),
            summary: fields.needed("summary"),
            why: fields.text("why"),
            source: fields.text("source"),
            lossy: fields.need("lossy").and_then(|doc| doc.word(&Lossy::NAMES, fields.problems)).unwrap_or_default(),
            ops: ops(&mut fields, true),
        };
        fields.finish().then_some(read)
    }
}

impl Target {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let (model, event) = (fields.text("model"), fields.text("event"));
        fields.finish();
        match (model, event) {
            (Some(model), None) => Some(Self::Model(model)),
            (None, Some(event)) => Some(Self::Event(event)),
            _ => {
                problems.add("type_wrong", &doc.at(), "expected either `model` or `event`", "");
                None
            }
        }
    }
}

impl Deprecation {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let read = Self {
            id: fields.needed("id"),
            model: fields.needed("model"),
            at: pointer(&mut fields, "at"),
            since: fields.needed_parsed("since", Version::read).unwrap_or(Version::new(0, 0, 0)),
            removal: fields.text("removal"),
            replacement: fields.text("replacement"),
            source: fields.needed("source"),
            doubt: fields.text("doubt"),
        };
        fields.finish().then_some(read)
    }
}

impl Lossy {
    const NAMES: [(&'static str, Self); 4] = [
        ("none", Self { up: false, down: false }),
        ("up", Self { up: true, down: false }),
        ("down", Self { up: false, down: true }),
        ("both", Self { up: true, down: true }),
    ];

    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, lossy)| *lossy == self).map_or("", |(name, _)| name)
    }
}

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

fn ops(fields: &mut Fields<'_, '_>, outermost: bool) -> Vec<Op> {
    let mut ops = Vec::new();
    for doc in fields.needed_list("ops") {
        ops.extend(Op::read(&doc, outermost, fields.problems));
    }
    ops
}

/// An object whose names are data. Of two members of one name, neither is meant more than the other.
fn named(fields: &mut Fields<'_, '_>, name: &'static str, act: &mut dyn FnMut(String, Doc<'_>, &mut Problems)) {
    let Some(inner) = fields.take(name).and_then(|doc| doc.fields(fields.problems)) else {
        return;
    };
    let entries = inner.entries();
    for (index, (name, doc)) in entries.iter().enumerate() {
        if entries.iter().take(index).any(|(other, _)| other == name) {
            inner.problems.add("member_repeated", &doc.at(), "it stands twice", "remove one");
        }
        act(name.clone(), *doc, inner.problems);
    }
}

fn texts(fields: &mut Fields<'_, '_>, name: &'static str) -> Vec<String> {
    let mut texts = Vec::new();
    for doc in fields.needed_list(name) {
        texts.extend(doc.text(fields.problems));
    }
    texts
}

fn pointer(fields: &mut Fields<'_, '_>, name: &'static str) -> Pointer {
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
