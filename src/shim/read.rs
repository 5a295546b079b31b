//! Reading a registry document: its JSON form, member by member.

use alloc::string::String;

use super::op::Lossy;
use super::read_op::{ops, pointer};
use super::registry::{Change, Containment, Deprecation, EventDef, ModelDef, Registry, Target};
use crate::json::{Doc, Fields, Problems};
use crate::version::Version;

impl Registry {
    /// Reads a document and adds every problem of its form. What it says is checked by `check`.
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

// A missing or wrong member is reported and gets a placeholder that is not used: an entry not read as a whole is
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
        // The model is kept even if some of its members could not be read.
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

/// Reads an object whose member names are data. A repeated name is a problem: neither member can be preferred.
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
