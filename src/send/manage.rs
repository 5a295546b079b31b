//! What an application does beside sending: it manages a tenant's endpoints, and looks at and repeats deliveries.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::time::{Instant, sleep};

use super::endpoint::Endpoint;
use super::error::SendError;
use super::event::NewEvent;
use super::retention::TenantSettings;
use super::sender::Sender;
use super::settings::{EndpointSettings, SettingsChange};
use super::state::State;
use super::store::{
    DeliveryCounts, EndpointChange, EndpointHealth, Enqueued, LogLine, LogQuery, Prune, Selection, Store, Waiting,
};
use super::url::literal;
use crate::crypto::key::KeyRing;
use crate::time::UnixMillis;

/// The divisor of a step's duration that gives the pause after it: other processes get their turn.
const REST: u32 = 4;

impl<S: Store> Sender<S> {
    /// Adds an endpoint, and sends it a Ping.
    ///
    /// # Errors
    /// When the settings are refused, when the host leads to an address that is not permitted, `endpoint_exists`.
    pub async fn add_endpoint(&self, id: &str, settings: EndpointSettings) -> Result<(), SendError> {
        let endpoint = self.checked(id, settings).await?;
        self.store.add_endpoint(endpoint, self.renderer.server()).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Changes some of an endpoint's settings. What waits for it follows the new ones.
    ///
    /// # Errors
    /// As for [`add_endpoint`](Self::add_endpoint), `endpoint_unknown`.
    pub async fn change_endpoint(&self, id: &str, change: SettingsChange) -> Result<(), SendError> {
        let mut settings = self.endpoint(id).await?.settings.clone();
        change.clone().apply(&mut settings);
        self.checked(id, settings).await?;
        self.store.change_endpoint(self.tenant.endpoint(id), EndpointChange::Settings(change)).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Adds a secret to an endpoint. Earlier secrets go on signing for `overlap`, to the millisecond; zero revokes them
    /// now.
    ///
    /// # Errors
    /// `endpoint_unknown`, and when the secret is refused.
    pub async fn rotate_secret(&self, id: &str, secret: &str, overlap: Duration) -> Result<(), SendError> {
        // A key ring with this secret alone says what is wrong with it before anything is changed.
        KeyRing::single(secret)?;
        let change = EndpointChange::Rotate { secret: secret.to_string(), overlap };
        self.store.change_endpoint(self.tenant.endpoint(id), change).await
    }

    /// Enables or disables an endpoint. What waits for a disabled one goes on waiting.
    ///
    /// # Errors
    /// `endpoint_unknown`.
    pub async fn set_state(&self, id: &str, state: State) -> Result<(), SendError> {
        self.store.change_endpoint(self.tenant.endpoint(id), EndpointChange::State(state)).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Removes an endpoint with its secrets: at once, or when what waits for it was delivered. Attempts in flight end
    /// first. Its log stays until it is forgotten. The id can be used again once none of its deliveries waits or is in
    /// flight.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`.
    pub async fn remove_endpoint(&self, id: &str, waiting: Waiting) -> Result<(), SendError> {
        self.store.remove_endpoint(self.tenant.endpoint(id), waiting).await?;
        while self.store.abandon().await? > 0 {}
        Ok(())
    }

    /// Sets aside as dead what waits for an endpoint, with the failure `cancelled` in the log; answers with how many.
    /// Attempts in flight go on.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`: what was cancelled before the failure stays so.
    pub async fn cancel(&self, id: &str) -> Result<u64, SendError> {
        let key = self.tenant.endpoint(id);
        in_steps(|after| self.store.cancel(key.clone(), after)).await
    }

    /// Sends a Ping to an endpoint, once, also if it is disabled.
    ///
    /// # Errors
    /// `endpoint_unknown`.
    pub async fn ping(&self, id: &str) -> Result<Enqueued, SendError> {
        let event = NewEvent::ping(self.renderer.server());
        let taken = self.store.enqueue_manual(event, self.tenant.endpoint(id)).await?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    /// An endpoint.
    ///
    /// # Errors
    /// `endpoint_unknown`, `endpoint_unreadable`, `seal_key_missing`, `seal_broken`, `store_failed`.
    pub async fn endpoint(&self, id: &str) -> Result<Arc<Endpoint>, SendError> {
        self.store.endpoint(self.tenant.endpoint(id)).await
    }

    /// The tenant's endpoints whose settings can be read, in the order of their ids.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn endpoints(&self) -> Result<Vec<Arc<Endpoint>>, SendError> {
        self.store.endpoints(Some(self.tenant.clone())).await
    }

    /// Sets the tenant's limits and retention.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn set_tenant(&self, settings: TenantSettings) -> Result<(), SendError> {
        self.store.set_tenant(self.tenant.clone(), settings).await
    }

    /// Lines of the tenant's log.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, SendError> {
        self.store.log(query.tenant(self.tenant.clone())).await
    }

    /// How many of the tenant's deliveries are in which state.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn counts(&self) -> Result<DeliveryCounts, SendError> {
        self.store.counts(Some(self.tenant.clone())).await
    }

