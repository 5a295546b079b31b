//! The worker: claims what is due, posts it, records how it ended.

pub(super) mod metrics;

mod tell;

pub(super) mod options;

mod upkeep;

mod heartbeat;

mod in_flight;

mod attempt;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use self::attempt::{AttemptContext, StoreClock};
use self::heartbeat::Heartbeat;
use self::in_flight::InFlight;
use self::metrics::Metrics;
use self::options::WorkerOptions;
use self::tell::Tell;
use self::upkeep::Upkeep;
use super::error::SendError;
use super::http::descriptors;
use super::http::post::Poster;
use super::notice::Notice;
use super::outcome::DisableRule;
use super::retention::Retention;
use super::store::{Capacity, Claimed, Settled, Settlement, Store};
use crate::render::Renderer;
use crate::version::Version;

/// The part of a lease beyond the timeout of an attempt: time to render the request and to record the result.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// A shorter lease would end while its worker is at work.
const LEASE_LEAST: Duration = Duration::from_secs(1);
/// The longest wait before polling for deliveries that no notification announced.
const POLL: Duration = Duration::from_millis(500);
/// A worker with this many attempts started this recently waits this long, to settle several in one transaction.
const GATHER_FROM: usize = 32;
const GATHER_RECENT: Duration = Duration::from_millis(100);
const GATHER: Duration = Duration::from_millis(3);
/// How long a worker that another process woke waits for what comes with it.
const COALESCE: Duration = Duration::from_millis(1);
/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How long past the attempts' timeout a stopping worker tries to record their outcomes.
const STOP_MARGIN: Duration = Duration::from_secs(5);

/// Attempts deliveries, many at a time.
#[derive(Debug)]
pub struct Worker<S> {
    store: Arc<S>,
    context: Arc<AttemptContext>,
    tell: Tell,
    disable: DisableRule,
    retention: Retention,
    capacity: Capacity,
    wake: Arc<Notify>,
    lease: Duration,
    total_timeout: Duration,
}

impl<S: Store> Worker<S> {
    pub(super) fn new(
        store: Arc<S>,
        renderer: Arc<Renderer>,
        poster: Poster,
        wake: Arc<Notify>,
        total_timeout: Duration,
        options: WorkerOptions,
    ) -> Self {
        let WorkerOptions { schedule, disable, max_in_flight, max_bytes_in_flight, lease, retention, observers } =
            options;
        let lease = lease.unwrap_or_else(|| total_timeout.saturating_add(LEASE_MARGIN)).max(LEASE_LEAST);
        let metrics = Arc::new(Metrics::default());
        let tell = Tell { metrics: Arc::clone(&metrics), observers: Arc::new(observers) };
        let context = Arc::new(AttemptContext { renderer, poster, schedule, metrics });
        let deliveries = max_in_flight.min(usize::try_from(descriptors() / 2).unwrap_or(usize::MAX)).max(1);
        let slow = deliveries.saturating_sub(deliveries / 4);
        let capacity = Capacity { deliveries, slow, bytes: max_bytes_in_flight };
        Self { store, context, tell, disable, retention, capacity, wake, lease, total_timeout }
    }

