//! What the worker counts, as Prometheus reads it.

use alloc::string::String;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::send::notice::Notice;
use crate::send::outcome::{AttemptResponse, Failure};
use crate::send::store::DeliveryCounts;

/// How an attempt ended: a class of statuses or a failure, so that the number of series stays small.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// The state of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
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
    attempts: Family<Outcome, Counter>,
    seconds: Histogram,
    notices: Family<Kind, Counter>,
    leases_lost: Counter,
    deliveries: Family<State, Gauge>,
    breakers_open: Gauge,
    endpoints_unreadable: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("mambo_webhooks");
        let attempts = Family::default();
        let seconds = Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0]);
        let (leases_lost, notices) = (Counter::default(), Family::default());
        let deliveries = Family::default();
        let (breakers_open, endpoints_unreadable) = (Gauge::default(), Gauge::default());
        registry.register("attempts", "Attempts by how they ended", attempts.clone());
        registry.register_with_unit("attempt", "How long attempts took", Unit::Seconds, seconds.clone());
        registry.register("notices", "What happened to endpoints, deliveries and the store", notices.clone());
        registry.register("leases_lost", "Attempts whose delivery another worker had meanwhile", leases_lost.clone());
        registry.register("deliveries", "Deliveries by state", deliveries.clone());
        registry.register("breakers_open", "Endpoints whose circuit breaker is open", breakers_open.clone());
        let help = "Endpoints whose settings a newer release wrote";
        registry.register("endpoints_unreadable", help, endpoints_unreadable.clone());
        Self { registry, attempts, seconds, notices, leases_lost, deliveries, breakers_open, endpoints_unreadable }
    }
}

impl Metrics {
    pub(super) fn attempt(&self, answer: &AttemptResponse) {
        let outcome = match (answer.status, answer.failure) {
            (Some(200..300), _) => "2xx",
            (Some(300..400), _) => "3xx",
            (Some(400..500), _) => "4xx",
            (Some(500..600), _) => "5xx",
            (Some(_), _) => "other",
            (None, failure) => failure.map_or("other", Failure::as_str),
        };
        self.attempts.get_or_create(&Outcome { outcome }).inc();
        self.seconds.observe(answer.elapsed.as_secs_f64());
    }

    pub(super) fn notice(&self, notice: &Notice) {
        self.notices.get_or_create(&Kind { notice: notice.as_str() }).inc();
    }

    pub(super) fn lease_lost(&self) {
        self.leases_lost.inc();
    }

    /// Returns the counters in Prometheus' text format, together with the delivery counts of the store.
    #[must_use]
    pub fn to_prometheus(&self, counts: DeliveryCounts) -> String {
        let DeliveryCounts { scheduled, ready, leased, delivered, dead, breakers_open, unreadable, .. } = counts;
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.breakers_open.set(gauge(breakers_open));
        self.endpoints_unreadable.set(gauge(unreadable));
        let states =
            [("scheduled", scheduled), ("ready", ready), ("leased", leased), ("delivered", delivered), ("dead", dead)];
        for (state, count) in states {
            self.deliveries.get_or_create(&State { state }).set(gauge(count));
        }
        let mut text = String::new();
        // Writing into a string does not fail.
        let _written = encode(&mut text, &self.registry);
        text
    }
}
