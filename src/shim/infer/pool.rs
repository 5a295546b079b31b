//! The ops that the differences suggest, each with the distance that it promises to take away.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::discriminant;

use super::print::op_json;
use crate::shim::op::Op;

/// What a value that becomes the very same counts more than one that only comes nearer.
pub(super) const EXACT: f64 = 10.0;

/// Suggested ops by their JSON text.
#[derive(Debug, Default)]
pub(super) struct Pool(BTreeMap<String, Candidate>);

#[derive(Debug)]
struct Candidate {
    op: Op,
    gain: f64,
}

impl Pool {
    /// Suggests an op, which takes away this much distance from one sample.
    pub(super) fn suggest(&mut self, op: Op, gain: f64) {
        if gain > 0.0 {
            self.0.entry(op_json(&op)).or_insert(Candidate { op, gain: 0.0 }).gain += gain;
        }
    }

    /// The most promising ops, at most so many of each name: what one op promises says little beside another one's
    /// promise.
    pub(super) fn best(self, most: usize) -> Vec<Op> {
        let mut candidates: Vec<Candidate> = self.0.into_values().collect();
        candidates.sort_by(|one, other| other.gain.total_cmp(&one.gain));
        let mut found: Vec<Op> = Vec::new();
        for Candidate { op, .. } in candidates {
            let name = discriminant(&op);
            if found.iter().filter(|other| discriminant(*other) == name).count() < most {
                found.push(op);
            }
        }
        found
    }
}
