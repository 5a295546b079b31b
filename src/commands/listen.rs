//! What a listener prints and answers for a delivery.

use alloc::string::{String, ToString};

use serde_json::{Value, json};

use super::answer::Answer;
use super::command::Capture;
use crate::receive::Received as ReceivedEvent;
use crate::redact::visible;
use crate::time::UnixMillis;

/// What came of a delivery.
#[derive(Debug)]
pub struct Received {
    /// Whether it is accepted, or was not verified.
    pub is_yes: bool,
    /// The event type, or the code of the refusal.
    pub word: String,
    /// The data, or the sentence and the advice of the refusal.
    pub text: String,
    /// What to print as JSON in their place.
    pub json: Value,
    /// The HTTP status to answer.
    pub status: u16,
}

/// Takes a delivery: verified with `capture`, or only looked at without.
///
/// # Errors
/// A sentence that says why no delivery can be taken: the secret, the profile.
pub fn receive(capture: Option<&Capture>, body: &[u8]) -> Result<Received, String> {
    let Some(capture) = capture else {
        let word = "unverified".to_string();
        let text = alloc::format!("{} bytes", body.len());
        return Ok(Received { is_yes: true, word, text, json: json!({ "bytes": body.len() }), status: 204 });
    };
    Ok(match capture.receiver()?.receive(&capture.headers(), body, UnixMillis(capture.now)) {
        Ok(received) => accepted(&received),
        Err(error) => {
            let (code, message) = (error.code().as_str(), error.to_string());
            let text = alloc::format!("{message}\n{}", error.code().advice());
            let json = json!({ "ok": false, "code": code, "message": message });
            Received { is_yes: false, word: code.into(), text, json, status: error.http_status() }
        }
    })
}

fn accepted(received: &ReceivedEvent<'_>) -> Received {
    let event_type = received.event.event_type().unwrap_or("an event without a type");
    let data = received.event.json();
    let json = json!({ "ok": true, "type": event_type, "id": received.id, "data": data });
    Received { is_yes: true, word: visible(event_type), text: visible(data), json, status: 204 }
}

impl Received {
    /// Hands it to a host of another language: word and status are in the JSON, beside what to print.
    pub(super) fn into_answer(self) -> Answer {
        let Self { is_yes, word, text, json, status } = self;
        Answer::new(is_yes, text, json!({ "word": word, "status": status, "json": json }))
    }
}
