//! Carrying out a plan on JSON text.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::op::Op;
use super::plan::Plan;
use crate::json::Tree;

/// Data in another release's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shimmed<'a, 'p> {
    /// The data: the input itself when nothing had to change.
    pub data: Cow<'a, str>,
    /// Ids of the changes that had something to change here.
    pub applied: Vec<&'p str>,
}

/// Carries out `plan` on `data`, which must be valid JSON.
#[must_use]
pub fn apply<'a, 'p>(plan: &'p Plan, data: &'a str) -> Shimmed<'a, 'p> {
    if plan.is_identity() {
        return Shimmed { data: Cow::Borrowed(data), applied: Vec::new() };
    }
    let mut tree = Tree::new(data);
    let mut applied = Vec::new();
    for step in plan.steps() {
        let mut changed = false;
        for op in &step.ops {
            changed |= carry_out(&mut tree, op);
        }
        if changed {
            applied.push(step.change.as_str());
        }
    }
    Shimmed { data: tree.finish(), applied }
}

fn carry_out(tree: &mut Tree<'_>, op: &Op) -> bool {
    match op {
        Op::Rename { at, to } => at.split_key().is_some_and(|(holder, key)| {
            tree.each_object(holder, &mut |object| object.get(to).is_none() && object.rename(key, to))
        }),
    }
}
