//! What the samples do not show at all: places that are seldom there, and values that are always the same. An op that
//! changes such a place would not be seen.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::doubt::{InferDoubt, LEAST_PAIRS};
use super::print::name;
use super::value::{Step, Value, pattern};
use crate::json::Pointer;

/// What is seen at a place as one type of value.
#[derive(Debug, Default)]
struct Seen {
    /// The number of pairs.
    pairs: usize,
    /// The pair in which it was seen last.
    last: Option<usize>,
    /// The number of pairs with each value, for scalars that are few.
    values: BTreeMap<String, usize>,
    /// Whether there are several scalars, or containers with something in them.
    is_varied: bool,
}

/// The most values of a place that are told apart: a place with more of them has any value.
const MOST_VALUES: usize = 16;

impl Seen {
    /// A value that only one pair has, at a place with few values that repeat in the other pairs: there may be more.
    fn has_rare_value(&self) -> bool {
        let are_few =
            self.is_varied && self.values.len() < MOST_VALUES && self.values.len().saturating_mul(4) <= self.pairs;
        are_few && self.values.values().any(|pairs| *pairs == 1)
    }
}

type Places = BTreeMap<Pointer, BTreeMap<&'static str, Seen>>;

/// The places of the older samples at which a change would not be seen.
pub(super) fn coverage_doubts<'v>(olds: impl Iterator<Item = &'v Value>) -> Vec<InferDoubt> {
    let mut places = Places::new();
    let mut total: usize = 0;
    for (pair, old) in olds.enumerate() {
        total = total.saturating_add(1);
        look(old, pair, &mut Vec::new(), &mut places);
    }
    let mut found = Vec::new();
    for (at, kinds) in &places {
        let place = name(at);
        for (kind, Seen { pairs, .. }) in kinds.iter().filter(|(_, seen)| seen.pairs < LEAST_PAIRS) {
            let have = if *pairs == 1 { "pair has" } else { "pairs have" };
            let sentence = format!("only {pairs} {have} {place} as {kind}, expected at least {LEAST_PAIRS}");
            let ask = format!("more samples in which {place} is {kind}");
            found.push(InferDoubt::new("place_rare", at, sentence, ask));
        }
        let mut doubt = |code, sentence: String, ask: String| found.push(InferDoubt::new(code, at, sentence, ask));
        for (kind, _) in kinds.iter().filter(|(_, seen)| seen.pairs >= LEAST_PAIRS && !seen.is_varied) {
            match (*kind, kinds.len()) {
                (Value::NULL, 1) => doubt(
                    "value_null",
                    format!("{place} is null in all samples"),
                    format!("a sample in which {place} has a value"),
                ),
                (Value::NULL, _) => {}
                (Value::LIST | Value::OBJECT, _) => doubt(
                    "value_empty",
                    format!("{place} is empty in all samples"),
                    format!("a sample in which {place} is not empty"),
                ),
                (kind, _) => doubt(
                    "value_constant",
                    format!("{place} has one value in all samples that have it as {kind}"),
                    format!("a sample with another value of {place}"),
                ),
            }
        }
        for (_, seen) in kinds.iter().filter(|(_, seen)| seen.has_rare_value()) {
            let values = seen.values.len();
            let sentence = format!("{place} has {values} values, one of them in 1 pair only, so there may be others");
            found.push(InferDoubt::new("value_rare", at, sentence, format!("samples with every value of {place}")));
        }
    }
    found
}

fn look<'v>(value: &'v Value, pair: usize, path: &mut Vec<Step<'v>>, places: &mut Places) {
    let at = Pointer::default().under(&pattern(path));
    let seen = places.entry(at).or_default().entry(value.kind()).or_default();
    if seen.last != Some(pair) {
        seen.last = Some(pair);
        seen.pairs = seen.pairs.saturating_add(1);
    }
    match value {
        Value::Object(members) => {
            seen.is_varied |= !members.is_empty();
            for (name, value) in members {
                path.push(Step::Key(name));
                look(value, pair, path, places);
                path.pop();
            }
        }
        Value::List(items) => {
            seen.is_varied |= !items.is_empty();
            for (index, value) in items.iter().enumerate() {
                path.push(Step::Index(index));
                look(value, pair, path, places);
                path.pop();
            }
        }
        scalar => {
            if seen.values.len() < MOST_VALUES {
                let times = seen.values.entry(scalar.json()).or_default();
                *times = times.saturating_add(1);
            }
            seen.is_varied = seen.values.len() > 1;
        }
    }
}
