//! The shortest form of a list of ops: what is not needed is left out, and guards that follow one another are one.

use alloc::vec::Vec;

use super::state::{State, is_sound};
use super::value::Value;
use crate::shim::op::Op;

/// The ops without those whose absence makes the samples no worse, and with adjacent guards joined.
pub(super) fn tidied(start: &State, found: State, targets: &[Value]) -> State {
    let mut best = found;
    let mut index = 0;
    while index < best.ops.len() {
        let without: Vec<Op> =
            best.ops.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, op)| op.clone()).collect();
        match start.after(&without, targets) {
            Some(shorter) if shorter.score() < best.score() && shorter.distance() <= best.distance() => {
                best = shorter;
                index = 0;
            }
            _ => index = index.saturating_add(1),
        }
    }
    let joined = joined(&best.ops);
    if joined.len() < best.ops.len() && is_sound(&joined) {
        if let Some(state) = start.after(&joined, targets).filter(|state| state.is_like(&best)) {
            best = state;
        }
    }
    best
}

/// The ops with each run of guards on the same value as one guard.
fn joined(ops: &[Op]) -> Vec<Op> {
    let mut joined: Vec<Op> = Vec::new();
    for op in ops {
        if let (Some(Op::When { at, member, is, ops }), Op::When { at: place, member: name, is: value, ops: more }) =
            (joined.last_mut(), op)
        {
            if (&*at, &*member, &*is) == (place, name, value) {
                ops.extend(more.iter().cloned());
                continue;
            }
        }
        joined.push(op.clone());
    }
    joined
}
