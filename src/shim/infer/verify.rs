//! Runs a printed registry document on all samples with the engine that a receiver uses, upwards and downwards.

use alloc::string::String;
use alloc::vec::Vec;

use super::document::Heading;
use super::value::{Step, Value};
use crate::error::{Error, ProblemCount};
use crate::json::pointer::escape_token;
use crate::shim::apply::apply;
use crate::shim::loss::Strictness;
use crate::shim::op::Op;
use crate::shim::plan::Shims;
use crate::shim::registry::Registry;
use crate::version::Version;

/// A pair of samples that the registry does not carry over, and where it first differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The pair's position among the samples, from 0.
    pub pair: usize,
    /// JSON pointer to the first difference.
    pub at: String,
}

/// What became of the samples.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The pairs whose older sample does not become the newer one.
    pub(super) unexplained: Vec<Mismatch>,
    /// The pairs whose newer sample does not become the older one, although nothing was lost.
    pub(super) not_restored: Vec<Mismatch>,
}

/// Compares all samples in both directions.
pub(super) fn verify(heading: &Heading, ops: &[Op], pairs: &[(&str, &str)]) -> Result<Verdict, Error> {
    let (document, event_type) = heading.checkable(ops);
    let problems = Registry::problems(&document);
    if let Some(first) = problems.first() {
        let first = alloc::string::ToString::to_string(first);
        return Err(Error::RegistryInvalid { count: ProblemCount(problems.len()), first });
    }
    let shims = Shims::from_json(&document)?;
    let older = heading.from.unwrap_or(Version::new(0, 0, 0));
    let (up, down) = (shims.plan(&event_type, older, heading.since), shims.plan(&event_type, heading.since, older));
    let mut verdict = Verdict::default();
    for (pair, (old, new)) in pairs.iter().enumerate() {
        let upgraded = apply(up, old, Strictness::Lenient)?;
        if let Some(at) = first_difference(&Value::read(&upgraded.data), &Value::read(new), &[]) {
            verdict.unexplained.push(Mismatch { pair, at });
        }
        let downgraded = apply(down, new, Strictness::Lenient)?;
        if upgraded.losses.is_empty() && downgraded.losses.is_empty() {
            let defaults = defaults(ops);
            if let Some(at) = first_difference(&Value::read(&downgraded.data), &Value::read(old), &defaults) {
                verdict.not_restored.push(Mismatch { pair, at });
            }
        }
    }
    Ok(verdict)
}

/// The defaults of additions and removals: an absent member counts as equal to its default.
fn defaults(ops: &[Op]) -> Vec<Value> {
    let mut found = Vec::new();
    for op in ops {
        match op {
            Op::Add { default, .. } | Op::Remove { default, .. } => found.push(Value::read(default)),
            Op::When { ops, .. } => found.extend(defaults(ops)),
            _ => {}
        }
    }
    found
}

/// The pointer to the first place where two values differ.
pub(super) fn first_difference(one: &Value, other: &Value, defaults: &[Value]) -> Option<String> {
    let mut path = Vec::new();
    differs(one, other, defaults, &mut path).then(|| {
        let step = |step: &Step<'_>| match step {
            Step::Key(key) => escape_token(key),
            Step::Index(index) => alloc::format!("/{index}"),
        };
        path.iter().map(step).collect()
    })
}

/// Whether two values differ; leaves the path of the first difference.
fn differs<'v>(one: &'v Value, other: &'v Value, defaults: &[Value], path: &mut Vec<Step<'v>>) -> bool {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let names = ones.keys().chain(others.keys().filter(|name| !ones.contains_key(*name)));
            for name in names {
                path.push(Step::Key(name));
                let is_different = match (ones.get(name), others.get(name)) {
                    (Some(one), Some(other)) => differs(one, other, defaults, path),
                    (Some(alone), None) | (None, Some(alone)) => !defaults.contains(alone),
                    (None, None) => false,
                };
                if is_different {
                    return true;
                }
                path.pop();
            }
            false
        }
        (Value::List(ones), Value::List(others)) => {
            for (index, (one, other)) in ones.iter().zip(others).enumerate() {
                path.push(Step::Index(index));
                if differs(one, other, defaults, path) {
                    return true;
                }
                path.pop();
            }
            ones.len() != others.len()
        }
        _ => one != other,
    }
}
