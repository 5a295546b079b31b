//! Attempts in flight, and those that ended and were not yet settled.

use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tracing::warn;

use super::heartbeat::Leases;
use crate::send::store::{Capacity, Claim, Lease, Settlement};

/// What an attempt takes of the worker's capacity.
#[derive(Clone, Copy, Debug)]
struct Taken {
    lease: Lease,
    is_slow: bool,
    bytes: usize,
    started: Instant,
}

/// Attempts in flight.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    attempts: JoinSet<Settlement>,
    taken: HashMap<Id, Taken>,
    leases: Leases,
    slow: usize,
    bytes: usize,
    ended: Vec<Settlement>,
}

impl InFlight {
    /// The attempts that have ended.
    pub(super) fn ended(&mut self) -> Vec<Settlement> {
        while let Some(joined) = self.attempts.try_join_next_with_id() {
            self.end(joined);
        }
        core::mem::take(&mut self.ended)
    }

    /// Waits until one has ended; for ever when there is none.
    pub(super) async fn any(&mut self) {
        if !self.ended.is_empty() {
            return;
        }
        match self.attempts.join_next_with_id().await {
            Some(joined) => self.end(joined),
            None => core::future::pending().await,
        }
    }

    fn end(&mut self, joined: Result<(Id, Settlement), JoinError>) {
        let id = match &joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        // The lease is no longer extended: that of a panicked attempt expires and counts as a crash of its delivery.
        if let Some(Taken { lease, is_slow, bytes, .. }) = self.taken.remove(&id) {
            self.leases.drop(lease);
            self.slow = self.slow.saturating_sub(usize::from(is_slow));
            self.bytes = self.bytes.saturating_sub(bytes);
        }
        match joined {
            Ok((_, settlement)) => self.ended.push(settlement),
            Err(error) => warn!(%error, "an attempt stopped"),
        }
    }

    /// How many have not ended.
    pub(super) fn count(&self) -> usize {
        self.attempts.len()
    }

    /// Returns whether `count` attempts in flight started within `within`: hanging attempts make no worker busy.
    pub(super) fn is_busy(&self, count: usize, within: Duration) -> bool {
        self.attempts.len() >= count
            && self.taken.values().filter(|taken| taken.started.elapsed() < within).count() >= count
    }

    /// What of a worker's capacity is left.
    pub(super) fn left(&self, most: Capacity) -> Capacity {
        Capacity {
            deliveries: most.deliveries.saturating_sub(self.attempts.len()),
            slow: most.slow.saturating_sub(self.slow),
            bytes: most.bytes.saturating_sub(self.bytes),
        }
    }

    pub(super) fn start(&mut self, claim: &Claim, attempt: impl Future<Output = Settlement> + Send + 'static) {
        let task = self.attempts.spawn(attempt);
        let taken = Taken {
            lease: claim.lease,
            is_slow: claim.is_slow,
            bytes: claim.event.data.len(),
            started: Instant::now(),
        };
        self.slow = self.slow.saturating_add(usize::from(taken.is_slow));
        self.bytes = self.bytes.saturating_add(taken.bytes);
        self.leases.hold(taken.lease);
        self.taken.insert(task.id(), taken);
    }

    /// Returns a live view of the leases of attempts that have not ended.
    pub(super) fn leases(&self) -> Leases {
        self.leases.clone()
    }

    /// Takes back what could not be recorded in the store.
    pub(super) fn put_back(&mut self, ended: &[Settlement]) {
        self.ended.extend(ended.iter().cloned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.ended.is_empty()
    }
}
