//! The envelope: where a body says what happened, which version it is in, and where the data is.
//!
//! Mambo's public docs show no envelope, so all this is **assumed** and configurable: a profile can name other places,
//! and a body without an envelope is taken whole as the data.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::Error;
use crate::event::EVENT_TYPES;
use crate::headers::is_header_name;
use crate::json::{Doc, Node, Object, Pointer, Problems, Segment, is_escaped, quoted, unquoted};
use crate::limits::MAX_CANDIDATES;
use crate::redact::Bytes;
use crate::version::Version;

/// The places of each envelope field, in order of preference; writing uses the first place of each list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopePaths {
    /// The event type, text.
    pub event_type: Vec<Pointer>,
    /// The id of the event, text.
    pub id: Vec<Pointer>,
    /// The version whose payload shape this is, text.
    pub version: Vec<Pointer>,
    /// The time of the event, text or number; passed on unchanged.
    pub time: Vec<Pointer>,
    /// The data model. The empty pointer means that the whole body is the data.
    pub data: Vec<Pointer>,
    /// A header that names the event type where the body does not. Headers are not signed.
    pub type_header: Option<String>,
    /// A header that names the version where the body does not. Headers are not signed.
    pub version_header: Option<String>,
    /// Whether the bare body `{"message":"ping"}`, which the docs print for Ping, is a Ping.
    pub bare_ping: bool,
}

impl Default for EnvelopePaths {
    fn default() -> Self {
        let members = |names: &[&str]| names.iter().copied().map(Pointer::key).collect();
        Self {
            event_type: members(&["event", "eventType", "type"]),
            id: members(&["id", "eventId"]),
            version: members(&["version", "apiVersion"]),
            time: members(&["timestamp", "time", "createdOn"]),
            data: members(&["data", "payload"]),
            type_header: None,
            version_header: None,
            bare_ping: true,
        }
    }
}

/// A body, taken apart.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The event type, where the body names it.
    pub event_type: Option<Cow<'a, str>>,
    /// The id of the event, where the body names it: text, or a number as it is written.
    pub id: Option<Cow<'a, str>>,
    /// What the body gives as its version, readable or not.
    pub version: Option<Cow<'a, str>>,
    /// When it happened, as JSON text.
    pub time: Option<&'a str>,
    /// The data, as JSON text.
    pub data: &'a str,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("type", &self.event_type)
            .field("id", &self.id)
            .field("version", &self.version)
            .field("data", &Bytes(self.data.len()))
            .finish_non_exhaustive()
    }
}

impl<'a> Envelope<'a> {
    /// Takes a body apart. A body is an envelope if it has an event type, as text, and data; or an event type of
    /// [`EVENT_TYPES`] without data, which then is the whole body. Any other body is data. A byte order mark in front
    /// is passed over.
    ///
    /// # Errors
    /// `body_not_utf8`, `body_not_json`.
    pub fn parse(layout: &EnvelopePaths, body: &'a [u8]) -> Result<Self, Error> {
        Self::open(layout, body, None, 0).map(|(envelope, _)| envelope)
    }

