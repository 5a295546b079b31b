//! The worker: claims what is due, posts it, says how it ended.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::HashMap;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::attempt::Crew;
use super::error::SendError;
use super::flying::Flying;
use super::meter::Meter;
use super::outcome::DisableRule;
use super::post::Poster;
use super::schedule::Schedule;
use super::store::{Claim, Settled, Settlement, Store};
use crate::render::Renderer;
use crate::time::UnixMillis;

/// How much longer than an attempt a lease is: for rendering, and for saying how it ended.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// A shorter lease would end while its worker is at work.
const LEASE_LEAST: Duration = Duration::from_secs(1);
/// How long to wait at most before looking for work that another process left.
const POLL: Duration = Duration::from_millis(500);
/// From how many attempts under way on a worker gathers what ends, and for how long.
const GATHER_FROM: usize = 32;
const GATHER: Duration = Duration::from_millis(3);
/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What a worker does, and how much of it at once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// When failed deliveries are tried again.
    pub schedule: Schedule,
    /// When an endpoint that only fails is disabled.
    pub disable: DisableRule,
    /// Most attempts under way at once. Default: 512.
    pub max_in_flight: usize,
    /// How long a claim is good for without a sign of life, at least a second. Default: the total timeout and 30 s.
    pub lease: Option<Duration>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        let (schedule, disable) = (Schedule::default(), DisableRule::default());
        Self { schedule, disable, max_in_flight: 512, lease: None }
    }
}

