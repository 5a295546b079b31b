//! Which places a payload's changes touch: all that a host has to show of a payload that it has parsed itself.

use alloc::vec::Vec;

use super::op::Op;
use super::plan::Shims;
use crate::json::Pointer;

impl Shims {
    /// Every place that a change reads or writes in the data of any event, in either direction. `None` when some change
    /// needs more than that: the inside of a value, how a number is written, or another member's value.
    #[must_use]
    pub fn touched(&self) -> Option<Vec<Pointer>> {
        let mut touched = Vec::new();
        for op in self.ops() {
            match op {
                Op::Rename { .. } | Op::Move { .. } | Op::Add { .. } | Op::Remove { .. } | Op::MapValue { .. } => {
                    let (reads, writes) = op.places();
                    touched.extend(reads);
                    touched.extend(writes);
                }
                _ => return None,
            }
        }
        touched.sort_unstable();
        touched.dedup();
        Some(touched)
    }
}
