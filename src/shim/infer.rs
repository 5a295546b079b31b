//! Infers a payload change from samples: pairs of the same data in an older and a newer version.
//!
//! It is a search for the cheapest list of ops that turns every older sample into its newer one. What it finds is
//! printed as a registry document, which the engine then runs on all samples in both directions. Samples can be explained
//! in more than one way: where they do not decide, the inference says so and asks for a sample that would.

mod value;

mod distance;

mod print;

mod state;

mod pool;

mod aligned;

mod propose_text;

mod propose_value;

mod propose_move;

mod propose;

mod guard;

mod search;

mod tidy;

mod document;

mod verify;

mod doubt;

mod coverage;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use doubt::InferDoubt;
pub use verify::Mismatch;

use self::coverage::coverage_doubts;
use self::document::{Heading, lossy};
use self::doubt::op_doubts;
use self::print::{clause, op_json};
use self::search::{Effort, search};
use self::state::State;
use self::tidy::tidied;
use self::value::{Value, levels};
use self::verify::verify;
use super::op::Op;
use super::registry::Target;
use crate::error::{Error, ProblemCount};
use crate::json::valid;
use crate::limits::{MAX_INFER_DOUBTS, MAX_SAMPLE_BYTES, MAX_SAMPLE_LEVELS, MAX_SAMPLE_PAIRS};
use crate::version::Version;

/// The data of one event in two versions.
#[derive(Clone, Copy)]
pub struct SamplePair<'a> {
    /// The data in the older version, as JSON text.
    pub old: &'a str,
    /// That data in the newer version, as JSON text.
    pub new: &'a str,
}

/// Shows no part of a sample.
impl core::fmt::Debug for SamplePair<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SamplePair").field("old", &self.old.len()).field("new", &self.new.len()).finish()
    }
}

/// What a change is inferred from, and what its document says beside the ops.
#[derive(Clone, Debug)]
pub struct InferRequest<'a> {
    heading: Heading,
    pairs: &'a [SamplePair<'a>],
}

impl<'a> InferRequest<'a> {
    /// A change of an event's data. `since` is the first version with the newer shape.
    #[must_use]
    pub fn event(event_type: &str, since: Version, pairs: &'a [SamplePair<'a>]) -> Self {
        Self::on(Target::Event(event_type.into()), since, pairs)
    }

    /// A change of a model, wherever it is. The samples are the model alone, not the event that holds it.
    #[must_use]
    pub fn model(model: &str, since: Version, pairs: &'a [SamplePair<'a>]) -> Self {
        Self::on(Target::Model(model.into()), since, pairs)
    }

    fn on(on: Target, since: Version, pairs: &'a [SamplePair<'a>]) -> Self {
        let (Target::Event(name) | Target::Model(name)) = &on;
        let id = alloc::format!("{}-{since}", kebab(name));
        Self { heading: Heading { on, since, from: None, id }, pairs }
    }

    /// Sets the id of the change. The default is made of the name and the version: `point-wallet-updated-9.0.0`.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.heading.id = id.into();
        self
    }

    /// Sets the version of the older samples, which is then listed in the document. Needed where `since` is older than
    /// every version that is built in.
    #[must_use]
    pub fn from(mut self, version: Version) -> Self {
        self.heading.from = Some(version);
        self
    }
}

/// `PointWalletUpdated` as `point-wallet-updated`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(character.to_lowercase());
    }
    text
}

/// An op that was inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InferredOp {
    /// The op as a registry document has it, as JSON text.
    pub json: String,
    /// What the op does, in a few words.
    pub clause: String,
    /// The number of pairs in which the op changed something.
    pub evidence: usize,
    /// The pairs that speak against the op, by their position from 0: it leads them away from their newer sample.
    pub counter_examples: Vec<usize>,
}

/// A payload change that explains samples, and how far it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inference {
    /// The ops, in the order in which they are carried out.
    pub ops: Vec<InferredOp>,
    /// The directions in which the change loses data: `none`, `up`, `down` or `both`.
    pub lossy: &'static str,
    /// What the samples do not decide: 100 doubts at most, those of ops first.
    pub doubts: Vec<InferDoubt>,
    /// The pairs whose older sample does not become the newer one.
    pub unexplained: Vec<Mismatch>,
    /// The pairs whose newer sample does not become the older one, although the engine lists no loss.
    pub not_restored: Vec<Mismatch>,
    /// The registry document: one change, or none where the samples do not differ.
    pub registry: String,
}

impl Inference {
    /// Whether the change explains every pair in both directions and nothing is in doubt. Also then it is known only
    /// for values of the kinds that the samples have.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.doubts.is_empty() && self.unexplained.is_empty() && self.not_restored.is_empty()
    }
}

