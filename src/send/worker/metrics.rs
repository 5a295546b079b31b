//! What the worker counts, and what its store says, as Prometheus reads it.

mod labels;

mod stored;

use alloc::string::String;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::labels::{TenantLabel, TenantLabels};
use self::stored::Stored;
use crate::send::error::SendError;
use crate::send::notice::Notice;
use crate::send::outcome::{AttemptResponse, Failure};
use crate::send::store::Store;
use crate::send::tenant::Tenant;

/// The upper ends of the histogram's buckets, in seconds: the last one is the timeout of an attempt.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0];

/// How an attempt ended, and for which tenant: a class of statuses or a failure, so that the number of series stays small.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
    tenant: TenantLabel,
}

/// The tenant of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    tenant: TenantLabel,
}

/// What happened, by the notice's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    notice: &'static str,
}

/// Counters of one worker.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    labels: TenantLabels,
    attempts: Family<Outcome, Counter>,
    seconds: Family<Of, Histogram>,
    notices: Family<Kind, Counter>,
    leases_lost: Counter,
    store_failures: Counter,
    forgotten_events: Counter,
    forgotten_attempts: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("mambo_webhooks");
        let attempts = Family::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let notices: Family<Kind, Counter> = Family::default();
        let counter = |registry: &mut Registry, name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        registry.register("attempts", "Attempts by how they ended, and tenant", attempts.clone());
        registry.register_with_unit("attempt", "How long attempts took, by tenant", Unit::Seconds, seconds.clone());
        registry.register("notices", "What happened to endpoints, deliveries and the store", notices.clone());
        // There from the beginning: a rate over a counter that appears with 1 would miss the first one.
        for notice in Notice::NAMES {
            drop(notices.get_or_create(&Kind { notice }));
        }
        let leases_lost = counter(&mut registry, "leases_lost", "Attempts whose delivery another worker had meanwhile");
        let store_failures = counter(&mut registry, "store_failures", "Calls of the worker that its store refused");
        let forgotten_events = counter(&mut registry, "forgotten_events", "Events that retention forgot");
        let forgotten_attempts =
            counter(&mut registry, "forgotten_attempts", "Lines of the log that retention forgot, of events that stay");
        Self {
            registry,
            labels: TenantLabels::default(),
            attempts,
            seconds,
            notices,
            leases_lost,
            store_failures,
            forgotten_events,
            forgotten_attempts,
        }
    }
}

impl Metrics {
    pub(super) fn attempt(&self, tenant: &Tenant, answer: &AttemptResponse) {
        let outcome = match (answer.status, answer.failure) {
            (Some(200..300), _) => "2xx",
            (Some(300..400), _) => "3xx",
            (Some(400..500), _) => "4xx",
            (Some(500..600), _) => "5xx",
            (Some(_), _) => "other",
            (None, failure) => failure.map_or("other", Failure::as_str),
        };
        let tenant = self.labels.of(tenant);
        self.seconds.get_or_create(&Of { tenant: tenant.clone() }).observe(answer.elapsed.as_secs_f64());
        self.attempts.get_or_create(&Outcome { outcome, tenant }).inc();
    }

    pub(super) fn notice(&self, notice: &Notice) {
        self.notices.get_or_create(&Kind { notice: notice.as_str() }).inc();
        if let Notice::Forgot { events, attempts } = notice {
            self.forgotten_events.inc_by(*events);
            self.forgotten_attempts.inc_by(*attempts);
        }
    }

    pub(super) fn lease_lost(&self) {
        self.leases_lost.inc();
    }

    pub(super) fn store_failed(&self) {
        self.store_failures.inc();
    }

