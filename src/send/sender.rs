//! What an application holds: it takes events of a tenant, and makes workers.

use alloc::sync::Arc;
use alloc::vec::Vec;

use tokio::sync::Notify;

use super::error::SendError;
use super::event::NewEvent;
use super::http::options::HttpOptions;
use super::http::post::Poster;
use super::store::{Enqueued, Store};
use super::tenant::Tenant;
use super::worker::Worker;
use super::worker::options::WorkerOptions;
use crate::render::Renderer;

/// Takes events into a store, for one tenant. Clones share the store.
#[derive(Clone, Debug)]
pub struct Sender<S> {
    pub(super) store: Arc<S>,
    pub(super) renderer: Arc<Renderer>,
    pub(super) http: HttpOptions,
    pub(super) wake: Arc<Notify>,
    pub(super) tenant: Tenant,
}

impl<S: Store> Sender<S> {
    /// A sender over a store, whose deliveries are rendered by `renderer` and posted as `http` says. It acts for the
    /// default tenant.
    #[must_use]
    pub fn new(store: S, renderer: Renderer, http: HttpOptions) -> Self {
        let (store, renderer, wake) = (Arc::new(store), Arc::new(renderer), Arc::new(Notify::new()));
        Self { store, renderer, http, wake, tenant: Tenant::default() }
    }

    /// Makes a sender for another tenant, over the same store: its events go to that tenant's endpoints only.
    #[must_use]
    pub fn for_tenant(&self, tenant: &Tenant) -> Self {
        let Self { store, renderer, http, wake, .. } = self;
        let (store, renderer, wake) = (Arc::clone(store), Arc::clone(renderer), Arc::clone(wake));
        Self { store, renderer, http: http.clone(), wake, tenant: tenant.clone() }
    }

    /// The tenant that it acts for.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Takes an event. When this returns Ok, the event is on disk and will be sent to every enabled endpoint of the tenant
    /// that takes its type.
    ///
    /// # Errors
    /// `store_failed`: the event was not stored, or may have been if the connection to PostgreSQL dropped during
    /// COMMIT. Send it again with the same id or idempotency key: it is stored once. `event_exists`: another event of the
    /// tenant has the id. `header_malformed`: the profile signs a header that cannot hold the id.
    pub async fn send(&self, event: NewEvent) -> Result<Enqueued, SendError> {
        let taken = self.send_all(alloc::vec![event]).await?;
        taken.into_iter().next().ok_or_else(|| SendError::StoreFailed { what: "it took no event".into() })
    }

    /// Takes several events in one transaction: all of them or none.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn send_all(&self, mut events: Vec<NewEvent>) -> Result<Vec<Enqueued>, SendError> {
        for event in &mut events {
            self.renderer.check_id(event.id_or_new())?;
        }
        let taken = self.store.enqueue(self.tenant.clone(), events).await?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    /// A worker over the same store, for all tenants. Any number may run, in any number of processes that have the store
    /// open.
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

    /// The store, with what is of all tenants.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }
}
