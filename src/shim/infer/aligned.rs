//! The places where two shapes differ: pairs of values that have the same path in the older and the newer sample.

use alloc::vec::Vec;

use super::distance::weight;
use super::value::{Step, Value};

/// Two different values at the same path.
#[derive(Debug)]
pub(super) struct Aligned<'v> {
    pub(super) path: Vec<Step<'v>>,
    pub(super) old: &'v Value,
    pub(super) new: &'v Value,
}

/// A value that only one of the two shapes has at its path, or that differs there.
#[derive(Debug)]
pub(super) struct Loose<'v> {
    pub(super) path: Vec<Step<'v>>,
    pub(super) value: &'v Value,
    /// Whether the other shape has nothing at the path.
    pub(super) is_alone: bool,
    /// What it would cost to add or drop the value.
    pub(super) weight: f64,
}

/// Every pair of different values, from the outside in.
pub(super) fn aligned<'v>(old: &'v Value, new: &'v Value) -> Vec<Aligned<'v>> {
    let mut found = Vec::new();
    align(old, new, &mut Vec::new(), &mut found);
    found
}

fn align<'v>(old: &'v Value, new: &'v Value, path: &mut Vec<Step<'v>>, found: &mut Vec<Aligned<'v>>) {
    if old == new {
        return;
    }
    found.push(Aligned { path: path.clone(), old, new });
    match (old, new) {
        (Value::Object(olds), Value::Object(news)) => {
            for (name, old) in olds {
                if let Some(new) = news.get(name) {
                    path.push(Step::Key(name));
                    align(old, new, path, found);
                    path.pop();
                }
            }
        }
        (Value::List(olds), Value::List(news)) => {
            for (index, (old, new)) in olds.iter().zip(news).enumerate() {
                path.push(Step::Index(index));
                align(old, new, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The members of `value` that `other` lacks or has with other values, and those inside them.
pub(super) fn loose<'v>(value: &'v Value, other: &Value, most: usize) -> Vec<Loose<'v>> {
    let mut found = Vec::new();
    gather(value, Some(other), &mut Vec::new(), &mut found, most);
    found
}

fn gather<'v>(
    value: &'v Value,
    other: Option<&Value>,
    path: &mut Vec<Step<'v>>,
    found: &mut Vec<Loose<'v>>,
    most: usize,
) {
    if other == Some(value) || found.len() >= most {
        return;
    }
    if matches!(path.last(), Some(Step::Key(_))) {
        found.push(Loose { path: path.clone(), value, is_alone: other.is_none(), weight: weight(value) });
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                path.push(Step::Key(name));
                gather(value, other.and_then(|other| other.member(name)), path, found, most);
                path.pop();
            }
        }
        Value::List(items) => {
            for (index, value) in items.iter().enumerate() {
                path.push(Step::Index(index));
                gather(value, other.and_then(|other| other.at(&[Step::Index(index)])), path, found, most);
                path.pop();
            }
        }
        _ => {}
    }
}
