//! Which endpoints a claim looks at first.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::time::Instant;

use super::contract::{Claim, Claimed};
use crate::send::tenant::{EndpointKey, Tenant};

/// The pause between full looks, at every endpoint with ready deliveries. Those that had some and were not held
/// back a moment ago most likely have more: looking at 100 hanging endpoints before each claim cost a working endpoint
/// a third of its speed.
const FULL_LOOK: Duration = Duration::from_millis(40);
/// Full looks take at most 1 / `FULL_LOOK_SHARE` of the time: they are slow where a long transaction keeps old
/// rows.
const FULL_LOOK_SHARE: u32 = 10;

/// The endpoints of the last claims.
#[derive(Debug, Default)]
pub(crate) struct Hot {
    endpoints: Vec<EndpointKey>,
    next_full_look: Option<Instant>,
    /// Where the next full look begins: at which tenant, and behind which endpoint of each.
    after: String,
    after_of: BTreeMap<Tenant, EndpointKey>,
}

impl Hot {
    /// The endpoints to look at, or `None` for a full look.
    pub(crate) fn endpoints(&self) -> Option<Vec<EndpointKey>> {
        (!self.endpoints.is_empty() && self.full_look_in().is_some()).then(|| self.endpoints.clone())
    }

    fn full_look_in(&self) -> Option<Duration> {
        self.next_full_look?.checked_duration_since(Instant::now())
    }

    /// Returns whether a look at hot endpoints is enough: it leased something, or more is ready (`has_ready`)
    /// and waits for their attempts in flight. `claimed` then asks for the next claim in time for the next full look.
    pub(crate) fn is_enough(&self, claimed: &mut Claimed, has_ready: bool) -> bool {
        if claimed.claims.is_empty() && has_ready {
            let full_look_in = self.full_look_in().unwrap_or_default();
            for wait in [&mut claimed.due_in, &mut claimed.rate_in] {
                *wait = Some(wait.map_or(full_look_in, |other| other.min(full_look_in)));
            }
        }
        has_ready || !claimed.claims.is_empty()
    }

    /// The key after whose tenant a full look begins, so that every tenant gets its turn.
    pub(crate) fn after(&self) -> &str {
        &self.after
    }

    /// The endpoints behind which a full look goes on within their tenants, so that every endpoint gets its turn.
    pub(crate) fn after_of(&self) -> impl Iterator<Item = (&Tenant, &EndpointKey)> {
        self.after_of.iter()
    }

    /// Remembers what a full look found that began at this time. `looked_at` are the last endpoints of each tenant.
    pub(crate) fn found(&mut self, claims: &[Claim], looked_at: impl Iterator<Item = EndpointKey>, began: Instant) {
        let pause = FULL_LOOK.max(began.elapsed().saturating_mul(FULL_LOOK_SHARE));
        self.next_full_look = Instant::now().checked_add(pause);
        self.endpoints = claims.iter().map(|claim| claim.endpoint.key()).collect();
        self.after_of = looked_at.map(|key| (key.tenant(), key)).collect();
        self.after_of.extend(self.endpoints.iter().map(|key| (key.tenant(), key.clone())));
        if let Some(last) = self.endpoints.last() {
            self.after = last.as_stored().into();
        }
        self.endpoints.sort_unstable();
        self.endpoints.dedup();
    }
}
