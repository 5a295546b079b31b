//! The state of a watch as a JSON document: printed to be kept, read to go on, written by hand to declare shapes.
//!
//! `{"format":1,"events":{"Ping":{"9.0.0":{"is":"object","all":{"message":"text"}}}}}`: shapes by event type and
//! version, which is empty for payloads without one. `"full":true` says that `watch_full` was reported.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::tree::Shape;
use super::watch::DriftWatch;
use crate::json::{Doc, Problem, Problems, quoted};
use crate::limits::{MAX_SHAPE_NAME_BYTES, MAX_WATCHED_PLACES, MAX_WATCHED_VERSIONS};

impl DriftWatch {
    /// Reads the document that [`Display`](fmt::Display) prints, or one that declares shapes.
    ///
    /// ```
    /// use mambo_webhooks::shape::DriftWatch;
    ///
    /// let declared = r#"{"format":1,"events":{"Ping":{"9.0.0":{"is":"object","all":{"message":"text"}}}}}"#;
    /// let mut watch = DriftWatch::from_json(declared).unwrap();
    /// let drifts = watch.observe("Ping", Some("9.0.0"), r#"{"text":"ping"}"#);
    /// let sentences: Vec<String> = drifts.iter().map(ToString::to_string).collect();
    /// assert_eq!(sentences, ["/message is missing, expected text", "/text is new, of type text"]);
    /// ```
    ///
    /// # Errors
    /// Every problem of the document.
    pub fn from_json(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let watch = Self::read(text, &mut problems);
        watch.filter(|_| problems.list().is_empty()).ok_or_else(|| problems.list().to_vec())
    }

    fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let mut fields = Doc::parse(text, problems)?.fields(problems)?;
        let format = fields.need("format")?;
        if format.raw() != "1" {
            fields.problems.add("format_unknown", &format.at(), "expected format 1", "this SDK reads format 1 only");
            return None;
        }
        let mut watch = Self { is_full: fields.flag("full").unwrap_or_default(), ..Self::default() };
        if let Some(events) = fields.take("events").and_then(|doc| doc.fields(fields.problems)) {
            for (event_type, doc) in events.entries() {
                let mut versions = BTreeMap::new();
                let Some(inner) = doc.fields(events.problems) else { continue };
                for (version, doc) in inner.entries() {
                    if versions.contains_key(&version) {
                        inner.problems.add("member_repeated", &doc.at(), "the name is repeated", "remove one");
                    }
                    name_length(&version, &doc, inner.problems);
                    versions.extend(Shape::read(&doc, inner.problems).map(|shape| (version, shape)));
                }
                name_length(&event_type, &doc, events.problems);
                if watch.shapes.insert(event_type, versions).is_some() {
                    events.problems.add("member_repeated", &doc.at(), "the name is repeated", "remove one");
                }
            }
        }
        let shapes = watch.shapes.values().flat_map(BTreeMap::values);
        watch.places = shapes.map(Shape::places).fold(0, usize::saturating_add);
        for (code, what, found, allowed) in [
            ("places_too_many", "places", watch.places, MAX_WATCHED_PLACES),
            ("versions_too_many", "versions of event types", watch.pairs(), MAX_WATCHED_VERSIONS),
        ] {
            if found > allowed {
                let sentence = format_args!("{found} {what}, allowed {allowed}");
                fields.problems.report(code, format_args!("/events"), sentence, "leave out what no longer comes");
            }
        }
        fields.finish();
        Some(watch)
    }
}

fn name_length(name: &str, doc: &Doc<'_>, problems: &mut Problems) {
    if name.len() > MAX_SHAPE_NAME_BYTES {
        let sentence = format_args!("a name of {} bytes, allowed {MAX_SHAPE_NAME_BYTES}", name.len());
        problems.report("value_invalid", format_args!("{}", doc.at()), sentence, "");
    }
}

/// Prints the whole state as JSON, without blanks.
impl fmt::Display for DriftWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{\"format\":1,\"events\":{")?;
        let mut separator = "";
        for (event_type, versions) in &self.shapes {
            let name: String = quoted(event_type);
            write!(f, "{separator}{name}:{{")?;
            for (index, (version, shape)) in versions.iter().enumerate() {
                write!(f, "{}{}:{shape}", if index > 0 { "," } else { "" }, quoted(version))?;
            }
            f.write_str("}")?;
            separator = ",";
        }
        f.write_str(if self.is_full { "},\"full\":true}" } else { "}}" })
    }
}
