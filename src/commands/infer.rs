//! Infers the changes between two versions from samples of both.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::capture::{said, version};
use super::command::Infer;
use super::samples::Payload;
use crate::json::Object;
use crate::limits::MAX_SAMPLE_PAIRS;
use crate::redact::visible;
use crate::shim::{InferRequest, Inference, SamplePair, infer};
use crate::version::Version;

impl Infer {
    pub(super) fn run(&self) -> Result<Answer, String> {
        let (profile, event_type) = (self.profile.as_deref(), self.event_type.as_deref());
        let (old, new) = (self.old.read(profile, event_type)?, self.new.read(profile, event_type)?);
        let since = version(&self.since)?;
        let from = self.from.as_deref().map(version).transpose()?;
        let mut types: Vec<&str> = old.iter().map(|payload| payload.event_type.as_str()).collect();
        types.sort_unstable();
        types.dedup();
        let mut found = Found::default();
        for event_type in types {
            let Pairs { keys, samples } = pairs(&old, &new, event_type);
            if samples.is_empty() {
                found.remarks.push(alloc::format!("{event_type}: no event is in both, so nothing is inferred"));
                continue;
            }
            let used = samples.get(..MAX_SAMPLE_PAIRS).unwrap_or(&samples);
            if used.len() < samples.len() {
                found.remarks.push(alloc::format!("{event_type}: only the first {MAX_SAMPLE_PAIRS} pairs are used"));
            }
            let mut request = InferRequest::event(event_type, since, used);
            if let Some(from) = from {
                request = request.from(from);
            }
            let inference = infer(&request).map_err(|error| said(&error))?;
            found.add(event_type, &keys, used.len(), &inference);
        }
        if found.events.is_empty() {
            return Err("the samples have no event in common: deliveries are paired by the id of their event".into());
        }
        Ok(found.answer(since, from))
    }
}

/// The pairs of one event type, with the keys of their events.
struct Pairs<'a> {
    keys: Vec<&'a str>,
    samples: Vec<SamplePair<'a>>,
}

/// The data of events that are in both, by their key. The first of several with one key counts.
fn pairs<'a>(old: &'a [Payload], new: &'a [Payload], event_type: &str) -> Pairs<'a> {
    let of_type = |payload: &&Payload| payload.event_type == event_type && !payload.key.is_empty();
    let mut newer: BTreeMap<&str, &str> = BTreeMap::new();
    for payload in new.iter().filter(of_type) {
        newer.entry(&payload.key).or_insert(&payload.data);
    }
    let mut found = Pairs { keys: Vec::new(), samples: Vec::new() };
    for payload in old.iter().filter(of_type) {
        if let Some(new) = newer.remove(payload.key.as_str()) {
            found.keys.push(&payload.key);
            found.samples.push(SamplePair { old: &payload.data, new });
        }
    }
    found
}

/// One document of the changes of several, each as a person would write it.
fn joined(whole: &Value, documents: &[String]) -> String {
    let changes: Vec<&str> = documents
        .iter()
        .filter_map(|document| Object::open(document)?.member("changes")?.text())
        .filter_map(|list| list.strip_prefix('[')?.strip_suffix(']'))
        .map(str::trim)
        .filter(|changes| !changes.is_empty())
        .collect();
    let member = |name: &str| whole.get(name).map(|value| alloc::format!("  \"{name}\": {value},\n"));
    let declared: String = ["events", "models"].into_iter().filter_map(member).collect();
    alloc::format!(
        "{{\n  \"format\": 1,\n  \"versions\": {},\n{declared}  \"changes\": [\n    {}\n  ]\n}}",
        whole.get("versions").unwrap_or(&Value::Null),
        changes.join(",\n    ")
    )
}

/// What was inferred of all event types.
#[derive(Default)]
struct Found {
    remarks: Vec<String>,
    events: Vec<Value>,
    changes: Vec<Value>,
    /// Event types and models that are not built in.
    events_declared: Map<String, Value>,
    models: Map<String, Value>,
    is_certain: bool,
    /// The document of each event type, as a person would write it.
    documents: Vec<String>,
}

