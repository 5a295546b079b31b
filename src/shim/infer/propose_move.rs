//! Suggests moves: a value that is somewhere else in the newer sample.

use super::aligned::{Loose, loose};
use super::distance::distance;
use super::pool::{EXACT, Pool};
use super::value::{Step, Value, pattern};
use crate::json::Pointer;
use crate::shim::op::Op;

/// The most members of one sample that are looked at as the source of a move, or as its target.
const MOST_LOOSE: usize = 40;
/// The weight up to which values that are not the same are compared: larger ones move as they are.
const MOST_COMPARED: f64 = 300.0;

pub(super) fn propose_moves(old: &Value, new: &Value, pool: &mut Pool) {
    let sources = loose(old, new, MOST_LOOSE);
    let targets = loose(new, old, MOST_LOOSE);
    for target in targets.iter().filter(|target| target.is_alone) {
        for source in &sources {
            let distance = if source.value == target.value {
                -EXACT
            } else if target.weight.max(source.weight) < MOST_COMPARED {
                distance(source.value, target.value)
            } else {
                continue;
            };
            if can_move(source, target) {
                let from = Pointer::default().under(&pattern(&source.path));
                let to = Pointer::default().under(&pattern(&target.path));
                // A value that is at both places may be there by chance, or be moved away later.
                let source = if source.is_alone { source.weight } else { 0.0 };
                pool.suggest(Op::Move { from, to }, source + target.weight - distance);
            }
        }
    }
}

/// Whether both are members within the same elements of lists, and neither holds the other. Members of one object are
/// renamed instead.
fn can_move(source: &Loose<'_>, target: &Loose<'_>) -> bool {
    let (from, to) = (&source.path[..], &target.path[..]);
    let elements = |path: &[Step<'_>]| path.iter().rposition(|step| matches!(step, Step::Index(_)));
    let shared = |path: &[Step<'_>]| elements(path).map_or(0, |last| last.saturating_add(1));
    let holder = |path: &[Step<'_>]| path.len().saturating_sub(1);
    shared(from) == shared(to)
        && from.get(..shared(from)) == to.get(..shared(to))
        && from.get(..holder(from)) != to.get(..holder(to))
        && !from.starts_with(to)
        && !to.starts_with(from)
}
