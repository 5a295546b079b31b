//! Carrying out a plan on JSON text.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::edit::edit;
use super::loss::{Loss, LossKind, Run, Strictness};
use super::plan::{Plan, Step};
use crate::error::Error;
use crate::json::{Node, Path};
use crate::redact::Bytes;

/// Data in another version's shape.
#[derive(Clone, PartialEq, Eq)]
pub struct Shimmed<'a, 'p> {
    /// The data: the input itself when nothing had to change.
    pub data: Cow<'a, str>,
    /// Ids of the changes that had something to change here.
    pub applied: Vec<&'p str>,
    /// What the new shape could not hold.
    pub losses: Vec<Loss>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for Shimmed<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shimmed")
            .field("data", &Bytes(self.data.len()))
            .field("applied", &self.applied)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

/// Carries out `plan` on `data`, which must be valid JSON.
///
/// # Errors
/// `shim_conflict` under the strict policy.
pub fn apply<'a, 'p>(plan: Plan<'p>, data: &'a str, strictness: Strictness) -> Result<Shimmed<'a, 'p>, Error> {
    apply_to(plan, Node::new(data.trim_ascii()), data, strictness)
}

/// Like [`apply`], on `node`: `data` as a tree that may be partly parsed.
pub(crate) fn apply_to<'a, 'p>(
    plan: Plan<'p>,
    node: Node<'a>,
    data: &'a str,
    strictness: Strictness,
) -> Result<Shimmed<'a, 'p>, Error> {
    let mut applied = Vec::new();
    if plan.is_identity() {
        return Ok(Shimmed { data: Cow::Borrowed(data), applied, losses: Vec::new() });
    }
    let mut node = node;
    let mut run = Run { is_up: plan.is_up(), strictness, change: String::new(), losses: Vec::new(), error: None };
    for step in plan.in_order() {
        run.change.clone_from(&step.change);
        // The pointers in `step.deeper` describe the older shape.
        if run.is_up {
            find_deeper(&mut node, step, &mut run);
        }
        let ops = if run.is_up { &step.up } else { &step.down };
        let changed =
            ops.iter().fold(false, |changed, op| edit(&mut node, op, &mut Path::default(), &mut run) | changed);
        if !run.is_up {
            find_deeper(&mut node, step, &mut run);
        }
        if let Some(error) = run.error {
            return Err(error);
        }
        if changed && !applied.contains(&step.change.as_str()) {
            applied.push(&step.change);
        }
    }
    let data = if applied.is_empty() {
        Cow::Borrowed(data)
    } else {
        let mut text = String::with_capacity(data.len().saturating_add(64));
        node.print(&mut text);
        Cow::Owned(text)
    };
    Ok(Shimmed { data, applied, losses: run.losses })
}

/// Lists the values that stand deeper in their own model than changes are followed.
fn find_deeper<'p>(node: &mut Node<'_>, step: &'p Step, run: &mut Run) {
    for place in &step.deeper {
        node.visit(place.segments(), &mut Path::<'p>::default(), &mut |_, at| {
            run.conflict(LossKind::TooDeep, at, "", "a model within itself goes deeper than changes are followed");
            false
        });
    }
}