    /// Returns the counters in Prometheus' text format, without asking a store.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        let mut text = self.counted(None);
        // Writing into a string does not fail.
        let _written = encode_eof(&mut text);
        text
    }

    /// Returns the counters in Prometheus' text format, together with what the store says: about all tenants, or about one
    /// alone, with no word of the others.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn scrape<S: Store>(&self, store: &S, tenant: Option<&Tenant>) -> Result<String, SendError> {
        let stored = Stored::read(store, tenant).await?;
        let mut text = self.counted(tenant);
        stored.encode(&self.labels, &mut text);
        // Writing into a string does not fail.
        let _written = encode_eof(&mut text);
        Ok(text)
    }

    fn counted(&self, tenant: Option<&Tenant>) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _written = encode_registry(&mut text, &self.registry);
        let Some(tenant) = tenant else { return text };
        let label = self.labels.separate(tenant);
        let is_shown = |line: &&str| line.starts_with('#') || label.as_ref().is_some_and(|label| label.is_in(line));
        text.split_inclusive('\n').filter(is_shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use super::*;

    fn samples(text: &str) -> Vec<&str> {
        let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn what_a_worker_counts_has_these_names() {
        let metrics = Metrics::default();
        let (acme, zoo) = (Tenant::new("acme").unwrap(), Tenant::new("z\"oo").unwrap());
        let failed = |milliseconds| {
            AttemptResponse::without_response(Failure::ConnectFailed, Duration::from_millis(milliseconds))
        };
        metrics.attempt(&acme, &failed(20));
        metrics.attempt(&acme, &AttemptResponse { status: Some(204), failure: None, ..failed(250) });
        metrics.attempt(&zoo, &AttemptResponse { status: Some(503), failure: None, ..failed(16_000) });
        metrics.notice(&Notice::Forgot { events: 3, attempts: 4 });
        metrics.lease_lost();
        metrics.store_failed();
        let text = metrics.to_prometheus();
        assert!(text.ends_with("# EOF\n"));
        let of_tenants: Vec<&str> = samples(&text).into_iter().filter(|line| line.contains("tenant=")).collect();
        let bucket = |end: &str, tenant: &str, count: u32| {
            alloc::format!("mambo_webhooks_attempt_seconds_bucket{{le=\"{end}\",tenant=\"{tenant}\"}} {count}")
        };
        let ends =
            ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "15.0", "+Inf"];
        let buckets =
            ends.iter().zip([0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]).map(|(end, count)| bucket(end, "acme", count));
        let others =
            ends.iter().zip((0..13).map(|at| u32::from(at == 12))).map(|(end, count)| bucket(end, "z\\\"oo", count));
        let mut expected: Vec<String> = buckets.chain(others).collect();
        expected.extend(
            [
                "mambo_webhooks_attempt_seconds_count{tenant=\"acme\"} 2",
                "mambo_webhooks_attempt_seconds_count{tenant=\"z\\\"oo\"} 1",
                "mambo_webhooks_attempt_seconds_sum{tenant=\"acme\"} 0.27",
                "mambo_webhooks_attempt_seconds_sum{tenant=\"z\\\"oo\"} 16.0",
                "mambo_webhooks_attempts_total{outcome=\"2xx\",tenant=\"acme\"} 1",
                "mambo_webhooks_attempts_total{outcome=\"5xx\",tenant=\"z\\\"oo\"} 1",
                "mambo_webhooks_attempts_total{outcome=\"connect_failed\",tenant=\"acme\"} 1",
            ]
            .map(String::from),
        );
        expected.sort_unstable();
        assert_eq!(of_tenants, expected);
        let of_all: Vec<&str> = samples(&text).into_iter().filter(|line| !line.contains("tenant=")).collect();
        assert_eq!(
            of_all,
            [
                "mambo_webhooks_forgotten_attempts_total 4",
                "mambo_webhooks_forgotten_events_total 3",
                "mambo_webhooks_leases_lost_total 1",
                "mambo_webhooks_notices_total{notice=\"breaker_closed\"} 0",
                "mambo_webhooks_notices_total{notice=\"breaker_opened\"} 0",
                "mambo_webhooks_notices_total{notice=\"delivery_dead\"} 0",
                "mambo_webhooks_notices_total{notice=\"endpoint_disabled\"} 0",
                "mambo_webhooks_notices_total{notice=\"forgot\"} 1",
                "mambo_webhooks_notices_total{notice=\"store_back\"} 0",
                "mambo_webhooks_notices_total{notice=\"store_failing\"} 0",
                "mambo_webhooks_store_failures_total 1",
            ]
        );
        let alone = metrics.counted(Some(&acme));
        assert!(samples(&alone).iter().all(|line| line.contains("tenant=\"acme\"")), "{alone}");
        assert_eq!(samples(&alone).len(), 17);
        assert!(samples(&metrics.counted(Some(&Tenant::new("new").unwrap()))).is_empty());
    }
}
