//! The search for the cheapest list of ops that explains all samples: the best few lists at a time, each made longer
//! by one op, until none gets better.

use alloc::vec::Vec;

use super::guard::guarded;
use super::propose::propose;
use super::state::State;
use super::value::Value;
use crate::limits::{MAX_INFER_WORK_BYTES, MAX_INFERRED_OPS};

/// How wide the search is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// The number of lists of ops that are kept.
    pub(super) beam: usize,
    /// The number of ops of each name that are tried after each of them.
    pub(super) tried: usize,
    /// Whether ops that help some objects and harm others are tried under a `when`.
    pub(super) with_guards: bool,
}

/// The best list of ops that was found, with what it makes of the samples.
pub(super) fn search(start: &State, targets: &[Value], effort: Effort) -> State {
    let mut best = start.clone();
    let mut beam = alloc::vec![start.clone()];
    let mut work: usize = 0;
    for _ in 0..MAX_INFERRED_OPS {
        let mut next: Vec<(f64, State)> = Vec::new();
        for state in &beam {
            for child in children(state, targets, effort, &mut work) {
                let score = child.score();
                let is_new = !next.iter().any(|(other, known)| (other - score).abs() < 0.01 && known.is_like(&child));
                if is_new {
                    next.push((score, child));
                }
            }
        }
        next.sort_by(|one, other| one.0.total_cmp(&other.0));
        next.truncate(effort.beam);
        let Some((_, first)) = next.first() else { break };
        if first.is_better_than(&best) {
            best = first.clone();
        }
        // A list that is not complete yet can still become cheaper than a complete one.
        let bound = if best.is_complete() { best.score() } else { f64::INFINITY };
        beam = next
            .into_iter()
            .map(|(_, state)| state)
            .filter(|state| !state.is_complete() && spent(state) < bound)
            .collect();
    }
    best
}

/// What the ops of a state cost so far, without the distance that is left.
fn spent(state: &State) -> f64 {
    state.score() - state.distance()
}

/// The states after one more op that bring the samples nearer.
fn children(state: &State, targets: &[Value], effort: Effort, work: &mut usize) -> Vec<State> {
    let before = state.distance();
    // Comparing samples costs about as much as carrying out this many ops on them.
    *work = work.saturating_add(state.bytes().saturating_mul(16));
    let mut found = Vec::new();
    for op in propose(state, targets, effort.tried) {
        if *work > MAX_INFER_WORK_BYTES {
            break;
        }
        let Some(child) = state.then(&op, targets) else { continue };
        *work = work.saturating_add(child.work);
        let harms = child.samples.iter().zip(&state.samples).any(|(after, before)| after.fault() > before.fault());
        if effort.with_guards && harms {
            *work = work.saturating_add(state.bytes());
            found.extend(guarded(&op, state, targets).iter().filter_map(|op| state.then(op, targets)));
        }
        found.push(child);
    }
    found.retain(|child| child.distance() < before);
    found
}
