//! The registry document: releases, events, models and changes.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::op::Op;
use crate::error::Error;
use crate::json::{Doc, Problems};
use crate::release::Release;

/// What is known of payload versions. Read from JSON, so that a new release of Mambo needs no new SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Format of this document: 1.
    pub format: u32,
    /// Known releases, oldest first.
    pub releases: Vec<Release>,
    /// Events by kind.
    pub events: BTreeMap<String, EventDef>,
    /// What changed, and when.
    pub changes: Vec<Change>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDef {
    /// The model that its data is.
    pub model: String,
    /// The first release that sends it; left out where unknown.
    pub introduced: Option<Release>,
}

/// A payload change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name in results and messages.
    pub id: String,
    /// The first release with the newer shape.
    pub since: Release,
    /// The model it changes.
    pub on: String,
    /// What changed, in a sentence.
    pub summary: String,
    /// From the older shape to the newer.
    pub ops: Vec<Op>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { format: 1, releases: Vec::new(), events: BTreeMap::new(), changes: Vec::new() }
    }
}

impl Registry {
    /// Reads a registry document.
    ///
    /// # Errors
    /// `registry_invalid`, with the first problem and its place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let registry = Doc::parse(text, &mut problems).and_then(|doc| Self::read(&doc, &mut problems));
        match (registry, problems.first()) {
            (Some(registry), None) => Ok(registry),
            (_, first) => {
                let (count, first) = first.unwrap_or_default();
                Err(Error::RegistryInvalid { count, first })
            }
        }
    }

    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let mut registry = Self::default();
        let format = fields.need("format", problems)?;
        if format.number(problems) != Some(1) {
            problems.add("value_invalid", &format.at, "expected format 1", "");
        }
        if let Some(releases) = fields.take("releases") {
            let each = releases.list(problems)?;
            registry.releases = each.iter().filter_map(|each| each.parsed(str::parse, problems)).collect();
        }
        if let Some(events) = fields.take("events") {
            for (kind, doc) in events.fields(problems)?.entries() {
                registry.events.extend(EventDef::read(&doc, problems).map(|event| (kind, event)));
            }
        }
        if let Some(changes) = fields.take("changes") {
            let each = changes.list(problems)?;
            registry.changes = each.iter().filter_map(|each| Change::read(each, problems)).collect();
        }
        fields.finish(problems);
        registry.changes.sort_by_key(|change| change.since);
        Some(registry)
    }

    /// The newest release that the registry knows.
    #[must_use]
    pub fn newest(&self) -> Option<Release> {
        self.releases.iter().max().copied()
    }
}

impl EventDef {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let model = fields.need("model", problems).and_then(|model| model.text(problems));
        let introduced = fields.take("introduced").and_then(|release| release.parsed(str::parse, problems));
        fields.finish(problems);
        Some(Self { model: model?, introduced })
    }
}

impl Change {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let id = fields.need("id", problems).and_then(|id| id.text(problems));
        let since = fields.need("since", problems).and_then(|since| since.parsed(str::parse, problems));
        let on = fields.need("on", problems).and_then(|on| on.text(problems));
        let summary = fields.need("summary", problems).and_then(|summary| summary.text(problems));
        let ops = fields.need("ops", problems).and_then(|ops| ops.list(problems)).unwrap_or_default();
        let ops = ops.iter().filter_map(|op| Op::read(op, problems)).collect();
        fields.finish(problems);
        Some(Self { id: id?, since: since?, on: on?, summary: summary?, ops })
    }
}