    /// Works as [`parse`](Self::parse); also returns the data as a node, `depth` levels of objects parsed in the same
    /// pass. Where the caller names the event type, a body is an envelope only if it names the same.
    pub(crate) fn open(
        layout: &EnvelopePaths,
        body: &'a [u8],
        named: Option<&str>,
        depth: u8,
    ) -> Result<(Self, Node<'a>), Error> {
        let text = core::str::from_utf8(body).map_err(|error| Error::BodyNotUtf8 { at: error.valid_up_to() })?;
        // RFC 8259, section 8.1: a parser may ignore the mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let object = Object::read_to(text, depth)
            .map_err(|error| Error::BodyNotJson { line: error.line, column: error.column })?;
        let whole = Self { data: text.trim_ascii(), ..Self::default() };
        let Some(object) = object else {
            let node = Node::new(whole.data);
            return Ok((whole, node));
        };
        let first = |places: &[Pointer]| places.iter().find_map(|place| object.find(place.segments()));
        let words = |places: &[Pointer]| places.iter().find_map(|place| words(object.find(place.segments())?));
        let data = layout.data.iter().find_map(|place| match place.segments() {
            [] => Some(whole.data),
            path => object.find(path),
        });
        let event_type = words(&layout.event_type).filter(|event_type| named.is_none_or(|named| event_type == named));
        let data = data.or_else(|| {
            event_type.as_deref().filter(|event_type| EVENT_TYPES.contains(event_type)).map(|_| whole.data)
        });
        if let (Some(event_type), Some(data)) = (event_type, data) {
            let id = layout.id.iter().find_map(|place| number_or_words(object.find(place.segments())?));
            let id = id.filter(|id| !id.is_empty());
            let version = first(&layout.version).filter(|json| *json != "null").map(as_words);
            let envelope = Self { event_type: Some(event_type), id, version, time: first(&layout.time), data };
            let is_whole = core::ptr::eq(data, whole.data);
            let node = if is_whole { Some(Node::Object(object)) } else { object.into_value(data) };
            let node = node.unwrap_or(Node::new(data));
            return Ok((envelope, node));
        }
        let is_ping = layout.bare_ping && object.members().len() == 1;
        let message = object.find(&[Segment::Key("message".into())]).and_then(self::words);
        if is_ping && message.as_deref() == Some("ping") {
            return Ok((Self { event_type: Some(Cow::Borrowed("Ping")), ..whole }, Node::Object(object)));
        }
        Ok((whole, Node::Object(object)))
    }

    /// Prints the body of this envelope as JSON.
    #[must_use]
    pub fn print(&self, layout: &EnvelopePaths) -> String {
        let place = |places: &'_ [Pointer]| places.first().cloned().unwrap_or_default();
        let text = |text: &Option<Cow<'a, str>>| text.as_deref().map(quoted);
        let data = place(&layout.data);
        if data.segments().is_empty() {
            return self.data.into();
        }
        let entries = [
            (place(&layout.event_type), text(&self.event_type)),
            (place(&layout.id), text(&self.id)),
            (place(&layout.version), text(&self.version)),
            (place(&layout.time), self.time.map(String::from)),
            (data, Some(self.data.into())),
        ];
        let entries: Vec<(&[Segment], &str)> = entries
            .iter()
            .filter_map(|(place, text)| Some((place.segments(), text.as_deref()?)))
            .filter(|(path, _)| !path.is_empty())
            .collect();
        object(&entries)
    }

    /// The version of the body, where it gives one that can be read.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version.as_deref()?.parse().ok()
    }
}

