//! What the samples do not decide about an op: too few of them, values that fit by chance, or another op that explains
//! them as well.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::guard::guarded;
use super::print::{clause, name};
use super::propose::propose;
use super::state::State;
use super::value::Value;
use crate::json::{Pointer, unquoted};
use crate::limits::MAX_INFER_WORK_BYTES;
use crate::shim::convert::Conversion;
use crate::shim::op::Op;

/// The least pairs in which an op, or a kind of value at a place, must be seen.
pub(super) const LEAST_PAIRS: usize = 5;
/// The least pairs for what rests on a value that is the same in all of them.
const LEAST_PAIRS_OF_CONSTANTS: usize = 8;
/// A table with fewer pairs than this can stand for a conversion by chance.
const LEAST_TABLE: usize = 3;
/// The number of other ops of each name that are compared with an op.
const TRIED: usize = 8;

/// A question that the samples leave open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferDoubt {
    /// Stable name of the doubt.
    pub code: &'static str,
    /// JSON pointer of the place that is meant, `*` for each element.
    pub at: String,
    /// What is not known, in a sentence.
    pub sentence: String,
    /// The sample that would settle it.
    pub ask: String,
}

impl InferDoubt {
    pub(super) fn new(code: &'static str, at: &Pointer, sentence: String, ask: String) -> Self {
        Self { code, at: at.to_string(), sentence, ask }
    }
}

/// What is not known of each op.
pub(super) fn op_doubts(start: &State, ops: &[Op], targets: &[Value]) -> Vec<InferDoubt> {
    let mut found = Vec::new();
    let mut before = start.clone();
    let mut work: usize = 0;
    for op in ops {
        let Some(after) = before.then(op, targets) else { break };
        let step = Step { op, ops, before: &before, after: &after, targets };
        found.extend(step.few_pairs());
        found.extend(step.another_op(&mut work));
        found.extend(step.own_doubt(op));
        before = after;
    }
    found
}

/// An op with the samples before and after it.
struct Step<'s> {
    op: &'s Op,
    ops: &'s [Op],
    before: &'s State,
    after: &'s State,
    targets: &'s [Value],
}

/// The place in the older shape that an op is about, or in the newer one where the older has none.
pub(super) fn place_of(op: &Op) -> Pointer {
    match op {
        Op::When { at, .. } | Op::Join { at, .. } => at.clone(),
        op => {
            let (reads, writes) = op.places();
            reads.into_iter().chain(writes).next().unwrap_or_default()
        }
    }
}

