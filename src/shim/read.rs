//! Reading a registry document: its JSON form, member by member.

use alloc::string::String;
use alloc::vec::Vec;

use super::convert::Conversion;
use super::named::Named;
use super::op::{Lossy, Op, Other};
use super::registry::{Change, Containment, Deprecation, EventDef, ModelDef, Registry, Target};
use crate::json::format::{Style, restyled};
use crate::json::{Doc, Fields, Pointer, Problems, quoted};

impl Registry {
    /// Reads a document and adds every problem of its form. What it says is checked by [`check`](super::check()).
    pub fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let mut fields = Doc::parse(text, problems)?.fields(problems)?;
        let format = fields.need("format", problems)?;
        if format.raw() != "1" {
            problems.add("format_unknown", &format.at(), "expected format 1", "this SDK reads format 1 only");
            return None;
        }
        let mut registry = Self::default();
        for doc in list(&mut fields, "releases", problems) {
            let release = doc.parsed(str::parse, problems);
            if release.is_some_and(|release| registry.releases.last().is_some_and(|last| *last >= release)) {
                problems.add("releases_unordered", &doc.at(), "not newer than the one before", "list the oldest first");
            }
            registry.releases.extend(release);
        }
        registry.events = named(&mut fields, "events", EventDef::read, problems);
        registry.models = named(&mut fields, "models", ModelDef::read, problems);
        for doc in list(&mut fields, "changes", problems) {
            registry.changes.extend(Change::read(&doc, problems));
        }
        for doc in list(&mut fields, "deprecations", problems) {
            registry.deprecations.extend(Deprecation::read(&doc, problems));
        }
        fields.finish(problems);
        Some(registry)
    }
}

impl EventDef {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let model = needed(&mut fields, "model", problems);
        let introduced = fields.take("introduced").and_then(|release| release.parsed(str::parse, problems));
        let source = optional(&mut fields, "source", problems);
        fields.finish(problems);
        Some(Self { model: model?, introduced, source })
    }
}

impl ModelDef {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let inner = list(&mut fields, "contains", problems);
        let contains = inner.iter().filter_map(|doc| Containment::read(doc, problems)).collect();
        let source = optional(&mut fields, "source", problems);
        fields.finish(problems);
        Some(Self { contains, source })
    }
}

impl Containment {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let at = pointer(&mut fields, "at", problems);
        let model = needed(&mut fields, "model", problems);
        let since = fields.take("since").and_then(|release| release.parsed(str::parse, problems));
        let until = fields.take("until").and_then(|release| release.parsed(str::parse, problems));
        fields.finish(problems);
        Some(Self { at: at?, model: model?, since, until })
    }
}

impl Change {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let id = needed(&mut fields, "id", problems);
        let since = fields.need("since", problems).and_then(|since| since.parsed(str::parse, problems));
        let on = fields.need("on", problems).and_then(|on| Target::read(&on, problems));
        let summary = needed(&mut fields, "summary", problems);
        let why = optional(&mut fields, "why", problems);
        let source = optional(&mut fields, "source", problems);
        let lossy = fields.need("lossy", problems).and_then(|lossy| lossy.word(&Lossy::NAMES, problems));
        let docs = fields.need("ops", problems).and_then(|ops| ops.list(problems)).unwrap_or_default();
        let ops: Vec<Op> = docs.iter().filter_map(|op| Op::read(op, true, problems)).collect();
        fields.finish(problems);
        // An op that could not be read was reported; without it, the change would be checked for what it is not.
        (ops.len() == docs.len()).then_some(())?;
        Some(Self { id: id?, since: since?, on: on?, summary: summary?, why, source, lossy: lossy?, ops })
    }
}