impl EnvelopePaths {
    /// Reads a layout. What is left out is as in the default.
    pub fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let mut layout = Self::default();
        let lists = [
            ("type", &mut layout.event_type),
            ("id", &mut layout.id),
            ("version", &mut layout.version),
            ("time", &mut layout.time),
            ("data", &mut layout.data),
        ];
        for (name, list) in lists {
            if let Some(places) = fields.take(name).and_then(|doc| doc.list(fields.problems)) {
                list.clear();
                for place in places {
                    list.extend(place.parsed(Pointer::parse, fields.problems));
                }
            }
        }
        for (name, header) in [("typeHeader", &mut layout.type_header), ("versionHeader", &mut layout.version_header)] {
            *header = fields.text(name);
        }
        layout.bare_ping = fields.flag("barePing").unwrap_or(true);
        fields.finish();
        Some(layout)
    }

    /// The layout as JSON, every member of it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let lists = [
            ("type", &self.event_type),
            ("id", &self.id),
            ("version", &self.version),
            ("time", &self.time),
            ("data", &self.data),
        ];
        let list = |(name, list): (&str, &Vec<Pointer>)| {
            let places: Vec<String> = list.iter().map(|place| quoted(&alloc::format!("{place}"))).collect();
            alloc::format!("\"{name}\":[{}]", places.join(","))
        };
        let header =
            |(name, header): (&str, &Option<String>)| Some(alloc::format!("\"{name}\":{}", quoted(header.as_deref()?)));
        let headers = [("typeHeader", &self.type_header), ("versionHeader", &self.version_header)];
        let ping = alloc::format!("\"barePing\":{}", self.bare_ping);
        let members = lists.into_iter().map(list).chain(headers.into_iter().filter_map(header)).chain([ping]);
        ["{", &members.collect::<Vec<_>>().join(","), "}"].concat()
    }

    /// Whether an envelope of this layout can carry an event type beside its data.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        let is_member = |list: &[Pointer]| list.first().is_some_and(|place| !place.segments().is_empty());
        is_member(&self.event_type) && is_member(&self.data)
    }

    /// Adds a problem for each part of a layout that cannot be used.
    pub fn check(&self, problems: &mut Problems) {
        let lists = [
            ("/envelope/type", &self.event_type, 0),
            ("/envelope/id", &self.id, 0),
            ("/envelope/version", &self.version, 0),
            ("/envelope/time", &self.time, 0),
            ("/envelope/data", &self.data, 1),
        ];
        let firsts: Vec<&[Segment]> = lists
            .iter()
            .filter_map(|(_, list, _)| Some(list.first()?.segments()))
            .filter(|path| !path.is_empty())
            .collect();
        let clash = |(index, one): (usize, &&[Segment])| {
            firsts.iter().skip(index.saturating_add(1)).any(|other| one.starts_with(other) || other.starts_with(one))
        };
        if firsts.iter().enumerate().any(clash) {
            let hint = "an envelope could not be written";
            problems.add("value_invalid", "/envelope", "one of the first places holds another", hint);
        }
        for (at, header) in
            [("/envelope/typeHeader", &self.type_header), ("/envelope/versionHeader", &self.version_header)]
        {
            if header.as_ref().is_some_and(|header| !is_header_name(header)) {
                problems.add("value_invalid", at, "expected a header name in lower case", "");
            }
        }
        for (at, list, least) in lists {
            let each = list.iter().any(|place| place.segments().contains(&Segment::Each));
            if each || list.len() < least || list.len() > MAX_CANDIDATES {
                let sentence = format_args!("expected {least} to {MAX_CANDIDATES} pointers without `*`");
                problems.report("value_invalid", format_args!("{at}"), sentence, "");
            }
        }
    }
}

/// The text that a JSON string stands for; `None` for any other value.
fn words(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if is_escaped(inner) { unquoted(json).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Like `words`, but also returns a number as it is written.
fn number_or_words(json: &str) -> Option<Cow<'_, str>> {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number { Some(Cow::Borrowed(json)) } else { words(json) }
}

/// Decodes a JSON string; returns any other value as it is written.
fn as_words(json: &str) -> Cow<'_, str> {
    words(json).unwrap_or(Cow::Borrowed(json))
}

/// An object with `entries` at their places; places that share a first member share one object.
fn object(entries: &[(&[Segment], &str)]) -> String {
    let mut text = String::from("{");
    let mut done: Vec<&Segment> = Vec::new();
    for (path, value) in entries {
        let Some((first, rest)) = path.split_first() else {
            continue;
        };
        let Segment::Key(name) = first else {
            continue;
        };
        if done.contains(&first) {
            continue;
        }
        done.push(first);
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&quoted(name));
        text.push(':');
        if rest.is_empty() {
            text.push_str(value);
        } else {
            let inner: Vec<(&[Segment], &str)> = entries
                .iter()
                .filter_map(|(path, value)| Some((path.split_first().filter(|(key, _)| *key == first)?.1, *value)))
                .filter(|(path, _)| !path.is_empty())
                .collect();
            text.push_str(&object(&inner));
        }
    }
    text.push('}');
    text
}