impl Step<'_> {
    /// The number of pairs in which the op changes something.
    fn evidence(&self) -> usize {
        let both = self.before.samples.iter().zip(&self.after.samples);
        both.filter(|(before, after)| before.value != after.value).count()
    }

    fn few_pairs(&self) -> Option<InferDoubt> {
        let (evidence, clause) = (self.evidence(), clause(self.op));
        let shows = if evidence == 1 { "pair shows" } else { "pairs show" };
        let sentence = format!("only {evidence} {shows} that {clause}, expected at least {LEAST_PAIRS}");
        let ask = format!("more samples in which {clause}");
        (evidence < LEAST_PAIRS).then(|| InferDoubt::new("evidence_thin", &place_of(self.op), sentence, ask))
    }

    /// Another op at the same place that brings the samples as near to the newer ones.
    fn another_op(&self, work: &mut usize) -> Option<InferDoubt> {
        let tried = match self.op {
            Op::When { at, ops, .. } => match &ops[..] {
                [op] => guarded(&op.under(at.segments()), self.before, self.targets),
                _ => Vec::new(),
            },
            _ => propose(self.before, self.targets, TRIED),
        };
        for other in tried.iter().filter(|other| self.is_rival(other)) {
            if *work > MAX_INFER_WORK_BYTES {
                let sentence = "the samples are too large to try every other op".to_string();
                let ask = "fewer or smaller samples".to_string();
                return Some(InferDoubt::new("work_bound", &place_of(self.op), sentence, ask));
            }
            let Some(state) = self.before.then(other, self.targets) else { continue };
            *work = work.saturating_add(state.work);
            if state.distance() <= self.after.distance() {
                return Some(self.ambiguity(other));
            }
        }
        None
    }

    /// Whether another op at the same place is a different explanation.
    fn is_rival(&self, other: &Op) -> bool {
        let ((reads, writes), (other_reads, other_writes)) = (self.op.places(), other.places());
        let is_table = matches!(other, Op::MapValue { pairs, .. } if pairs.len() >= LEAST_TABLE);
        let is_about = reads.iter().any(|place| other_reads.contains(place))
            || writes.iter().any(|place| other_writes.contains(place));
        is_about && !is_table && !is_same_for_whole_numbers(self.op, other) && !self.ops.contains(other)
    }

    fn ambiguity(&self, other: &Op) -> InferDoubt {
        let sentence = format!("two ops fit equally well: {}, or {}", clause(self.op), clause(other));
        let ask = match (place_of(self.op), place_of(other)) {
            (one, other) if one == other => format!("a sample with another value of {}", name(&one)),
            (one, other) => format!("a sample in which {} and {} differ", name(&one), name(&other)),
        };
        InferDoubt::new("op_ambiguous", &place_of(self.op), sentence, ask)
    }

    /// The different values at a place before the op, and the number of pairs that have it.
    fn values(&self, at: &Pointer) -> (Vec<&Value>, usize) {
        different_values(self.before.samples.iter().map(|sample| &sample.value), at)
    }

    /// The different values at a place in the newer samples, and the number of pairs that have it.
    fn new_values(&self, at: &Pointer) -> (Vec<&Value>, usize) {
        different_values(self.targets.iter(), at)
    }

    /// What is not known of an op because of what it does.
    fn own_doubt(&self, op: &Op) -> Option<InferDoubt> {
        match op {
            Op::Rename { at, .. } => self.weak(at, &name(&writes(op))),
            Op::Move { from, to } => self.weak(from, &name(to)),
            Op::MapValue { at, pairs, .. } => open_table(at, pairs),
            Op::Add { at, .. } => self.weak_default(at),
            Op::Remove { at, .. } => self.weak_removal(at),
            Op::Head { at } => {
                let is_short = |value: &&Value| matches!(value, Value::List(items) if items.len() > 1);
                let ask = format!("a sample in which {} has two elements", name(at));
                let sentence =
                    format!("{} never has two elements, so another one than the first may be taken", name(at));
                let is_long = self.values(at).0.iter().any(is_short);
                (!is_long).then(|| InferDoubt::new("list_short", at, sentence, ask))
            }
            Op::ToList { at } => {
                let sentence =
                    format!("the newer lists at {} have one element at most, so nothing shows that all do", name(at));
                let ask = format!("a newer sample in which {} has two elements, if there are any", name(at));
                Some(InferDoubt::new("list_short", at, sentence, ask))
            }
            Op::Split { at, separator, into } => self.split_once(at, separator, into.len()),
            Op::When { at, member, is, .. } => self.open_guard(at, member, is),
            Op::Join { .. } | Op::Convert { .. } | Op::Wrap { .. } | Op::Unwrap { .. } => None,
        }
    }

    /// A value that is at two places by chance.
    fn weak(&self, from: &Pointer, to: &str) -> Option<InferDoubt> {
        let (different, pairs) = self.values(from);
        let is_telling = |value: &&Value| match value {
            Value::Text(text) | Value::Number(text) => text.len() > 3,
            Value::List(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => false,
        };
        let is_sure = match different.len() {
            0 | 1 => false,
            2 => pairs >= LEAST_PAIRS_OF_CONSTANTS || different.iter().any(is_telling),
            _ => true,
        };
        let count = match different.len() {
            1 => "1 value".to_string(),
            more => format!("{more} different values"),
        };
        let from_name = name(from);
        let sentence = format!("{from_name} has only {count} in the samples, so {to} may have equal values by chance");
        let ask = format!("samples in which {from_name} has other values");
        (!is_sure).then(|| InferDoubt::new("value_weak", from, sentence, ask))
    }

    fn weak_default(&self, at: &Pointer) -> Option<InferDoubt> {
        let (different, pairs) = self.new_values(at);
        let place = name(at);
        if different.len() > 1 {
            let sentence = format!("{place} differs between samples: not derivable from the older data");
            let ask = format!("the rule for {place}, or a default for it");
            return Some(InferDoubt::new("default_varies", at, sentence, ask));
        }
        let sentence = format!("{place} has the same value in {pairs} pairs and may depend on other data");
        let ask = format!("samples in which all other data differs, {LEAST_PAIRS_OF_CONSTANTS} or more");
        (pairs < LEAST_PAIRS_OF_CONSTANTS).then(|| InferDoubt::new("default_weak", at, sentence, ask))
    }

    fn weak_removal(&self, at: &Pointer) -> Option<InferDoubt> {
        let (different, pairs) = self.values(at);
        let place = name(at);
        if different.len() > 1 {
            let sentence = format!("{place} has several values, so what a reader of the older shape gets is not known");
            let ask = format!("the value that a reader of the older shape should get for {place}");
            return Some(InferDoubt::new("default_varies", at, sentence, ask));
        }
        let sentence = format!("{place} has the same value in {pairs} pairs and may have others");
        let ask = format!("samples with other values of {place}");
        (pairs < LEAST_PAIRS_OF_CONSTANTS).then(|| InferDoubt::new("default_weak", at, sentence, ask))
    }

    /// Which separator splits a text cannot be seen where each text has as few as it must have.
    fn split_once(&self, at: &Pointer, separator: &str, parts: usize) -> Option<InferDoubt> {
        let has_more = |value: &&Value| matches!(value, Value::Text(text) if text.split(separator).count() > parts);
        let is_seen = self.values(at).0.iter().any(has_more);
        let place = name(at);
        let sentence = format!("no {place} has more separators than parts need, so where the rest goes is not known");
        let ask = format!("a sample in which {place} has one separator more");
        (!is_seen).then(|| InferDoubt::new("separator_once", at, sentence, ask))
    }

    /// A guard is known only from objects that it leaves out.
    fn open_guard(&self, at: &Pointer, member: &str, is: &str) -> Option<InferDoubt> {
        let (different, _) = self.values(&Pointer::key(member).under(at.segments()));
        let others = different.iter().filter(|value| value.table_entry().is_none_or(|entry| entry != is)).count();
        let shown = unquoted(is).unwrap_or_else(|| is.into());
        let sentence = match others {
            0 => format!("no object has another {member} than {shown}"),
            1 => format!("only 1 other value of {member} than {shown} is in the samples"),
            _ => return None,
        };
        let ask = format!("samples with every other value that {member} can have");
        Some(InferDoubt::new("guard_open", at, sentence, ask))
    }
}

