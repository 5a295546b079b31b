//! The registry document of an inference: the text that the user keeps, and the same with what a check by samples
//! needs.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::print::{op_json, summary};
use crate::json::quoted;
use crate::shim::op::{Lossy, Op};
use crate::shim::registry::{Registry, Target};
use crate::version::Version;

/// What the document says beside the ops.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) on: Target,
    pub(super) since: Version,
    /// The version of the older samples, if it is known.
    pub(super) from: Option<Version>,
    pub(super) id: String,
}

/// The name of the event and the model that only the check knows.
const CHECKED: &str = "InferredFromSamples";

/// The directions in which the ops can lose data.
pub(super) fn lossy(ops: &[Op]) -> Lossy {
    ops.iter().map(Op::lossy).fold(Lossy::default(), Lossy::or)
}

impl Heading {
    /// The document for the user.
    pub(super) fn document(&self, ops: &[Op]) -> String {
        self.print(ops, false)
    }

    /// The document with an event of the changed model, and the type of that event.
    pub(super) fn checkable(&self, ops: &[Op]) -> (String, String) {
        match &self.on {
            Target::Event(event_type) => (self.print(ops, false), event_type.clone()),
            Target::Model(_) => (self.print(ops, true), CHECKED.into()),
        }
    }

    fn print(&self, ops: &[Op], with_event: bool) -> String {
        let known = Registry::builtin();
        let mut versions =
            [self.from, Some(self.since)].map(|version| version.map(|version| quoted(&version.to_string())));
        if self.from.is_some_and(|from| known.versions().contains(&from)) {
            versions = [None, versions.into_iter().nth(1).flatten()];
        }
        let versions: Vec<String> = versions.into_iter().flatten().collect();
        let (mut events, mut models) = (Vec::new(), Vec::new());
        let on = match &self.on {
            Target::Event(event_type) => {
                let name = quoted(event_type);
                if !known.events.contains_key(event_type) {
                    events.push(format!("{name}: {{ \"model\": {name} }}"));
                    if !known.models.contains_key(event_type) {
                        models.push(format!("{name}: {{}}"));
                    }
                }
                format!("{{ \"event\": {name} }}")
            }
            Target::Model(model) => {
                let name = quoted(model);
                if !known.models.contains_key(model) {
                    models.push(format!("{name}: {{}}"));
                }
                if with_event {
                    events.push(format!("\"{CHECKED}\": {{ \"model\": {name} }}"));
                }
                format!("{{ \"model\": {name} }}")
            }
        };
        let named = |name: &str, entries: &[String]| {
            if entries.is_empty() { String::new() } else { format!("  \"{name}\": {{ {} }},\n", entries.join(", ")) }
        };
        let change = if ops.is_empty() { String::new() } else { format!("\n{}\n  ", self.change(ops, &on)) };
        format!(
            "{{\n  \"format\": 1,\n  \"versions\": [{}],\n{}{}  \"changes\": [{change}]\n}}\n",
            versions.join(", "),
            named("events", &events),
            named("models", &models),
        )
    }

    fn change(&self, ops: &[Op], on: &str) -> String {
        let ops_json: Vec<String> = ops.iter().map(|op| format!("        {}", op_json(op))).collect();
        format!(
            "    {{\n      \"id\": {},\n      \"since\": \"{}\",\n      \"on\": {on},\n      \"summary\": {},\n      \
             \"lossy\": \"{}\",\n      \"ops\": [\n{}\n      ]\n    }}",
            quoted(&self.id),
            self.since,
            quoted(&summary(ops)),
            lossy(ops).name(),
            ops_json.join(",\n"),
        )
    }
}
