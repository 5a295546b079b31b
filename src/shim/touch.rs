//! Which places a payload's changes touch: all that a host has to show of a payload that it has parsed itself.

use alloc::vec::Vec;

use super::op::Op;
use super::plan::Shims;
use crate::json::Pointer;

impl Shims {
    /// Every place that a change reads or writes in the data of any event, in either direction, and whether the values
    /// there may be compared, or looked into, and not only moved. `None` when some change needs more than that: how a
    /// number is written, or another member's value.
    #[must_use]
    pub fn touched(&self) -> Option<(Vec<Pointer>, bool)> {
        let mut touched: Vec<Pointer> = Vec::new();
        let mut is_compared = false;
        for op in self.ops() {
            match op {
                Op::Rename { .. } | Op::Move { .. } => {}
                Op::Add { .. } | Op::Remove { .. } | Op::MapValue { .. } => is_compared = true,
                _ => return None,
            }
            let (reads, writes) = op.places();
            for place in reads.into_iter().chain(writes) {
                if let Err(at) = touched.binary_search(&place) {
                    touched.insert(at, place);
                }
            }
        }
        // In their order, a place stands right before those inside of it.
        let holds = |pair: &[Pointer]| matches!(pair, [outer, inner] if outer.holds(inner));
        is_compared |= touched.windows(2).any(holds);
        Some((touched, is_compared))
    }
}