fn writes(op: &Op) -> Pointer {
    op.places().1.into_iter().next().unwrap_or_default()
}

/// Values that a table may lack. Only truth values are known to have no others.
fn open_table(at: &Pointer, pairs: &[(String, String)]) -> Option<InferDoubt> {
    let is_whole = ["true", "false"].iter().all(|flag| pairs.iter().any(|(old, _)| old == flag));
    let sentence = format!("the table of {} has the values of the samples only", name(at));
    let ask = format!("samples with every other value that {} can have", name(at));
    (!is_whole || pairs.len() > 2).then(|| InferDoubt::new("table_incomplete", at, sentence, ask))
}

/// Whether two conversions differ for numbers with a fraction only, which are another kind of value.
fn is_same_for_whole_numbers(one: &Op, other: &Op) -> bool {
    let (Op::Convert { conversion: one, .. }, Op::Convert { conversion: other, .. }) = (one, other) else {
        return false;
    };
    let is_plain = |conversion: &Conversion| matches!(conversion, Conversion::IntToString | Conversion::NumberToString);
    (is_plain(one) && is_plain(other)) || (is_plain(&one.invert()) && is_plain(&other.invert()))
}

fn different_values<'v>(samples: impl Iterator<Item = &'v Value>, at: &Pointer) -> (Vec<&'v Value>, usize) {
    let mut different: Vec<&Value> = Vec::new();
    let mut pairs: usize = 0;
    for sample in samples {
        let known = pairs;
        sample.visit(at.segments(), &mut Vec::new(), &mut |value, _| {
            pairs = known.saturating_add(1);
            if !different.contains(&value) {
                different.push(value);
            }
        });
    }
    (different, pairs)
}
