//! What an application holds: it takes events and manages endpoints.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::endpoint::{Endpoint, EndpointSettings, State};
use super::error::SendError;
use super::event::NewEvent;
use super::http::post::{HttpOptions, Poster};
use super::store::{EndpointChange, Enqueued, Prune, Selection, Store};
use super::url::literal;
use super::worker::{Worker, WorkerOptions};
use crate::render::Renderer;

/// The divisor of a prune step's duration that gives the pause after it: other processes get their turn.
const PRUNE_REST: u32 = 4;

/// Takes events into a store. Clones share it.
#[derive(Clone, Debug)]
pub struct Sender<S> {
    store: Arc<S>,
    renderer: Arc<Renderer>,
    http: HttpOptions,
    wake: Arc<Notify>,
}

impl<S: Store> Sender<S> {
    /// A sender over a store, whose deliveries are rendered by `renderer` and posted as `http` says.
    #[must_use]
    pub fn new(store: S, renderer: Renderer, http: HttpOptions) -> Self {
        Self { store: Arc::new(store), renderer: Arc::new(renderer), http, wake: Arc::new(Notify::new()) }
    }

    /// Takes an event. When this returns Ok, the event is on disk and will be sent to every enabled endpoint that takes
    /// its type.
    ///
    /// # Errors
    /// `store_failed`: the event was not stored, or may have been if the connection to PostgreSQL dropped during
    /// COMMIT. Send it again with the same id or idempotency key: it is stored once. `event_exists`: another event has
    /// the id.
    pub async fn send(&self, event: NewEvent) -> Result<Enqueued, SendError> {
        let taken = self.send_all(alloc::vec![event]).await?;
        taken.into_iter().next().ok_or_else(|| SendError::StoreFailed { what: "it took no event".into() })
    }