impl Found {
    fn add(&mut self, event_type: &str, keys: &[&str], pairs: usize, inference: &Inference) {
        let is_certain = inference.is_certain();
        self.is_certain = is_certain && (self.events.is_empty() || self.is_certain);
        self.documents.push(inference.registry.clone());
        let document: Value = serde_json::from_str(&inference.registry).unwrap_or_default();
        self.changes.extend(document.get("changes").and_then(Value::as_array).into_iter().flatten().cloned());
        for (name, declared) in [("events", &mut self.events_declared), ("models", &mut self.models)] {
            let members = document.get(name).and_then(Value::as_object).into_iter().flatten();
            declared.extend(members.map(|(name, value)| (name.clone(), value.clone())));
        }
        let count = |count: usize| if count == 1 { "1 pair".to_string() } else { alloc::format!("{count} pairs") };
        if inference.ops.is_empty() {
            self.remarks.push(alloc::format!("{event_type}: no difference in {}", count(pairs)));
        }
        for op in &inference.ops {
            let line = alloc::format!("{event_type}: {} (in {} of {})", op.clause, op.evidence, count(pairs));
            self.remarks.push(line);
        }
        for doubt in &inference.doubts {
            let at = if doubt.at.is_empty() { String::new() } else { alloc::format!(" at {}", doubt.at) };
            let line = alloc::format!("{event_type}: {}{at}: {}; needed: {}", doubt.code, doubt.sentence, doubt.ask);
            self.remarks.push(line);
        }
        for (mismatches, what) in
            [(&inference.unexplained, "is not explained"), (&inference.not_restored, "is not restored by the way back")]
        {
            for mismatch in mismatches {
                let key = keys.get(mismatch.pair).copied().unwrap_or_default();
                self.remarks.push(alloc::format!("{event_type}: event {key} {what}, first at {}", mismatch.at));
            }
        }
        let mismatches = |list: &[crate::shim::Mismatch]| -> Vec<Value> {
            let id = |mismatch: &crate::shim::Mismatch| keys.get(mismatch.pair).copied();
            list.iter().map(|mismatch| json!({ "id": id(mismatch), "at": mismatch.at })).collect()
        };
        let ops: Vec<Value> = inference
            .ops
            .iter()
            .map(|op| {
                let json: Value = serde_json::from_str(&op.json).unwrap_or_default();
                json!({ "op": json, "clause": op.clause, "evidence": op.evidence })
            })
            .collect();
        let doubts: Vec<Value> = inference
            .doubts
            .iter()
            .map(|doubt| json!({ "code": doubt.code, "at": doubt.at, "sentence": doubt.sentence, "ask": doubt.ask }))
            .collect();
        self.events.push(json!({
            "type": event_type,
            "pairs": pairs,
            "isCertain": is_certain,
            "ops": ops,
            "doubts": doubts,
            "unexplained": mismatches(&inference.unexplained),
            "notRestored": mismatches(&inference.not_restored),
        }));
    }

    fn answer(self, since: Version, from: Option<Version>) -> Answer {
        let versions: Vec<String> = from.into_iter().chain([since]).map(|version| version.to_string()).collect();
        let mut document = json!({ "format": 1, "versions": versions, "changes": self.changes });
        for (name, declared) in [("events", self.events_declared), ("models", self.models)] {
            if let Some(members) = document.as_object_mut().filter(|_| !declared.is_empty()) {
                members.insert(name.into(), Value::Object(declared));
            }
        }
        let text = match self.documents.as_slice() {
            [one] => one.trim_end().into(),
            documents => joined(&document, documents),
        };
        let json = json!({ "registry": document, "events": self.events, "isCertain": self.is_certain });
        let remarks = self.remarks.iter().map(|remark| visible(remark)).collect();
        Answer { is_yes: self.is_certain, text, remarks, json }
    }
}
