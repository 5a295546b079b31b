//! Payloads that changes and types are made of.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::capture::said;
use super::command::Samples;
use crate::wire::envelope::{Envelope, EnvelopePaths};
use crate::wire::profile::Profile;

/// One payload.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// The event's id, by which samples of two versions are paired; the line's number where there is none.
    pub(super) key: String,
    pub(super) event_type: String,
    pub(super) version: Option<String>,
    /// JSON text.
    pub(super) data: String,
}

impl Samples {
    /// Takes the payloads apart. `event_type` is that of data alone, and leaves out deliveries of other types.
    pub(super) fn read(&self, profile: Option<&str>, event_type: Option<&str>) -> Result<Vec<Payload>, String> {
        match self {
            Self::Bodies(bodies) => {
                let profile = profile.map_or_else(|| Ok(Profile::default()), Profile::from_json);
                let paths = profile.map_err(|error| said(&error))?.envelope;
                let mut read = Vec::new();
                for (index, body) in bodies.iter().enumerate() {
                    let number = index.saturating_add(1);
                    let payload = opened(&paths, body);
                    read.push(payload.map_err(|problem| alloc::format!("sample {number}: {problem}"))?);
                }
                let wanted = |payload: &Payload| event_type.is_none_or(|wanted| payload.event_type == wanted);
                Ok(read.into_iter().flatten().filter(wanted).collect())
            }
            Self::Lines(text) => {
                let event_type = event_type.ok_or("data alone does not name its event type: give --type")?;
                let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
                Ok(lines
                    .map(|(index, line)| Payload {
                        key: alloc::format!("line {}", index.saturating_add(1)),
                        event_type: event_type.into(),
                        version: None,
                        data: line.into(),
                    })
                    .collect())
            }
        }
    }
}

/// The payload of a delivery; `None` for one without an event type.
fn opened(paths: &EnvelopePaths, body: &str) -> Result<Option<Payload>, String> {
    let envelope = Envelope::parse(paths, body.as_bytes()).map_err(|error| said(&error))?;
    let Some(event_type) = envelope.event_type.as_deref() else {
        return Ok(None);
    };
    Ok(Some(Payload {
        key: envelope.id.as_deref().unwrap_or_default().to_owned(),
        event_type: event_type.to_owned(),
        version: envelope.version.as_deref().map(ToOwned::to_owned),
        data: envelope.data.into(),
    }))
}