    /// What this worker counts.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.context.metrics)
    }

    /// Works until `shutdown` completes, then waits for attempts in flight, no longer than one may take. A store that fails
    /// is waited for: its leases end meanwhile, and nothing is lost.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = core::pin::pin!(shutdown);
        let mut in_flight = InFlight::default();
        let _heartbeat = self.heartbeat(&in_flight);
        let _upkeep = Upkeep::start(Arc::clone(&self.store), self.retention, self.tell.clone());
        if let Err(error) = self.reclaim().await {
            warn!(code = error.code(), %error, "leases that ended could not be taken back");
        }
        let mut failing: Option<Instant> = None;
        loop {
            // Registered before the claim, so that an event sent meanwhile still wakes the worker.
            let wake = Arc::clone(&self.wake);
            let woken = wake.notified();
            let ended: Arc<[Settlement]> = in_flight.ended().into();
            let is_idle = ended.is_empty();
            let (settled, claimed) = self.turn(Arc::clone(&ended), in_flight.left(self.capacity)).await;
            if settled.is_err() {
                // Settled again later: if the first try was committed after all, the lease rejects the second.
                in_flight.put_back(&ended);
            }
            let is_stopping = tokio::select! {
                biased;
                () = &mut shutdown => true,
                () = core::future::ready(()) => false,
            };
            let (found, due_in, problem) = match (claimed, settled) {
                (Ok(claimed), settled) if is_stopping => {
                    self.give_back(claimed).await;
                    (0, None, settled.err())
                }
                (Ok(claimed), settled) => {
                    let due_in = claimed.due_in;
                    (self.start(claimed, &mut in_flight), due_in, settled.err())
                }
                (Err(error), _) => (0, None, Some(error)),
            };
            if is_stopping {
                break;
            }
            if let Some(error) = problem {
                warn!(code = error.code(), %error, "the store failed");
                self.context.metrics.store_failed();
                if failing.is_none() {
                    self.tell.notice(&Notice::StoreFailing { code: error.code() });
                }
                failing = failing.or_else(|| Some(Instant::now()));
                tokio::select! {
                    () = &mut shutdown => break,
                    () = sleep(STORE_PAUSE) => {}
                }
            } else if let Some(since) = failing.take() {
                self.tell.notice(&Notice::StoreBack { after: since.elapsed() });
            }
            let has_capacity = in_flight.left(self.capacity).deliveries > 0;
            if found > 0 || !is_idle {
                // What ends meanwhile goes into one transaction; a worker with little to do does not wait for it.
                let gathered = async {
                    if in_flight.is_busy(GATHER_FROM, GATHER_RECENT) {
                        sleep(GATHER).await;
                    } else {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    biased;
                    () = &mut shutdown => break,
                    () = gathered => {}
                }
                if has_capacity {
                    continue;
                }
            }
            tokio::select! {
                () = &mut shutdown => break,
                () = in_flight.any() => {}
                () = woken, if has_capacity => {}
                () = self.store.changed(), if has_capacity => sleep(COALESCE).await,
                () = sleep(due_in.unwrap_or(POLL).clamp(COALESCE, POLL)) => {}
            }
        }
        self.drain(in_flight).await;
    }

    /// Attempts all deliveries that are due now or become due during the run; returns the number of attempts.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn run_due(&mut self) -> Result<usize, SendError> {
        self.run_due_until(core::future::pending()).await
    }

    /// Like [`run_due`](Self::run_due), but starts no attempt once `shutdown` is done.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn run_due_until(&mut self, shutdown: impl Future<Output = ()>) -> Result<usize, SendError> {
        let mut shutdown = core::pin::pin!(shutdown);
        let mut in_flight = InFlight::default();
        let _heartbeat = self.heartbeat(&in_flight);
        let (mut attempts, mut is_stopping): (usize, bool) = (0, false);
        self.reclaim().await?;
        loop {
            let ended: Arc<[Settlement]> = in_flight.ended().into();
            let is_idle = ended.is_empty();
            let most = if is_stopping { Capacity { deliveries: 0, ..self.capacity } } else { self.capacity };
            let (settled, claimed) = self.turn(ended, in_flight.left(most)).await;
            settled?;
            let claimed = claimed?;
            let rate_in = claimed.rate_in;
            let found = self.start(claimed, &mut in_flight);
            attempts = attempts.saturating_add(found);
            if in_flight.is_empty() && !is_idle && !is_stopping {
                // The settlements recorded along with the claim may have freed slots for another claim.
                continue;
            }
            if in_flight.is_empty() {
                let (0, Some(wait), false) = (found, rate_in, is_stopping) else { return Ok(attempts) };
                // Ready deliveries that wait only for their endpoint's rate limit are due.
                tokio::select! {
                    () = &mut shutdown => is_stopping = true,
                    () = sleep(wait) => {}
                }
                continue;
            }
            let wait = rate_in.unwrap_or(POLL).max(COALESCE);
            tokio::select! {
                () = &mut shutdown, if !is_stopping => is_stopping = true,
                () = in_flight.any() => {}
                () = sleep(wait), if rate_in.is_some() && !is_stopping => {}
            }
        }
    }

    fn heartbeat(&self, in_flight: &InFlight) -> Heartbeat {
        Heartbeat::start(Arc::clone(&self.store), in_flight.leases(), self.lease, self.server(), self.tell.clone())
    }

    /// The server's version, which events for the operator have.
    fn server(&self) -> Version {
        self.context.renderer.server()
    }

    /// Takes back leases that ended without a word of their worker.
    async fn reclaim(&self) -> Result<(), SendError> {
        let reclaimed = self.store.reclaim_expired(self.server()).await?;
        self.tell.notices(&reclaimed.notices);
        Ok(())
    }

    /// Records how attempts ended and claims others: both go to the store at once, so that they share a transaction.
    async fn turn(
        &self,
        ended: Arc<[Settlement]>,
        left: Capacity,
    ) -> (Result<(), SendError>, Result<Claimed, SendError>) {
        tokio::join!(self.settle(ended), self.store.claim(left, self.lease))
    }

    async fn settle(&self, ended: Arc<[Settlement]>) -> Result<(), SendError> {
        if ended.is_empty() {
            return Ok(());
        }
        let report = self.store.settle(ended, self.disable, self.server()).await?;
        self.tell.notices(&report.notices);
        for _lost in report.settled.iter().filter(|&&settled| settled == Settled::LeaseLost) {
            self.context.metrics.lease_lost();
            warn!("an attempt ended after its lease: another worker has the delivery");
        }
        #[cfg(feature = "failpoints")]
        super::failpoint::hit("after_settle");
        Ok(())
    }

    /// Starts attempts; returns how many.
    fn start(&self, claimed: Claimed, in_flight: &mut InFlight) -> usize {
        let clock = StoreClock { claimed: claimed.now, at: Instant::now() };
        let found = claimed.claims.len();
        for claim in claimed.claims {
            #[cfg(feature = "failpoints")]
            super::failpoint::hit("after_claim");
            let context = Arc::clone(&self.context);
            let attempt = {
                let claim = claim.clone();
                async move { context.attempt(claim, clock).await }
            };
            in_flight.start(&claim, attempt);
        }
        found
    }

    async fn give_back(&self, claimed: Claimed) {
        let leases: Vec<_> = claimed.claims.iter().map(|claim| claim.lease).collect();
        if leases.is_empty() {
            return;
        }
        if let Err(error) = self.store.release(leases).await {
            // Their leases end, and another worker takes them.
            warn!(code = error.code(), %error, "deliveries could not be given back");
        }
    }

    async fn drain(&self, mut in_flight: InFlight) {
        info!(attempts = in_flight.count(), "ending what is in flight");
        let drained = async {
            while !in_flight.is_empty() {
                in_flight.any().await;
                if let Err(error) = self.settle(in_flight.ended().into()).await {
                    // Their leases end, and they are sent again: more than once, but not lost.
                    warn!(code = error.code(), %error, "attempts ended and could not be recorded");
                }
            }
        };
        if timeout(self.total_timeout.saturating_add(STOP_MARGIN), drained).await.is_err() {
            warn!("stopped before everything was recorded; what was not is sent again");
        }
    }
}
