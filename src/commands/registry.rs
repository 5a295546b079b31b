//! Commands that apply, check and print registries of payload changes.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::answer::Answer;
use super::capture::{said, version};
use super::samples::Payload;
use crate::json::valid;
use crate::shim::{
    PayloadTypes, Problem, Registry, Sample, Shims, Strictness, apply, changed_since, changelog as changelog_of,
    diff as between, diff_versions,
};

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

pub(super) fn check(registry: &str, against: Option<&str>) -> Result<Answer, String> {
    let mut found = Registry::problems(registry);
    if let (true, Some(published)) = (found.is_empty(), against) {
        found = changed_since(&read(Some(published))?, &read(Some(registry))?);
    }
    Ok(problems(&found))
}

pub(super) fn diff(
    older: &str,
    newer: Option<&str>,
    versions: Option<(&str, &str)>,
    event_type: Option<&str>,
) -> Result<Answer, String> {
    let found = match (newer, versions) {
        (Some(_), None) if event_type.is_some() => return Err("--type goes with --from and --to".into()),
        (Some(newer), None) => between(&read(Some(older))?, &read(Some(newer))?),
        (None, Some((from, to))) => {
            let shims = Shims::from_json(older).map_err(|error| said(&error))?;
            let knows = |name: &&str| shims.registry().event_types().any(|known| known == *name);
            if let Some(name) = event_type.filter(|name| !knows(name)) {
                return Err(alloc::format!("--type {name}: the registry does not know this event type"));
            }
            diff_versions(&shims, event_type, version(from)?, version(to)?)
        }
        _ => return Err("give a second registry, or --from and --to".into()),
    };
    let text = if found.is_empty() { "no difference".into() } else { found.to_string() };
    let json = serde_json::from_str(&found.to_json()).unwrap_or_default();
    Ok(Answer::new(!found.is_breaking(), text.trim_end(), json))
}

pub(super) fn types(
    registry: Option<&str>,
    samples: &[Payload],
    language: &str,
    versions: &[String],
    pinned: Option<&str>,
) -> Result<Answer, String> {
    let shims = registry.map_or_else(|| Ok(Shims::default()), Shims::from_json).map_err(|error| said(&error))?;
    let pinned = pinned.map(version).transpose()?;
    let mut read = Vec::new();
    for payload in samples {
        let version = payload.version.as_deref().map(version).transpose()?.or(pinned);
        let version = version.ok_or("a sample does not name its version: give --pinned")?;
        read.push(Sample { event_type: &payload.event_type, version, data: &payload.data });
    }
    let versions = versions.iter().map(|text| version(text)).collect::<Result<Vec<_>, _>>()?;
    let types = PayloadTypes::new(&shims, &read, &versions).map_err(|found| problem_lines(&found).join("\n"))?;
    let text = match language {
        "typescript" => types.typescript(),
        "rust" => types.rust(),
        "json-schema" => {
            let mut versions = types.versions();
            match (versions.next(), versions.next()) {
                (Some(version), None) => types.json_schema(version).unwrap_or_default(),
                _ => return Err("a JSON Schema is of one version: give --version once".into()),
            }
        }
        _ => return Err(alloc::format!("`{language}`: expected typescript, rust or json-schema")),
    };
    let json = json!({ "language": language, "types": text });
    Ok(Answer::new(true, text.trim_end(), json))
}

pub(super) fn changelog(registry: Option<&str>) -> Result<Answer, String> {
    let page = changelog_of(&read(registry)?);
    let json = json!({ "changelog": page });
    Ok(Answer::new(true, page, json))
}

fn problems(problems: &[Problem]) -> Answer {
    let lines = problem_lines(problems);
    let rows: Vec<Value> = problems
        .iter()
        .map(|problem| {
            json!({ "code": problem.code, "at": problem.at, "sentence": problem.sentence, "hint": problem.hint })
        })
        .collect();
    let said = if lines.is_empty() { "no problem".into() } else { lines.join("\n") };
    Answer::new(lines.is_empty(), said, json!({ "problems": rows }))
}

fn problem_lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| alloc::format!("{}: {problem} {}", problem.code, problem.hint)).collect()
}

/// A registry document laid over the built-in one; that alone without a document.
fn read(registry: Option<&str>) -> Result<Registry, String> {
    let read = registry.map_or_else(|| Ok(Registry::builtin()), Registry::from_json);
    read.map_err(|error| said(&error))
}
