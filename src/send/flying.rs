//! Attempts under way, and those that ended and were not yet settled.

use alloc::vec::Vec;
use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};
use tracing::warn;

use super::store::{Lease, Settlement};

/// Attempts under way.
#[derive(Debug, Default)]
pub(super) struct Flying {
    attempts: JoinSet<Settlement>,
    leases: HashMap<Id, Lease>,
    ended: Vec<Settlement>,
}

impl Flying {
    /// Those that have ended.
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
        // Not made longer any more: the lease of an attempt that stopped ends, which counts as a crash of its delivery.
        self.leases.remove(&id);
        match joined {
            Ok((_, settlement)) => self.ended.push(settlement),
            Err(error) => warn!(%error, "an attempt stopped"),
        }
    }

    /// How many have not ended.
    pub(super) fn busy(&self) -> usize {
        self.attempts.len()
    }

    /// How many more there may be.
    pub(super) fn room(&self, most: usize) -> usize {
        most.saturating_sub(self.attempts.len())
    }

    pub(super) fn start(&mut self, lease: Lease, attempt: impl Future<Output = Settlement> + Send + 'static) {
        let task = self.attempts.spawn(attempt);
        self.leases.insert(task.id(), lease);
    }

    /// The leases of those that have not ended.
    pub(super) fn leases(&self) -> Vec<Lease> {
        self.leases.values().copied().collect()
    }

    /// Takes back what could not be said to the store.
    pub(super) fn put_back(&mut self, ended: &[Settlement]) {
        self.ended.extend(ended.iter().cloned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.ended.is_empty()
    }
}
