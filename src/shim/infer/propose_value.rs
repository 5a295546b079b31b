//! Suggests ops that change a value in its place.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::aligned::{Aligned, aligned};
use super::distance::{conversions, distance, weight};
use super::pool::Pool;
use super::state::State;
use super::value::{Value, pattern};
use crate::json::Pointer;
use crate::shim::op::{Op, Other};

/// The most pairs in one table: beyond, values are unlikely to have been mapped one by one.
const MOST_PAIRS: usize = 64;
/// The most members of an object that are tried as the one that holds a wrapped value.
const MOST_KEYS: usize = 16;
/// The least values that become the same one before all values outside a table are taken to become it.
const LEAST_OTHERS: usize = 4;

pub(super) fn propose_values(pair: &Aligned<'_>, pool: &mut Pool) {
    let (old, new) = (pair.old, pair.new);
    let at = Pointer::default().under(&pattern(&pair.path));
    let before = distance(old, new);
    for conversion in conversions(old, new) {
        pool.suggest(Op::Convert { at: at.clone(), conversion }, before);
    }
    if let Value::Object(news) = new {
        let all: f64 = news.values().map(weight).sum();
        for (key, inner) in news.iter().take(MOST_KEYS) {
            let after = distance(old, inner) + all - weight(inner);
            pool.suggest(Op::Wrap { at: at.clone(), key: key.clone() }, before - after);
        }
    }
    if let Value::Object(olds) = old {
        for (key, inner) in olds.iter().take(MOST_KEYS) {
            pool.suggest(Op::Unwrap { at: at.clone(), key: key.clone() }, before - distance(inner, new));
        }
    }
    match (old, new) {
        (old, Value::List(news)) if news.len() <= 1 => {
            let after = news.first().map_or_else(|| distance(old, &Value::Null), |new| distance(old, new));
            pool.suggest(Op::ToList { at }, before - after);
        }
        (Value::List(olds), new) => {
            let after = olds.first().map_or_else(|| distance(&Value::Null, new), |old| distance(old, new));
            pool.suggest(Op::Head { at }, before - after);
        }
        _ => {}
    }
}

/// Suggests a table for each place where scalars become other ones.
pub(super) fn propose_tables(state: &State, targets: &[Value], pool: &mut Pool) {
    let mut tables: BTreeMap<Pointer, BTreeMap<(String, String), f64>> = BTreeMap::new();
    let pairs = || state.samples.iter().zip(targets).filter(|(sample, _)| sample.distance > 0.0);
    for (sample, new) in pairs() {
        for pair in aligned(&sample.value, new) {
            if let (Some(old), Some(new)) = (pair.old.table_entry(), pair.new.table_entry()) {
                let table = tables.entry(Pointer::default().under(&pattern(&pair.path))).or_default();
                *table.entry((old, new)).or_default() += distance(pair.old, pair.new);
            }
        }
    }
    for (at, table) in tables {
        // Of several new values of one old value, the most frequent.
        let mut entries: Vec<((String, String), f64)> = table.into_iter().collect();
        entries.sort_by(|one, other| other.1.total_cmp(&one.1));
        let mut gain = 0.0;
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (pair, found) in entries {
            if pairs.len() < MOST_PAIRS && !pairs.iter().any(|(old, _)| *old == pair.0) {
                gain += found;
                pairs.push(pair);
            }
        }
        pairs.sort();
        if let Some(op) = with_other(&at, &pairs) {
            pool.suggest(op, gain);
        }
        pool.suggest(Op::MapValue { at, pairs, up_other: Other::Keep, down_other: Other::Keep }, gain);
    }
}

/// Writes a table as one whose other values all become the same, if many of its values do.
fn with_other(at: &Pointer, pairs: &[(String, String)]) -> Option<Op> {
    let count = |value: &str| pairs.iter().filter(|(_, new)| new == value).count();
    let (_, to) = pairs.iter().max_by_key(|(_, new)| count(new)).filter(|(_, new)| count(new) >= LEAST_OTHERS)?;
    let mut kept: Vec<(String, String)> = pairs.iter().filter(|(_, new)| new != to).cloned().collect();
    if kept.is_empty() {
        kept.extend(pairs.first().cloned());
    }
    let (up_other, down_other) = (Other::To(to.clone()), Other::Keep);
    Some(Op::MapValue { at: at.clone(), pairs: kept, up_other, down_other })
}
