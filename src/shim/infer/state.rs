//! The samples as a list of ops leaves them, by the real engine, and how far they are from the newer ones.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::distance::distance;
use super::value::Value;
use crate::json::{Node, Path, Problems};
use crate::shim::check::check_ops;
use crate::shim::convert::Conversion;
use crate::shim::edit::edit;
use crate::shim::loss::{Loss, LossKind, Run, Strictness};
use crate::shim::op::{Lossy, Op};
use crate::shim::presence::Presence;
use crate::version::Version;

/// A loss which says that a payload does not have the older shape: samples are assumed to have it.
const MISFIT: f64 = 4.0;
/// A loss that any payload can have.
const LOSS: f64 = 1.0;

/// An older sample on its way to the newer shape.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) text: String,
    pub(super) value: Value,
    /// How far it is from the newer sample.
    pub(super) distance: f64,
    /// What the losses of the ops so far count.
    penalty: f64,
}

/// A list of ops and what it makes of all samples.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) ops: Vec<Op>,
    pub(super) samples: Vec<Rc<Sample>>,
    /// The bytes of the samples that the last op was carried out on.
    pub(super) work: usize,
}

/// What an op makes of JSON text; `None` if it changes nothing and loses nothing.
pub(super) fn carry_out(op: &Op, text: &str) -> Option<(String, Vec<Loss>)> {
    let mut node = Node::new(text);
    let mut run =
        Run { is_up: true, strictness: Strictness::Lenient, change: String::new(), losses: Vec::new(), error: None };
    let changed = edit(&mut node, op, &mut Path::default(), &mut run);
    (changed || !run.losses.is_empty()).then(|| (node.text().into_owned(), run.losses))
}

impl Sample {
    fn new(text: String, target: &Value, penalty: f64) -> Self {
        let value = Value::read(&text);
        let distance = distance(&value, target);
        Self { text, value, distance, penalty }
    }

    /// What is still wrong with the sample.
    pub(super) fn fault(&self) -> f64 {
        self.distance + self.penalty
    }
}

impl State {
    /// The samples as they came.
    pub(super) fn start(olds: &[&str], targets: &[Value]) -> Self {
        let samples = olds.iter().zip(targets);
        let samples = samples.map(|(old, new)| Rc::new(Sample::new(old.trim_ascii().into(), new, 0.0)));
        Self { ops: Vec::new(), samples: samples.collect(), work: 0 }
    }

    /// The state after one more op, if a registry can hold it behind those before.
    pub(super) fn then(&self, op: &Op, targets: &[Value]) -> Option<Self> {
        let ops: Vec<Op> = self.ops.iter().chain([op]).cloned().collect();
        if !is_sound(&ops) {
            return None;
        }
        let (reads, writes) = op.places();
        let touches = |sample: &Sample| {
            op.is_guarded() || reads.iter().chain(&writes).any(|place| is_near(&sample.value, place.segments(), op))
        };
        let mut work: usize = 0;
        let samples = self.samples.iter().zip(targets).map(|(sample, target)| {
            let touched = Some(sample).filter(|sample| touches(sample));
            work = work.saturating_add(touched.map_or(0, |sample| sample.text.len()));
            let carried = touched.and_then(|sample| carry_out(op, &sample.text));
            carried.map_or_else(
                || Rc::clone(sample),
                |(text, losses)| {
                    let penalty = losses.iter().map(|loss| penalty(loss.kind)).sum::<f64>();
                    Rc::new(Sample::new(text, target, sample.penalty + penalty))
                },
            )
        });
        let samples = samples.collect();
        Some(Self { ops, samples, work })
    }

    /// The state after several more ops.
    pub(super) fn after(&self, ops: &[Op], targets: &[Value]) -> Option<Self> {
        ops.iter().try_fold(self.clone(), |state, op| state.then(op, targets))
    }

    /// How far all samples are from the newer ones.
    pub(super) fn distance(&self) -> f64 {
        self.samples.iter().map(|sample| sample.distance).sum()
    }

    /// The bytes of all samples.
    pub(super) fn bytes(&self) -> usize {
        self.samples.iter().map(|sample| sample.text.len()).fold(0, usize::saturating_add)
    }

    /// Whether every sample became its newer one.
    pub(super) fn is_complete(&self) -> bool {
        self.samples.iter().all(|sample| sample.distance <= 0.0)
    }

    /// What the state is worth: the distance, the losses and the ops together; less is better.
    pub(super) fn score(&self) -> f64 {
        let faults: f64 = self.samples.iter().map(|sample| sample.fault()).sum();
        faults + self.ops.iter().map(cost).sum::<f64>()
    }

    /// Whether this state explains more, or as much at a lower cost.
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        match (self.is_complete(), other.is_complete()) {
            (true, false) => true,
            (false, true) => false,
            _ => self.score() < other.score(),
        }
    }

    /// Whether two states are the same by what became of the samples.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let mut both = self.samples.iter().zip(&other.samples);
        both.all(|(one, other)| Rc::ptr_eq(one, other) || one.value == other.value)
    }
}

/// Whether an op could change the value or lose something of it. An added member needs only its holder.
fn is_near(value: &Value, place: &[crate::json::Segment], op: &Op) -> bool {
    match (op, place.split_last()) {
        (Op::Add { .. }, Some((_, holder))) => value.has(holder),
        _ => value.has(place),
    }
}

fn penalty(kind: LossKind) -> f64 {
    match kind {
        LossKind::BothPresent | LossKind::NameTaken | LossKind::Unfit | LossKind::TooDeep => MISFIT,
        _ => LOSS,
    }
}

/// What an op costs: of two explanations, the cheaper one is more plausible.
pub(super) fn cost(op: &Op) -> f64 {
    match op {
        // A number of the older shape has one canonical spelling most of the time.
        Op::Convert { conversion: Conversion::NumberToString | Conversion::StringToNumber, .. } => 4.5,
        Op::Rename { .. } | Op::Wrap { .. } | Op::Unwrap { .. } | Op::Convert { .. } => 4.0,
        Op::Move { from, to } => {
            let segments = from.segments().iter().chain(to.segments());
            5.0 + segments.map(|_| 0.2).sum::<f64>()
        }
        Op::MapValue { pairs, .. } => 4.0 + pairs.iter().map(|_| 2.0).sum::<f64>() + lossy_cost(op.lossy()),
        Op::Split { into: names, .. } | Op::Join { from: names, .. } => 3.0 + names.iter().map(|_| 1.0).sum::<f64>(),
        Op::ToList { .. } | Op::Head { .. } => 5.0,
        Op::Add { .. } | Op::Remove { .. } => 8.0,
        Op::When { ops, .. } => 6.0 + ops.iter().map(cost).sum::<f64>(),
    }
}

fn lossy_cost(lossy: Lossy) -> f64 {
    if lossy.up || lossy.down { 4.0 } else { 0.0 }
}

/// Whether a registry can hold the ops in this order: the checks of a document, before there is one.
pub(super) fn is_sound(ops: &[Op]) -> bool {
    let mut problems = Problems::default();
    check_ops(ops, "", &mut problems);
    (ops.is_empty() || problems.list().is_empty())
        && can_follow(ops.iter().cloned())
        && can_follow(ops.iter().rev().map(Op::invert))
}

/// Whether each op can follow those before it.
fn can_follow(mut ops: impl Iterator<Item = Op>) -> bool {
    let mut shape = Presence::default();
    shape.since = Some(Version::new(1, 0, 0));
    ops.all(|op| shape.follow(&op).is_ok())
}

impl Op {
    fn is_guarded(&self) -> bool {
        matches!(self, Self::When { .. })
    }
}