impl Target {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let model = optional(&mut fields, "model", problems);
        let event = optional(&mut fields, "event", problems);
        fields.finish(problems);
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
        let id = needed(&mut fields, "id", problems);
        let model = needed(&mut fields, "model", problems);
        let at = pointer(&mut fields, "at", problems);
        let since = fields.need("since", problems).and_then(|since| since.parsed(str::parse, problems));
        let removal = optional(&mut fields, "removal", problems);
        let replacement = optional(&mut fields, "replacement", problems);
        let source = needed(&mut fields, "source", problems);
        let doubt = optional(&mut fields, "doubt", problems);
        fields.finish(problems);
        Some(Self { id: id?, model: model?, at: at?, since: since?, removal, replacement, source: source?, doubt })
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
        let name = fields.need("op", problems)?.word(names, problems)?;
        let at = |fields: &mut Fields<'_>, problems: &mut Problems| pointer(fields, "at", problems);
        let op = match name {
            Name::Rename => {
                let (at, to) = (at(&mut fields, problems), needed(&mut fields, "to", problems));
                at.zip(to).map(|(at, to)| Self::Rename { at, to })
            }
            Name::Move => {
                let (from, to) = (pointer(&mut fields, "from", problems), pointer(&mut fields, "to", problems));
                from.zip(to).map(|(from, to)| Self::Move { from, to })
            }
            Name::Add | Name::Remove => {
                let at = at(&mut fields, problems);
                let default = default(&mut fields, problems);
                at.zip(default).map(|(at, default)| match name {
                    Name::Add => Self::Add { at, default },
                    _ => Self::Remove { at, default },
                })
            }
            Name::Wrap | Name::Unwrap => {
                let (at, key) = (at(&mut fields, problems), needed(&mut fields, "key", problems));
                at.zip(key).map(|(at, key)| match name {
                    Name::Wrap => Self::Wrap { at, key },
                    _ => Self::Unwrap { at, key },
                })
            }
            Name::ToList => at(&mut fields, problems).map(|at| Self::ToList { at }),
            Name::Head => at(&mut fields, problems).map(|at| Self::Head { at }),
            Name::MapValue => {
                let at = at(&mut fields, problems);
                let docs = fields.need("pairs", problems).and_then(|doc| doc.list(problems)).unwrap_or_default();
                let pairs: Vec<_> = docs.iter().filter_map(|doc| pair(doc, problems)).collect();
                let up_other = other(&mut fields, "upOther", problems);
                let down_other = other(&mut fields, "downOther", problems);
                (pairs.len() == docs.len()).then_some(())?;
                at.map(|at| Self::MapValue { at, pairs, up_other, down_other })
            }
            Name::Convert => {
                let at = at(&mut fields, problems);
                let kind = fields.need("kind", problems).and_then(|kind| kind.word(&Conversion::NAMES, problems));
                at.zip(kind).map(|(at, conversion)| Self::Convert { at, conversion })
            }
            Name::Split | Name::Join => {
                let (at, separator) = (at(&mut fields, problems), needed(&mut fields, "separator", problems));
                let list = if matches!(name, Name::Split) { "into" } else { "from" };
                let parts = fields.need(list, problems).and_then(|doc| doc.list(problems)).unwrap_or_default();
                let parts: Vec<String> = parts.iter().filter_map(|part| part.text(problems)).collect();
                at.zip(separator).map(|(at, separator)| match name {
                    Name::Split => Self::Split { at, separator, into: parts },
                    _ => Self::Join { at, separator, from: parts },
                })
            }
            Name::When => {
                let (at, member) = (at(&mut fields, problems), needed(&mut fields, "member", problems));
                let is = fields.need("is", problems).and_then(|is| scalar(&is, problems));
                let docs = fields.need("ops", problems).and_then(|doc| doc.list(problems)).unwrap_or_default();
                let ops: Vec<Self> = docs.iter().filter_map(|op| Self::read(op, false, problems)).collect();
                (ops.len() == docs.len()).then_some(())?;
                at.zip(member).zip(is).map(|((at, member), is)| Self::When { at, member, is, ops })
            }
        };
        fields.finish(problems);
        op
    }
}

/// An object whose names are data. Of two members of one name, neither is meant more than the other.
fn named<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    read: fn(&Doc<'_>, &mut Problems) -> Option<T>,
    problems: &mut Problems,
) -> Named<T> {
    let mut all = Named::default();
    let inner = fields.take(name).and_then(|doc| doc.fields(problems));
    for (name, doc) in inner.iter().flat_map(Fields::entries) {
        if all.contains(&name) {
            problems.add("member_repeated", &doc.at(), "it stands twice", "remove one");
        }
        if let Some(value) = read(&doc, problems) {
            all.insert(name, value);
        }
    }
    all
}

fn list<'a>(fields: &mut Fields<'a>, name: &'static str, problems: &mut Problems) -> Vec<Doc<'a>> {
    fields.take(name).and_then(|doc| doc.list(problems)).unwrap_or_default()
}

fn needed(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    let doc = fields.need(name, problems)?;
    let text = doc.text(problems)?;
    if text.is_empty() {
        problems.add("value_invalid", &doc.at(), "expected some text", "");
        return None;
    }
    Some(text)
}

fn optional(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    fields.take(name).and_then(|doc| doc.text(problems))
}

fn pointer(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Pointer> {
    let doc = fields.need(name, problems)?;
    let text = doc.text(problems)?;
    let read = Pointer::parse(&text);
    if let Err(sentence) = read {
        problems.add("pointer_malformed", &doc.at(), sentence, "such as /attrs/verb or /awarded/*/prizes");
    }
    read.ok()
}

/// Any value, `null` too, without the blanks that the document may have in it.
fn default(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<String> {
    let Some(doc) = fields.raw("default") else {
        problems.add(
            "member_missing",
            &fields.at(),
            "`default` is missing",
            "say what a reader gets who expects a value",
        );
        return None;
    };
    restyled(doc.raw(), Style::Compact)
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

fn other(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Other {
    let Some(doc) = fields.take(name) else {
        return Other::Keep;
    };
    match doc.raw() {
        "\"keep\"" => Other::Keep,
        "\"error\"" => Other::Error,
        _ => {
            let to = doc.fields(problems).and_then(|mut fields| {
                let to = fields.raw("to").and_then(|to| scalar(&to, problems));
                fields.finish(problems);
                to
            });
            to.map_or(Other::Keep, Other::To)
        }
    }
}
