//! Answers as JSON text.

use alloc::string::String;

use crate::detect::{Detected, Sighting};
use crate::diagnose::{Cause, Diagnosis};
use crate::error::Error;
use crate::json::tree::quoted;
use crate::receive::Received;
use crate::verify::Verified;

/// An object that grows member by member.
struct Members(String);

impl Members {
    fn new(start: &str) -> Self {
        let mut text = String::with_capacity(256);
        text.push_str(start);
        Self(text)
    }

    /// Adds a member whose value is JSON text.
    fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        for part in ["\"", name, "\":", json] {
            self.0.push_str(part);
        }
        self
    }

    fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw(name, &quoted(text))
    }

    fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    fn list<T>(&mut self, name: &str, items: &[T], item: impl Fn(&T) -> String) -> &mut Self {
        let mut list = String::from("[");
        for (index, each) in items.iter().enumerate() {
            if index > 0 {
                list.push(',');
            }
            list.push_str(&item(each));
        }
        list.push(']');
        self.raw(name, &list)
    }

    fn end(&mut self, end: &str) -> String {
        self.0.push_str(end);
        core::mem::take(&mut self.0)
    }
}

/// A failure as JSON.
fn failure(error: &Error) -> String {
    let code = error.code();
    let mut members = Members::new("{");
    members.text("code", code.as_str()).text("fault", code.fault().as_str());
    members.text("message", &alloc::format!("{error}")).end("}")
}

/// `{"error":…}`.
pub(super) fn failed(error: &Error) -> String {
    ["{\"error\":", &failure(error), "}"].concat()
}

/// `{"ok":…}` of a text.
pub(super) fn text(text: &str) -> String {
    ["{\"ok\":", &quoted(text), "}"].concat()
}

/// The proof that a delivery was verified, as lines: a mark, the key's id, the time in milliseconds, and the time as it
/// was signed. Not JSON, whose printing and parsing take longer than all else in a small delivery.
pub(super) fn verified(found: &Verified<'_>) -> String {
    let timestamp = alloc::format!("{}", found.timestamp().0);
    ["=\n", found.key_id().unwrap_or_default(), "\n", &timestamp, "\n", found.timestamp_text()].concat()
}

/// `{"ok":…}` of an event that was received, its data last and as JSON.
pub(super) fn received(found: &Received<'_>) -> String {
    let verified = found.verified();
    let mut members = Members::new("{\"ok\":{");
    members
        .optional("keyId", verified.key_id())
        .raw("timestamp", &alloc::format!("{}", verified.timestamp().0))
        .text("timestampText", verified.timestamp_text())
        .optional("kind", found.event.kind())
        .optional("id", found.id.as_deref())
        .optional("receivedVersion", found.received_version.map(|release| alloc::format!("{release}")).as_deref())
        .optional("deliveredVersion", found.delivered_version.map(|release| alloc::format!("{release}")).as_deref())
        .text("standing", found.standing.as_str())
        .list("applied", &found.applied, |change| quoted(change))
        .list("losses", &found.losses, |loss| {
            let mut lost = Members::new("{");
            lost.text("change", &loss.change).text("at", &loss.at).text("kind", loss.kind.as_str()).end("}")
        })
        .raw("time", found.time.unwrap_or("null"))
        .raw("data", found.event.json())
        .end("}}")
}

/// `{"ok":…}` of a diagnosis.
pub(super) fn diagnosed(found: &Diagnosis) -> String {
    let cause = |cause: &Cause| Members::new("{").text("code", cause.code()).text("message", &alloc::format!("{cause}")).end("}");
    let error = found.error.as_ref().map_or_else(|| "null".into(), failure);
    let mut members = Members::new("{\"ok\":{");
    members.raw("error", &error).list("causes", &found.causes, cause);
    members.raw("hashes", &alloc::format!("{}", found.hashes)).end("}}")
}

/// `{"ok":…}` of what a captured delivery shows.
pub(super) fn detected(profiles: &[Detected], seen: &[Sighting]) -> String {
    let profile = |found: &Detected| {
        let numbers = [("secret", alloc::format!("{}", found.secret)), ("timestamp", alloc::format!("{}", found.timestamp.0))];
        let mut members = Members::new("{");
        members.raw("profile", &found.profile.to_json()).text("encoding", found.encoding.name());
        numbers.iter().for_each(|(name, number)| {
            members.raw(name, number);
        });
        members.raw("isRecent", if found.is_recent { "true" } else { "false" }).end("}")
    };
    let sighting = |seen: &Sighting| {
        Members::new("{").text("what", seen.what).text("at", &alloc::format!("{}", seen.at)).end("}")
    };
    let mut members = Members::new("{\"ok\":{");
    members.list("profiles", profiles, profile).list("sightings", seen, sighting).end("}}")
}