    /// Takes several events in one transaction: all of them or none.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn send_all(&self, events: Vec<NewEvent>) -> Result<Vec<Enqueued>, SendError> {
        let taken = self.store.enqueue(events).await?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    /// Adds an endpoint, and sends it a Ping.
    ///
    /// # Errors
    /// When the settings are refused, when the host leads to an address that is not permitted, `endpoint_exists`.
    pub async fn add_endpoint(&self, id: &str, settings: EndpointSettings) -> Result<(), SendError> {
        let endpoint = self.checked(id, settings, State::Enabled).await?;
        self.store.add_endpoint(endpoint, self.renderer.server()).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Gives an endpoint other settings.
    ///
    /// # Errors
    /// As for [`add_endpoint`](Self::add_endpoint), `endpoint_unknown`.
    pub async fn change_endpoint(&self, id: &str, settings: EndpointSettings) -> Result<(), SendError> {
        let endpoint = self.checked(id, settings, State::Enabled).await?;
        self.store.change_endpoint(id.to_string(), EndpointChange::Settings(endpoint.settings)).await
    }

    /// Adds a secret to an endpoint. Earlier secrets go on signing for `overlap`, to the millisecond; zero revokes them
    /// now.
    ///
    /// # Errors
    /// `endpoint_unknown`, and when the secret is refused.
    pub async fn rotate_secret(&self, id: &str, secret: &str, overlap: Duration) -> Result<(), SendError> {
        // A key ring with this secret alone says what is wrong with it before anything is changed.
        crate::crypto::key::KeyRing::single(secret)?;
        let change = EndpointChange::Rotate { secret: secret.to_string(), overlap };
        self.store.change_endpoint(id.to_string(), change).await
    }

    /// Enables or disables an endpoint. What waits for a disabled one goes on waiting.
    ///
    /// # Errors
    /// `endpoint_unknown`.
    pub async fn set_state(&self, id: &str, state: State) -> Result<(), SendError> {
        self.store.change_endpoint(id.to_string(), EndpointChange::State(state)).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Removes an endpoint, and deletes its secrets. What waits for it is set aside as dead, with the failure
    /// `endpoint_removed` in the log; attempts in flight end first. Its log stays until it is pruned. The id can be
    /// used again once none of its deliveries waits or is in flight.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`.
    pub async fn remove_endpoint(&self, id: &str) -> Result<(), SendError> {
        self.store.remove_endpoint(id.to_string()).await?;
        while self.store.abandon().await? > 0 {}
        Ok(())
    }

    /// Sends a Ping to an endpoint, once, also if it is disabled.
    ///
    /// # Errors
    /// `endpoint_unknown`.
    pub async fn ping(&self, id: &str) -> Result<Enqueued, SendError> {
        let event = NewEvent::ping(self.renderer.server());
        let taken = self.store.enqueue_manual(event, id.to_string()).await?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    /// An endpoint.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`.
    pub async fn endpoint(&self, id: &str) -> Result<Arc<Endpoint>, SendError> {
        let found = self.store.endpoints().await?.into_iter().find(|endpoint| endpoint.id == id);
        found.ok_or_else(|| SendError::EndpointUnknown { id: id.into() })
    }

    /// Tries deliveries once more, each one time and with a fresh signature; returns how many.
    ///
    /// # Errors
    /// `endpoint_unknown`, `store_failed`.
    pub async fn retry(&self, selection: Selection) -> Result<u64, SendError> {
        if let Selection::Dead { endpoint: Some(id) } | Selection::Range { endpoint: Some(id), .. } = &selection {
            self.endpoint(id).await?;
        }
        let count = self.store.retry(selection).await?;
        self.wake.notify_waiters();
        Ok(count)
    }

    /// Forgets events that came in and ended before a moment, and with them their payloads, their log and their
    /// idempotency keys; returns how many. Waiting and in-flight deliveries stay, and so do dead ones, unless those
    /// are named too.
    ///
    /// # Errors
    /// `store_failed`: events deleted before the failure stay deleted.
    pub async fn prune(&self, prune: Prune) -> Result<u64, SendError> {
        let (mut events, mut next) = (0, Some(0));
        while let Some(after) = next {
            let began = Instant::now();
            let (some, then) = self.store.prune(prune, after).await?;
            events = some.saturating_add(events);
            next = then;
            if some > 0 {
                sleep(began.elapsed().checked_div(PRUNE_REST).unwrap_or_default()).await;
            }
        }
        Ok(events)
    }

    /// A worker over the same store. Any number may run, in any number of processes that have the store open.
    ///
    /// # Errors
    /// `limit_zero`, `client_failed`.
    pub fn worker(&self, options: WorkerOptions) -> Result<Worker<S>, SendError> {
        if options.max_in_flight == 0 {
            return Err(SendError::LimitZero { name: "max_in_flight" });
        }
        let poster = Poster::new(&self.http)?;
        let (store, renderer, wake) = (Arc::clone(&self.store), Arc::clone(&self.renderer), Arc::clone(&self.wake));
        Ok(Worker::new(store, renderer, poster, wake, self.http.total_timeout, options))
    }

    /// The store: its log, its counts, the health of its endpoints.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Checks settings, and the addresses that their host resolves to now. A host without one now may get one
    /// later: every connection is judged again.
    async fn checked(&self, id: &str, settings: EndpointSettings, state: State) -> Result<Endpoint, SendError> {
        let endpoint = Endpoint::new(id.to_string(), settings, state, &self.http.address_policy)?;
        let ours = self.renderer.signature_header();
        if let Some((name, _)) = endpoint.settings.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(ours)) {
            return Err(SendError::HeaderRefused { name: name.clone() });
        }
        if literal(endpoint.url()).is_none() {
            let host: String = endpoint.url().host_str().unwrap_or_default().into();
            let found = (self.http.look_up)(host).await.unwrap_or_default();
            if found.iter().any(|address| !self.http.address_policy.permits(address.ip())) {
                return Err(SendError::AddressRefused);
            }
        }
        Ok(endpoint)
    }
}
