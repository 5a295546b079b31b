//! What all requests of the page share, and how often they may read the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::{DeliveryCounts, EndpointHealth, LogLine};
use mambo_webhooks::send::{EndpointKey, LogQuery, Metrics, SendError, Sender, Store, Tenant};
use tokio::time::Instant;

use super::history::History;
use super::tiers::DAY_MS;
use super::trouble::{Trouble, sorted};

/// The pause after a read, as a multiple of the read's duration: reads take at most a twentieth of the store's time.
pub const REST: u32 = 20;
const REST_LEAST: Duration = Duration::from_secs(1);
/// Failed attempts that one snapshot reads.
const FAILURES: u32 = 200;
/// Endpoints in trouble whose last failure is asked for one by one, in one snapshot.
const LOOKUPS: usize = 20;
/// Endpoints whose last failure is remembered.
const REMEMBERED: usize = 10_000;

/// What the store said of the endpoints.
pub struct Snapshot {
    pub now: i64,
    pub counts: DeliveryCounts,
    /// By trouble, the worst first.
    pub endpoints: Vec<(Option<Trouble>, EndpointHealth)>,
    /// Failed attempts, the latest first.
    pub failures: Vec<LogLine>,
    /// The last failed attempt of endpoints, as far as it is known.
    pub last_failures: HashMap<EndpointKey, LogLine>,
}

/// The page's state.
pub struct Shared<S> {
    pub sender: Sender<S>,
    pub metrics: Arc<Metrics>,
    /// The only tenant that is shown.
    pub tenant: Option<Tenant>,
    pub history: Mutex<History>,
    /// The latest snapshot, and the time until which it answers all requests.
    snapshot: tokio::sync::Mutex<Option<(Arc<Snapshot>, Instant)>>,
    /// The time before which the log of a delivery is not read again.
    log: tokio::sync::Mutex<Instant>,
}

impl<S: Store> Shared<S> {
    pub fn new(sender: Sender<S>, metrics: Arc<Metrics>, tenant: Option<Tenant>) -> Self {
        let log = tokio::sync::Mutex::new(Instant::now());
        Self { sender, metrics, tenant, history: Mutex::default(), snapshot: tokio::sync::Mutex::default(), log }
    }

    /// A snapshot that is not too old; one request reads it, the others wait for that.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, SendError> {
        let mut kept = self.snapshot.lock().await;
        if let Some((snapshot, _)) = kept.as_ref().filter(|(_, until)| Instant::now() < *until) {
            return Ok(Arc::clone(snapshot));
        }
        let began = Instant::now();
        let known = kept.as_ref().map(|(snapshot, _)| snapshot.last_failures.clone()).unwrap_or_default();
        let snapshot = Arc::new(self.read(known).await?);
        let rest = began.elapsed().saturating_mul(REST).max(REST_LEAST);
        *kept = Some((Arc::clone(&snapshot), Instant::now().checked_add(rest).unwrap_or(began)));
        Ok(snapshot)
    }

    async fn read(&self, mut last_failures: HashMap<EndpointKey, LogLine>) -> Result<Snapshot, SendError> {
        let store = self.sender.store();
        let now = store.now().await?.0;
        let counts = store.counts(self.tenant.clone()).await?;
        let health = store.health(self.tenant.clone(), UnixMillis(now.saturating_sub(DAY_MS))).await?;
        let mut query = LogQuery::default().limit(FAILURES).only_failed();
        query.tenant.clone_from(&self.tenant);
        let failures = store.log(query).await?;
        if last_failures.len() > REMEMBERED {
            last_failures.clear();
        }
        for line in failures.iter().rev() {
            last_failures.insert(line.endpoint.clone(), line.clone());
        }
        let endpoints = sorted(health);
        let unknown = endpoints.iter().filter(|(trouble, health)| {
            trouble.is_some() && health.failures > 0 && !last_failures.contains_key(&health.key)
        });
        let unknown: Vec<EndpointKey> = unknown.take(LOOKUPS).map(|(_, health)| health.key.clone()).collect();
        for key in unknown {
            let query = LogQuery::default().tenant(key.tenant()).endpoint(key.id()).only_failed().limit(1);
            if let Some(line) = store.log(query).await?.pop() {
                last_failures.insert(key, line);
            }
        }
        Ok(Snapshot { now, counts, endpoints, failures, last_failures })
    }

    /// The attempts of a delivery, the latest first; none if it is another tenant's.
    pub async fn delivery(&self, delivery: i64) -> Result<Vec<LogLine>, SendError> {
        let mut until = self.log.lock().await;
        tokio::time::sleep_until(*until).await;
        let began = Instant::now();
        let mut query = LogQuery::default().delivery(delivery).limit(100);
        query.tenant.clone_from(&self.tenant);
        let lines = self.sender.store().log(query).await;
        let rest = began.elapsed().saturating_mul(REST);
        *until = Instant::now().checked_add(rest).unwrap_or(began);
        lines
    }
}
