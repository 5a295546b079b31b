//! Which endpoints a claim looks at first.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::time::Instant;

use super::store::{Claim, Claimed};

/// How often a claim looks at every endpoint that has ready deliveries, at least. Those that had some and were not kept
/// back a moment ago are most likely to have more: looking at 100 that hang before each claim took a quarter of the speed
/// of one that works.
const FULL_LOOK: Duration = Duration::from_millis(40);

/// The endpoints of the last claims.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    endpoints: Vec<String>,
    full_look: Option<Instant>,
    after: String,
}

impl Hot {
    /// The endpoints to look at, or `None` for a full look.
    pub(crate) fn endpoints(&self) -> Option<Vec<String>> {
        (!self.endpoints.is_empty() && self.full_look_in().is_some()).then(|| self.endpoints.clone())
    }

    fn full_look_in(&self) -> Option<Duration> {
        FULL_LOOK.checked_sub(self.full_look?.elapsed())
    }

    /// Whether a look at hot endpoints is enough: it leased something, or `has_ready` says that more waits for them, which
    /// their attempts in flight make room for. The answer then asks for the next claim in time for a full look.
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

    /// Remembers what a full look found.
    pub(crate) fn found(&mut self, claims: &[Claim]) {
        self.full_look = Some(Instant::now());
        self.endpoints = claims.iter().map(|claim| claim.endpoint.id.clone()).collect();
        self.endpoints.sort_unstable();
        self.endpoints.dedup();
        if let Some(claim) = claims.last() {
            self.after.clone_from(&claim.endpoint.id);
        }
    }
}
