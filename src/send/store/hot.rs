//! Which endpoints a claim looks at first.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::time::Instant;

use super::contract::{Claim, Claimed};

/// How often a claim looks at every endpoint that has ready deliveries, at least. Those that had some and were not kept
/// back a moment ago are most likely to have more: looking at 100 that hang before each claim took a third of the speed
/// of one that works.
const FULL_LOOK: Duration = Duration::from_millis(40);
/// Full looks take no more than one part in so many of the time: they take long where a long transaction keeps old
/// rows.
const FULL_LOOK_SHARE: u32 = 10;

/// The endpoints of the last claims.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    endpoints: Vec<String>,
    next_full_look: Option<Instant>,
    after: String,
}

impl Hot {
    /// The endpoints to look at, or `None` for a full look.
    pub(crate) fn endpoints(&self) -> Option<Vec<String>> {
        (!self.endpoints.is_empty() && self.full_look_in().is_some()).then(|| self.endpoints.clone())
    }

    fn full_look_in(&self) -> Option<Duration> {
        self.next_full_look?.checked_duration_since(Instant::now())
    }

    /// Whether a look at hot endpoints is enough: it leased something, or `has_ready` says that more waits for them,
    /// which their attempts in flight make room for. The answer then asks for the next claim in time for a full look.
    pub(crate) fn is_enough(&self, claimed: &mut Claimed, has_ready: bool) -> bool {
        if claimed.claims.is_empty() && has_ready {
            let full_look_in = self.full_look_in().unwrap_or_default();
            for wait in [&mut claimed.due_in, &mut claimed.rate_in] {
                *wait = Some(wait.map_or(full_look_in, |other| other.min(full_look_in)));
            }
        }
        has_ready || !claimed.claims.is_empty()
    }

    /// The endpoint after which a full look begins, so that every endpoint gets its turn.
    pub(crate) fn after(&self) -> &str {
        &self.after
    }

    /// Remembers what a full look found that began at this time.
    pub(crate) fn found(&mut self, claims: &[Claim], began: Instant) {
        let pause = FULL_LOOK.max(began.elapsed().saturating_mul(FULL_LOOK_SHARE));
        self.next_full_look = Instant::now().checked_add(pause);
        self.endpoints = claims.iter().map(|claim| claim.endpoint.id.clone()).collect();
        self.endpoints.sort_unstable();
        self.endpoints.dedup();
        if let Some(claim) = claims.last() {
            self.after.clone_from(&claim.endpoint.id);
        }
    }
}
