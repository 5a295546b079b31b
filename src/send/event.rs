//! Events to send. The store keeps each event in the version that it was created with.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

use core::fmt;

use serde_json::value::RawValue;

use super::error::SendError;
use crate::error::Error;
use crate::limits::MAX_EVENT_DATA_BYTES;
use crate::version::Version;

/// An event to send.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub(crate) id: Option<String>,
    pub(crate) event_type: String,
    pub(crate) time: Option<String>,
    pub(crate) version: Version,
    pub(crate) data: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) traceparent: Option<String>,
}

/// An event as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event's id, the same in every delivery of it.
    pub id: String,
    /// The event type, as Mambo writes it.
    pub event_type: String,
    /// When the event happened, as JSON text.
    pub time: Option<String>,
    /// The payload version that the data is in.
    pub version: Version,
    /// The data, as JSON text.
    pub data: String,
    /// The caller's trace context, as W3C's Trace Context writes it.
    pub traceparent: Option<String>,
    /// Why the data is still sealed, if it could not be opened.
    pub unopened: Option<SendError>,
}

impl NewEvent {
    /// An event with data as JSON text in the shape of `version`.
    ///
    /// # Errors
    /// `body_not_json`, `payload_too_large`.
    pub fn new(event_type: &str, version: Version, data: &str) -> Result<Self, SendError> {
        check(data)?;
        if data.len() > MAX_EVENT_DATA_BYTES {
            return Err(SendError::PayloadTooLarge { bytes: data.len(), allowed: MAX_EVENT_DATA_BYTES });
        }
        let (event_type, data) = (event_type.to_owned(), data.to_owned());
        Ok(Self { id: None, event_type, time: None, version, data, idempotency_key: None, traceparent: None })
    }

    /// Sets the event's id. Default: a new one.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// Says when it happened, as JSON text: a string or a number.
    ///
    /// # Errors
    /// `body_not_json`.
    pub fn time(mut self, json: &str) -> Result<Self, SendError> {
        check(json)?;
        self.time = Some(json.to_owned());
        Ok(self)
    }

    /// Makes sending it again harmless: of all events with one key, the first is sent.
    #[must_use]
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    /// Links the spans of its deliveries to the caller's trace: a `traceparent` as W3C's Trace Context writes it. Another
    /// text is left out, as that standard asks.
    #[must_use]
    pub fn traceparent(mut self, traceparent: &str) -> Self {
        self.traceparent = Some(traceparent).filter(|text| is_traceparent(text)).map(ToOwned::to_owned);
        self
    }

    /// The Ping that Mambo's docs show.
    #[must_use]
    pub fn ping(version: Version) -> Self {
        let data = r#"{"message":"ping"}"#.to_owned();
        let event_type = "Ping".to_owned();
        Self { id: None, event_type, time: None, version, data, idempotency_key: None, traceparent: None }
    }

    /// Returns the id, after giving the event a new one if it has none.
    pub(crate) fn id_or_new(&mut self) -> &str {
        self.id.get_or_insert_with(new_id)
    }

    /// Returns the event with its id, or with a new one, and its idempotency key.
    ///
    /// # Errors
    /// `text_blank`: a blank id or key, as from an unset variable, would make one event of many.
    pub fn named(self) -> Result<(StoredEvent, Option<String>), SendError> {
        let Self { id, event_type, time, version, data, idempotency_key, traceparent } = self;
        let texts = [
            ("event type", Some(&event_type)),
            ("event id", id.as_ref()),
            ("idempotency key", idempotency_key.as_ref()),
        ];
        for (name, text) in texts {
            text.map_or(Ok(()), |text| SendError::refuse_blank(name, text))?;
        }
        let id = id.unwrap_or_else(new_id);
        Ok((StoredEvent { id, event_type, time, version, data, traceparent, unopened: None }, idempotency_key))
    }
}

/// A new id; ids sort by time.
fn new_id() -> String {
    uuid::Uuid::now_v7().as_hyphenated().to_string()
}

/// Whether a text is a `traceparent` of version 00 whose ids are not all zeros.
fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |part: &str, length| is_hex(part, length) && part.bytes().any(|byte| byte != b'0');
    let parts: alloc::vec::Vec<&str> = text.split('-').collect();
    matches!(parts[..], ["00", trace, span, flags] if is_id(trace, 32) && is_id(span, 16) && is_hex(flags, 2))
}

fn check(json: &str) -> Result<(), Error> {
    let error = |error: serde_json::Error| Error::BodyNotJson { line: error.line(), column: error.column() };
    serde_json::from_str::<&RawValue>(json).map(|_| ()).map_err(error)
}

/// Shows no data: events are personal.
impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewEvent({} {}, {} bytes)", self.event_type, self.version, self.data.len())
    }
}

/// Shows no data: events are personal.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredEvent({} {} {}, {} bytes)", self.id, self.event_type, self.version, self.data.len())
    }
}
