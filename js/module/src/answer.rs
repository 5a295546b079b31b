//! Answers as JSON text.

use mambo_webhooks::detect::{Detected, Sighting};
use mambo_webhooks::diagnose::{Cause, Diagnosis};
use mambo_webhooks::error::Error;
use mambo_webhooks::json::quoted;
use mambo_webhooks::receive::Received;

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
    members.text("message", &format!("{error}")).end("}")
}

/// `{"error":…}`.
pub(crate) fn failed(error: &Error) -> String {
    ["{\"error\":", &failure(error), "}"].concat()
}

/// `{"ok":…}` of a text.
pub(crate) fn text(text: &str) -> String {
    ["{\"ok\":", &quoted(text), "}"].concat()
}

/// `{"ok":…}` of an event that was received, its data last and as JSON.
pub(crate) fn received(found: &Received<'_>) -> String {
    let verified = found.verified();
    let mut members = Members::new("{\"ok\":{");
    members
        .optional("keyId", verified.key_id())
        .raw("timestamp", &format!("{}", verified.timestamp().0))
        .optional("kind", found.event.kind())
        .optional("id", found.id.as_deref())
        .optional("receivedVersion", found.received_version.map(|release| format!("{release}")).as_deref())
        .optional("deliveredVersion", found.delivered_version.map(|release| format!("{release}")).as_deref())
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
pub(crate) fn diagnosed(found: &Diagnosis) -> String {
    let cause =
        |cause: &Cause| Members::new("{").text("code", cause.code()).text("message", &format!("{cause}")).end("}");
    let error = found.error.as_ref().map_or_else(|| "null".into(), failure);
    let mut members = Members::new("{\"ok\":{");
    members.raw("error", &error).list("causes", &found.causes, cause);
    members.raw("hashes", &format!("{}", found.hashes)).end("}}")
}

/// `{"ok":…}` of what a captured delivery shows.
pub(crate) fn detected(profiles: &[Detected], seen: &[Sighting]) -> String {
    let profile = |found: &Detected| {
        let numbers = [("secret", format!("{}", found.secret)), ("timestamp", format!("{}", found.timestamp.0))];
        let mut members = Members::new("{");
        members.raw("profile", &found.profile.to_json()).text("encoding", found.encoding.name());
        for (name, number) in &numbers {
            members.raw(name, number);
        }
        members.raw("isRecent", if found.is_recent { "true" } else { "false" }).end("}")
    };
    let sighting =
        |seen: &Sighting| Members::new("{").text("what", seen.what).text("at", &format!("{}", seen.at)).end("}");
    let mut members = Members::new("{\"ok\":{");
    members.list("profiles", profiles, profile).list("sightings", seen, sighting).end("}}")
}