/// Infers what turns the older samples into the newer ones.
///
/// ```
/// use mambo_webhooks::Version;
/// use mambo_webhooks::shim::{InferRequest, SamplePair, infer};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let pairs = [SamplePair { old: r#"{"exampleField":"a value"}"#, new: r#"{"newExampleField":"a value"}"# }];
/// let inference = infer(&InferRequest::event("PointWalletUpdated", Version::new(9, 0, 0), &pairs))?;
/// assert_eq!(inference.ops[0].json, r#"{ "op": "rename", "at": "/exampleField", "to": "newExampleField" }"#);
/// // One pair is not enough to be sure.
/// assert!(!inference.is_certain());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `samples_invalid` for a sample that is no JSON and for samples beyond the limits; `registry_invalid` for a version
/// that has none before it.
pub fn infer(request: &InferRequest<'_>) -> Result<Inference, Error> {
    check_samples(request.pairs)?;
    let pairs: Vec<(&str, &str)> = request.pairs.iter().map(|pair| (pair.old, pair.new)).collect();
    let olds: Vec<&str> = pairs.iter().map(|(old, _)| *old).collect();
    let targets: Vec<Value> = pairs.iter().map(|(_, new)| Value::read(new)).collect();
    let start = State::start(&olds, &targets);
    let found = explain(&start, &targets);
    let verdict = verify(&request.heading, &found.ops, &pairs)?;
    let mut doubts = op_doubts(&start, &found.ops, &targets);
    doubts.extend(coverage_doubts(start.samples.iter().map(|sample| &sample.value)));
    doubts.truncate(MAX_INFER_DOUBTS);
    let ops = evidence(&start, &found.ops, &targets);
    Ok(Inference {
        ops,
        lossy: lossy(&found.ops).name(),
        doubts,
        unexplained: verdict.unexplained,
        not_restored: verdict.not_restored,
        registry: request.heading.document(&found.ops),
    })
}

/// The cheapest explanation that is found. A narrow search comes first, since most changes need no more.
fn explain(start: &State, targets: &[Value]) -> State {
    const EFFORTS: [Effort; 3] = [
        Effort { beam: 2, tried: 3, with_guards: false },
        Effort { beam: 6, tried: 6, with_guards: false },
        Effort { beam: 4, tried: 4, with_guards: true },
    ];
    let mut best = start.clone();
    for (index, effort) in EFFORTS.into_iter().enumerate() {
        if index > 0 && best.is_complete() && best.ops.iter().all(|op| is_plausible(op, effort)) {
            continue;
        }
        let found = tidied(start, search(start, targets, effort), targets);
        if found.is_better_than(&best) {
            best = found;
        }
    }
    best
}

/// Whether an op needs no search for a better explanation. A long table can stand for another order of ops; ops that drop
/// or invent data can stand for ops that apply to some objects only.
fn is_plausible(op: &Op, effort: Effort) -> bool {
    match op {
        Op::MapValue { pairs, .. } => pairs.len() <= 4,
        Op::Add { .. } | Op::Remove { .. } | Op::Head { .. } => !effort.with_guards,
        _ => true,
    }
}

/// The ops with the pairs that speak for and against each of them.
fn evidence(start: &State, ops: &[Op], targets: &[Value]) -> Vec<InferredOp> {
    let mut state = start.clone();
    let mut found = Vec::new();
    for op in ops {
        let Some(next) = state.then(op, targets) else { break };
        let both = || state.samples.iter().zip(&next.samples);
        let evidence = both().filter(|(before, after)| before.value != after.value).count();
        let against = both().enumerate().filter(|(_, (before, after))| after.fault() > before.fault());
        let counter_examples = against.map(|(pair, _)| pair).collect();
        found.push(InferredOp { json: op_json(op), clause: clause(op), evidence, counter_examples });
        state = next;
    }
    found
}

fn check_samples(pairs: &[SamplePair<'_>]) -> Result<(), Error> {
    let wrong = |first: String| Err(Error::SamplesInvalid { count: ProblemCount(1), first });
    if pairs.is_empty() {
        return wrong("there is no pair".to_string());
    }
    if pairs.len() > MAX_SAMPLE_PAIRS {
        return wrong(alloc::format!("{} pairs, allowed {MAX_SAMPLE_PAIRS}", pairs.len()));
    }
    let bytes = pairs.iter().map(|pair| pair.old.len().saturating_add(pair.new.len())).fold(0, usize::saturating_add);
    if bytes > MAX_SAMPLE_BYTES {
        return wrong(alloc::format!("{bytes} bytes in all, allowed {MAX_SAMPLE_BYTES}"));
    }
    for (index, pair) in pairs.iter().enumerate() {
        for (side, text) in [("old", pair.old), ("new", pair.new)] {
            if let Err(broken) = valid(text) {
                let (line, column) = (broken.line, broken.column);
                return wrong(alloc::format!("`{side}` of pair {index} is not JSON at line {line} column {column}"));
            }
            let levels = levels(text);
            if levels > MAX_SAMPLE_LEVELS {
                return wrong(alloc::format!(
                    "`{side}` of pair {index} is nested {levels} levels deep, allowed {MAX_SAMPLE_LEVELS}"
                ));
            }
        }
    }
    Ok(())
}