    /// The tenant's endpoints with their records since a time.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn health(&self, since: UnixMillis) -> Result<Vec<EndpointHealth>, SendError> {
        self.store.health(Some(self.tenant.clone()), since).await
    }

    /// Tries deliveries once more, each one time and with a fresh signature; returns how many. A dead delivery is tried
    /// again; one that was delivered is replayed as a separate delivery, with a separate log.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`.
    pub async fn retry(&self, selection: Selection) -> Result<u64, SendError> {
        if let Selection::Dead { endpoint: Some(id) } | Selection::Range { endpoint: Some(id), .. } = &selection {
            self.endpoint(id).await?;
        }
        let count = self.store.retry(self.tenant.clone(), selection).await?;
        self.wake.notify_waiters();
        Ok(count)
    }

    /// Delivers to an endpoint what it missed since a time, with the whole schedule: events of types that it subscribes to
    /// that came in while it was disabled or not there, and those whose delivery is dead. Returns how many.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`: what was recovered before the failure stays so.
    pub async fn recover(&self, id: &str, since: UnixMillis) -> Result<u64, SendError> {
        let key = self.tenant.endpoint(id);
        let count = in_steps(|after| self.store.recover(key.clone(), since, after)).await?;
        self.wake.notify_waiters();
        Ok(count)
    }

    /// Forgets events of the tenant that came in and ended before a moment, and with them their payloads, their log and
    /// their idempotency keys; returns how many. Waiting and in-flight deliveries stay, and so do dead ones, unless those
    /// are named too.
    ///
    /// # Errors
    /// `store_failed`: events deleted before the failure stay deleted.
    pub async fn prune(&self, prune: Prune) -> Result<u64, SendError> {
        self.prune_all(prune.tenant(self.tenant.clone())).await
    }

    /// Like [`prune`](Self::prune), of the tenant that `prune` names, or of all.
    ///
    /// # Errors
    /// As for [`prune`](Self::prune).
    pub async fn prune_all(&self, prune: Prune) -> Result<u64, SendError> {
        in_steps(|after| self.store.prune(prune.clone(), after)).await
    }

    /// Checks settings, and the addresses that their host resolves to now. A host without one now may get one
    /// later: every connection is judged again.
    async fn checked(&self, id: &str, settings: EndpointSettings) -> Result<Endpoint, SendError> {
        let endpoint = Endpoint::new(id.to_string(), settings, State::Enabled, &self.http.address_policy)?;
        let ours = self.renderer.signature_header();
        if let Some((name, _)) = endpoint.settings.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(ours)) {
            return Err(SendError::HeaderRefused { name: name.clone() });
        }
        if literal(endpoint.url()).is_none() && !self.http.leaves_names_to_the_proxy() {
            let host: String = endpoint.url().host_str().unwrap_or_default().into();
            let found = (self.http.look_up)(host).await.unwrap_or_default();
            if found.iter().any(|address| !self.http.address_policy.permits(address.ip())) {
                return Err(SendError::AddressRefused);
            }
        }
        Ok(endpoint.of_tenant(self.tenant.clone()))
    }
}

/// Takes one step after the other, with a rest after each that did something; returns the sum.
async fn in_steps<F>(step: impl Fn(i64) -> F) -> Result<u64, SendError>
where
    F: Future<Output = Result<(u64, Option<i64>), SendError>>,
{
    let (mut sum, mut next) = (0_u64, Some(0));
    while let Some(after) = next {
        let began = Instant::now();
        let (some, then) = step(after).await?;
        sum = sum.saturating_add(some);
        next = then;
        if some > 0 {
            rest(began).await;
        }
    }
    Ok(sum)
}

/// Pauses for a quarter of what a step took: workers get their turn.
pub(super) async fn rest(began: Instant) {
    sleep(began.elapsed().checked_div(REST).unwrap_or_default()).await;
}
