//! What goes out: plain objects, made by serde. `js/src/core_bg.d.ts` has their types.

use mambo_webhooks::Received;
use mambo_webhooks::Verified;
use mambo_webhooks::diagnose::Diagnosis;
use mambo_webhooks::internal::Proof;
use mambo_webhooks::internal::json::Problem;
use mambo_webhooks::shim::Loss;
use mambo_webhooks::{Error, UnixMillis};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// A failure; what every function of this module throws.
#[derive(Serialize)]
pub(crate) struct Failure {
    code: &'static str,
    fault: &'static str,
    message: String,
}

impl Failure {
    pub(crate) fn new(error: &Error) -> Self {
        let code = error.code();
        Self { code: code.as_str(), fault: code.fault().as_str(), message: error.to_string() }
    }
}

/// What a signature proves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Proven<'p> {
    key_id: &'p str,
    timestamp: f64,
}

/// A received event. What it does not have is left out, and so are empty lists: each member takes longer than all of
/// the core's work on it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedByCore<'r> {
    key_id: &'r str,
    timestamp: f64,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r str>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_version: Option<String>,
    version_status: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    applied: &'r [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    losses: Vec<Lost<'r>>,
    /// The data as JSON text if a change edited it.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'r str>,
    /// Where the data is in the body as it came: its first byte, and the one after its last.
    range: (usize, usize),
}

#[derive(Serialize)]
struct Lost<'l> {
    change: &'l str,
    at: &'l str,
    kind: &'static str,
}

/// Why a delivery is refused.
#[derive(Serialize)]
struct Explained {
    error: Option<Failure>,
    causes: Vec<Cause>,
    hashes: usize,
}

#[derive(Serialize)]
struct Cause {
    code: &'static str,
    message: String,
}

/// A problem of a registry document.
#[derive(Serialize)]
pub(crate) struct Found<'p> {
    code: &'static str,
    at: &'p str,
    message: &'p str,
    hint: &'p str,
}

/// An answer as JavaScript's value; `None` is null.
pub(crate) fn value(answer: &impl Serialize) -> JsValue {
    // Texts, numbers and lists of them always have a value.
    answer.serialize(&Serializer::new().serialize_missing_as_null(true)).unwrap_or(JsValue::NULL)
}

/// A failure as the value to throw.
pub(crate) fn thrown(error: &Error) -> JsValue {
    value(&Failure::new(error))
}

pub(crate) fn proven(proof: &Proof) -> JsValue {
    value(&Proven { key_id: &proof.key_id, timestamp: number(proof.timestamp) })
}

/// What the signature of a body in this module's memory proves.
pub(crate) fn proven_by(verified: &Verified<'_>) -> JsValue {
    value(&Proven { key_id: verified.key_id().unwrap_or_default(), timestamp: number(verified.timestamp()) })
}

pub(crate) fn received(found: &Received<'_>) -> JsValue {
    let (verified, json) = (found.verified(), found.event.json());
    let is_edited = range_in(verified.body(), json).is_none();
    value(&ReceivedByCore {
        key_id: verified.key_id().unwrap_or_default(),
        timestamp: number(verified.timestamp()),
        event_type: found.event.event_type(),
        id: found.id.as_deref(),
        time: found.time,
        received_version: found.received_version.map(|version| version.to_string()),
        delivered_version: found.delivered_version.map(|version| version.to_string()),
        version_status: found.version_status.as_str(),
        applied: &found.applied,
        losses: found.losses.iter().map(lost).collect(),
        data: is_edited.then_some(json),
        range: range_in(verified.body(), found.received_json()).unwrap_or_default(),
    })
}

pub(crate) fn diagnosed(found: &Diagnosis) -> JsValue {
    let causes = found.causes.iter().map(|cause| Cause { code: cause.code(), message: cause.to_string() });
    value(&Explained { error: found.error.as_ref().map(Failure::new), causes: causes.collect(), hashes: found.hashes })
}

pub(crate) fn problem(problem: &Problem) -> Found<'_> {
    let Problem { code, at, sentence, hint } = problem;
    Found { code, at, message: sentence, hint }
}

fn lost(loss: &Loss) -> Lost<'_> {
    Lost { change: &loss.change, at: &loss.at, kind: loss.kind.as_str() }
}

/// Where a part of a body stands in it, in bytes; none for text that is not a part of it.
fn range_in(body: &[u8], part: &str) -> Option<(usize, usize)> {
    let start = part.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= body.len()).then_some((start, end))
}

/// Converts a time to an f64, exactly if the time is now or passed the tolerance.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(crate) const fn number(time: UnixMillis) -> f64 {
    time.0 as f64
}
