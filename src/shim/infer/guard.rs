//! Guards: an op that fits some objects and not others may apply only where a member of the object has one value.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::distance::distance;
use super::state::{State, carry_out};
use super::value::Value;
use crate::json::{Pointer, Segment};
use crate::shim::op::Op;

/// The most guards that are tried for one op at one holder.
const MOST_GUARDS: usize = 3;

/// The op under each `when` that would keep it from the objects which it does not fit.
pub(super) fn guarded(op: &Op, state: &State, targets: &[Value]) -> Vec<Op> {
    let (reads, writes) = op.places();
    let Some(place) = reads.first().or(writes.first()) else { return Vec::new() };
    let holder = match op {
        // Both places are inside the object that is guarded.
        Op::Move { from, to } => {
            let both = from.segments().iter().zip(to.segments());
            both.take_while(|(one, other)| one == other).count()
        }
        Op::When { .. } => return Vec::new(),
        _ => place.segments().len().saturating_sub(1),
    };
    let mut found = Vec::new();
    for length in (0..=holder).rev() {
        let Some((above, _)) = place.segments().split_at_checked(length) else { continue };
        let Some(inner) = within(op, length) else { continue };
        for (member, is) in guards(&inner, above, state, targets) {
            let at = Pointer::default().under(above);
            found.push(Op::When { at, member, is, ops: alloc::vec![inner.clone()] });
        }
    }
    found
}

/// The op with pointers that start `length` segments further in.
fn within(op: &Op, length: usize) -> Option<Op> {
    let cut = |at: &mut Pointer| {
        *at = Pointer::default().under(at.segments().get(length..)?);
        Some(())
    };
    let mut op = op.clone();
    match &mut op {
        Op::Move { from, to } => {
            cut(from)?;
            cut(to)?;
        }
        Op::Rename { at, .. }
        | Op::Add { at, .. }
        | Op::Remove { at, .. }
        | Op::Wrap { at, .. }
        | Op::Unwrap { at, .. }
        | Op::ToList { at }
        | Op::Head { at }
        | Op::MapValue { at, .. }
        | Op::Convert { at, .. }
        | Op::Split { at, .. }
        | Op::Join { at, .. }
        | Op::When { at, .. } => cut(at)?,
    }
    Some(op)
}

/// The members and values that every object has which the op brings nearer, and none which it takes further away.
fn guards(op: &Op, above: &[Segment], state: &State, targets: &[Value]) -> Vec<(String, String)> {
    // For each member and value: the objects that gain by the op, and those that lose.
    let mut found: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
    for (sample, target) in state.samples.iter().zip(targets) {
        sample.value.visit(above, &mut Vec::new(), &mut |old, path| {
            let (Value::Object(members), Some(new)) = (old, target.at(path)) else { return };
            let Some((text, losses)) = carry_out(op, &old.json()) else { return };
            let (before, after) = (distance(old, new), distance(&Value::read(&text), new));
            let gain = before - after;
            for (name, value) in members {
                if let Some(is) = value.table_entry() {
                    let (gains, harms) = found.entry((name.clone(), is)).or_default();
                    if gain > 0.0 {
                        *gains += gain;
                    } else if gain < 0.0 || !losses.is_empty() {
                        *harms += 1.0;
                    }
                }
            }
        });
    }
    let mut fitting: Vec<_> = found.into_iter().filter(|(_, (gains, harms))| *gains > 0.0 && *harms <= 0.0).collect();
    fitting.sort_by(|one, other| other.1.0.total_cmp(&one.1.0));
    fitting.into_iter().take(MOST_GUARDS).map(|(guard, _)| guard).collect()
}