/// Attempts one delivery after the other, many at a time.
#[derive(Debug)]
pub struct Worker<S> {
    crew: Arc<Crew<S>>,
    disable: DisableRule,
    max_in_flight: usize,
    wake: Arc<Notify>,
    lease: Duration,
    /// How often leases are made longer: a third of one, so that one failure to do so costs none.
    beat: Duration,
    limits: HashMap<String, (NonZeroU32, Arc<DefaultDirectRateLimiter>)>,
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
        let WorkerOptions { schedule, disable, max_in_flight, lease } = options;
        let lease = lease.unwrap_or_else(|| total_timeout.saturating_add(LEASE_MARGIN)).max(LEASE_LEAST);
        let crew = Crew { store, renderer, poster, schedule, meter: Arc::new(Meter::default()) };
        let beat = lease.checked_div(3).unwrap_or(lease);
        Self { crew: Arc::new(crew), disable, max_in_flight, wake, lease, beat, limits: HashMap::new() }
    }

    /// What this worker counts.
    #[must_use]
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.crew.meter)
    }

    /// Works until `shutdown` is done, then ends what is under way and says how it ended. A store that fails is waited
    /// for: its leases end meanwhile, and nothing is lost.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = core::pin::pin!(shutdown);
        let mut flying = Flying::default();
        let mut beat = Instant::now();
        loop {
            // Asked for before the claim: what comes in meanwhile is not slept over.
            let wake = Arc::clone(&self.wake);
            let woken = wake.notified();
            let ended: Arc<[Settlement]> = flying.ended().into();
            let is_idle = ended.is_empty();
            let (settled, claimed) = self.turn(Arc::clone(&ended), flying.room(self.max_in_flight)).await;
            if settled.is_err() {
                // Said again: what was said and not heard is fenced by its lease.
                flying.put_back(&ended);
            }
            let mut problem = settled.err();
            let taken = claimed.unwrap_or_else(|error| {
                problem = Some(error);
                Vec::new()
            });
            let found = taken.len();
            for claim in taken {
                self.start(claim, &mut flying);
            }
            if let Some(error) = problem {
                warn!(code = error.code(), %error, "the store failed");
                tokio::select! {
                    () = &mut shutdown => break,
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                }
            }
            if Instant::now() >= beat {
                beat = self.next_beat();
                self.extend(&flying).await;
            }
            if found > 0 || !is_idle {
                // What ends meanwhile goes into one transaction; a worker with little to do does not wait for it.
                let gathered = async {
                    if flying.busy() >= GATHER_FROM {
                        tokio::time::sleep(GATHER).await;
                    } else {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    biased;
                    () = &mut shutdown => break,
                    () = gathered => {}
                }
                if flying.room(self.max_in_flight) > 0 {
                    continue;
                }
            }
            let rest = self.rest(beat).await;
            tokio::select! {
                () = &mut shutdown => break,
                () = flying.any() => {}
                () = woken => {}
                () = sleep_until(rest) => {}
            }
        }
        self.drain(flying).await;
    }

    /// Attempts everything that is due now, and what becomes due by that, to its end; hands back how many attempts.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn run_due(&mut self) -> Result<usize, SendError> {
        let mut flying = Flying::default();
        let mut beat = self.next_beat();
        let mut attempts: usize = 0;
        loop {
            let ended = flying.ended().into();
            let (settled, claimed) = self.turn(ended, flying.room(self.max_in_flight)).await;
            settled?;
            let taken = claimed?;
            if taken.is_empty() && flying.is_empty() {
                return Ok(attempts);
            }
            attempts = attempts.saturating_add(taken.len());
            for claim in taken {
                self.start(claim, &mut flying);
            }
            self.ends(&mut flying, &mut beat).await;
        }
    }

    fn next_beat(&self) -> Instant {
        Instant::now().checked_add(self.beat).unwrap_or_else(Instant::now)
    }

    /// Waits until an attempt has ended, and makes the leases of the others longer meanwhile.
    async fn ends(&self, flying: &mut Flying, beat: &mut Instant) {
        loop {
            tokio::select! {
                () = flying.any() => return,
                () = sleep_until(*beat) => {}
            }
            *beat = self.next_beat();
            self.extend(flying).await;
        }
    }

    /// Says how attempts ended and claims others: both go to the store at once, so that they share a transaction.
    async fn turn(
        &self,
        ended: Arc<[Settlement]>,
        room: usize,
    ) -> (Result<(), SendError>, Result<Vec<Claim>, SendError>) {
        let store = &self.crew.store;
        let now = store.now();
        let until = later(now, self.lease);
        let claim = async {
            if room == 0 {
                return Ok(Vec::new());
            }
            store.claim(room, now, until).await
        };
        tokio::join!(self.settle(ended, now), claim)
    }

    async fn settle(&self, ended: Arc<[Settlement]>, now: UnixMillis) -> Result<(), SendError> {
        if ended.is_empty() {
            return Ok(());
        }
        let answers = self.crew.store.settle(ended, self.disable, now).await?;
        for _lost in answers.iter().filter(|&&settled| settled == Settled::LeaseLost) {
            self.crew.meter.lease_lost();
            warn!("an attempt ended after its lease: somebody else has the delivery");
        }
        #[cfg(feature = "failpoints")]
        super::failpoint::hit("after_settle");
        Ok(())
    }

    fn start(&mut self, claim: Claim, flying: &mut Flying) {
        #[cfg(feature = "failpoints")]
        super::failpoint::hit("after_claim");
        let limit = self.limit(&claim);
        let crew = Arc::clone(&self.crew);
        let lease = claim.lease;
        flying.start(lease, async move { crew.attempt(claim, limit).await });
    }

    /// The limiter of a claim's endpoint. Retries pass it too.
    fn limit(&mut self, claim: &Claim) -> Option<Arc<DefaultDirectRateLimiter>> {
        let rate = claim.endpoint.settings.rate_per_second?;
        let (known, limiter) = self
            .limits
            .entry(claim.endpoint.id.clone())
            .or_insert_with(|| (rate, Arc::new(RateLimiter::direct(quota(rate)))));
        if *known != rate {
            *known = rate;
            *limiter = Arc::new(RateLimiter::direct(quota(rate)));
        }
        Some(Arc::clone(limiter))
    }

    async fn extend(&self, flying: &Flying) {
        let leases = flying.leases();
        if leases.is_empty() {
            return;
        }
        let until = later(self.crew.store.now(), self.lease);
        if let Err(error) = self.crew.store.extend(leases, until).await {
            warn!(code = error.code(), %error, "leases could not be extended");
        }
    }

    /// Until when there is nothing to do, as far as this process can know.
    async fn rest(&self, beat: Instant) -> Instant {
        let now = Instant::now();
        let poll = now.checked_add(POLL).unwrap_or(now);
        let due = self.crew.store.next_due().await.ok().flatten();
        let wait = due.map(|due| due.since(self.crew.store.now()).max(0));
        let due = wait.and_then(|wait| now.checked_add(Duration::from_millis(u64::try_from(wait).ok()?)));
        // What is due and was not claimed waits for room, not for time.
        due.filter(|due| *due > now).map_or(poll, |due| due.min(poll)).min(beat.max(now))
    }

    async fn drain(&self, mut flying: Flying) {
        info!(attempts = flying.leases().len(), "ending what is under way");
        let mut beat = self.next_beat();
        while !flying.is_empty() {
            self.ends(&mut flying, &mut beat).await;
            let now = self.crew.store.now();
            if let Err(error) = self.settle(flying.ended().into(), now).await {
                // Their leases end, and they are sent again: more than once, but not lost.
                warn!(code = error.code(), %error, "attempts ended and could not be settled");
            }
        }
    }
}

fn later(now: UnixMillis, by: Duration) -> UnixMillis {
    UnixMillis(now.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// Evenly spread: no burst, which is what a limit is there to prevent.
fn quota(rate: NonZeroU32) -> Quota {
    Quota::per_second(rate).allow_burst(NonZeroU32::MIN)
}
