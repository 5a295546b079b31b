//! The heartbeat: keeps a worker's leases, takes back those that ended without a word of their worker, and sets aside
//! what waits for removed endpoints.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::warn;

use super::tell::Tell;
use crate::send::error::SendError;
use crate::send::store::{Lease, Store};
use crate::version::Version;

/// The longest time between heartbeats, which extend leases and reclaim expired ones of other workers.
const HEARTBEAT_MOST: Duration = Duration::from_secs(5);

/// The leases of the deliveries that a worker has in flight. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases(Arc<Mutex<HashSet<Lease>>>);

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashSet<Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hold(&self, lease: Lease) {
        self.lock().insert(lease);
    }

    pub(super) fn drop(&self, lease: Lease) {
        self.lock().remove(&lease);
    }
}

/// A task that extends leases, beside everything else that its worker does. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    pub(super) fn start<S: Store>(store: Arc<S>, leases: Leases, lease: Duration, server: Version, tell: Tell) -> Self {
        // A third of a lease, so that one heartbeat that fails costs none.
        let pause = lease.checked_div(3).unwrap_or(lease).min(HEARTBEAT_MOST);
        Self(tokio::spawn(async move {
            loop {
                sleep(pause).await;
                if let Err(error) = renew(&*store, &leases, lease, server, &tell).await {
                    warn!(code = error.code(), %error, "leases could not be extended");
                    tell.metrics.store_failed();
                }
            }
        }))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn renew<S: Store>(
    store: &S,
    leases: &Leases,
    lease: Duration,
    server: Version,
    tell: &Tell,
) -> Result<(), SendError> {
    let held: Vec<Lease> = leases.lock().iter().copied().collect();
    let extend = async {
        if held.is_empty() {
            return Ok(Vec::new());
        }
        store.extend(held, lease).await
    };
    let (extended, reclaimed, abandoned) = tokio::join!(extend, store.reclaim_expired(server), store.abandon());
    if let Ok(reclaimed) = &reclaimed {
        tell.notices(&reclaimed.notices);
    }
    extended.and(reclaimed.map(drop)).and(abandoned.map(drop))
}
