//! What was received, and what diagnosis found, as JSON text.

use mambo_webhooks::diagnose::{Cause, Diagnosis};
use mambo_webhooks::json::quoted;
use mambo_webhooks::receive::Received;
use mambo_webhooks_edge::{Members, failure};

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
