//! Commands that apply, check and print registries of payload changes.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::Answer;
use super::capture::{said, version};
use crate::json::valid;
use crate::shim::{Problem, Registry, Shims, Strictness, apply, changelog as changelog_of};

pub(super) fn upgrade(registry: &str, event_type: &str, from: &str, to: &str, data: &str) -> Result<Answer, String> {
    let shims = Shims::from_json(registry).map_err(|error| said(&error))?;
    valid(data)
        .map_err(|error| alloc::format!("the data is not JSON at line {} column {}", error.line, error.column))?;
    let plan = shims.plan(event_type, version(from)?, version(to)?);
    let shimmed = apply(plan, data, Strictness::Lenient).map_err(|error| said(&error))?;
    let losses: Vec<Value> = shimmed
        .losses
        .iter()
        .map(|loss| json!({ "change": loss.change, "at": loss.at, "kind": loss.kind.as_str() }))
        .collect();
    let json = json!({ "data": shimmed.data, "applied": shimmed.applied, "losses": losses });
    Ok(Answer::new(true, shimmed.data, json))
}

pub(super) fn check(registry: &str) -> Answer {
    problems(&Registry::problems(registry))
}

pub(super) fn changelog(registry: Option<&str>) -> Result<Answer, String> {
    let page = changelog_of(&read(registry)?);
    let json = json!({ "changelog": page });
    Ok(Answer::new(true, page, json))
}

fn problems(problems: &[Problem]) -> Answer {
    let lines: Vec<String> =
        problems.iter().map(|problem| alloc::format!("{}: {problem} {}", problem.code, problem.hint)).collect();
    let rows: Vec<Value> = problems
        .iter()
        .map(|problem| {
            json!({ "code": problem.code, "at": problem.at, "sentence": problem.sentence, "hint": problem.hint })
        })
        .collect();
    let said = if lines.is_empty() { "no problem".into() } else { lines.join("\n") };
    Answer::new(lines.is_empty(), said, json!({ "problems": rows }))
}

/// A registry document laid over the built-in one; that alone without a document.
fn read(registry: Option<&str>) -> Result<Registry, String> {
    let read = registry.map_or_else(|| Ok(Registry::builtin()), Registry::from_json);
    read.map_err(|error| said(&error))
}
