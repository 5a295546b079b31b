//! What a store says at one moment, as Prometheus reads it.

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::labels::{TenantLabel, TenantLabels};
use crate::send::error::SendError;
use crate::send::store::{DeliveryCounts, Store, TenantReport};
use crate::send::tenant::Tenant;
use crate::time::UnixMillis;

/// The state of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// The state of a tenant's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TenantState {
    tenant: TenantLabel,
    state: &'static str,
}

/// What a store says at one moment: about all tenants, or about one.
#[derive(Debug)]
pub(super) struct Stored {
    counts: DeliveryCounts,
    tenants: Vec<TenantReport>,
    now: UnixMillis,
}

impl Stored {
    pub(super) async fn read<S: Store>(store: &S, tenant: Option<&Tenant>) -> Result<Self, SendError> {
        let counts = store.counts(tenant.cloned()).await?;
        let mut tenants = store.tenants().await?;
        tenants.retain(|report| tenant.is_none_or(|tenant| report.tenant == *tenant));
        Ok(Self { counts, tenants, now: store.now().await? })
    }

    /// Adds everything to the text. The gauges are made anew each time: a tenant that is gone leaves none behind.
    pub(super) fn encode(&self, labels: &TenantLabels, text: &mut String) {
        let mut registry = Registry::with_prefix("mambo_webhooks");
        self.register_totals(&mut registry);
        self.register_tenants(labels, &mut registry);
        // Writing into a string does not fail.
        let _written = encode_registry(text, &registry);
    }

    fn register_totals(&self, registry: &mut Registry) {
        let DeliveryCounts { scheduled, ready, leased, delivered, dead, breakers_open, unreadable, oldest } =
            self.counts;
        let deliveries: Family<State, Gauge> = Family::default();
        let states =
            [("scheduled", scheduled), ("ready", ready), ("leased", leased), ("delivered", delivered), ("dead", dead)];
        for (state, count) in states {
            deliveries.get_or_create(&State { state }).set(value(count));
        }
        registry.register("deliveries", "Deliveries by state", deliveries);
        let age = oldest.map_or(0, |oldest| self.now.0.saturating_sub(oldest.0)).max(0);
        let seconds: Gauge<f64, AtomicU64> = Gauge::default();
        seconds.set(seconds_of(age));
        let help = "Age of the oldest event that waits or is in flight; 0 if there is none";
        registry.register_with_unit("oldest_event_age", help, Unit::Seconds, seconds);
        for (name, help, count) in [
            ("breakers_open", "Endpoints whose circuit breaker is open", breakers_open),
            (
                "endpoints_unreadable",
                "Endpoints whose settings a newer release wrote, or whose key is not there",
                unreadable,
            ),
            (
                "tenants",
                "Tenants that have endpoints or settings",
                u64::try_from(self.tenants.len()).unwrap_or(u64::MAX),
            ),
        ] {
            let gauge: Gauge = Gauge::default();
            gauge.set(value(count));
            registry.register(name, help, gauge);
        }
    }

    fn register_tenants(&self, labels: &TenantLabels, registry: &mut Registry) {
        let deliveries: Family<TenantState, Gauge> = Family::default();
        // Those that have something to deliver get a separate label before those that are idle.
        let is_idle = |report: &&TenantReport| report.waiting == 0 && report.in_flight == 0;
        let (idle, busy): (Vec<&TenantReport>, Vec<&TenantReport>) = self.tenants.iter().partition(is_idle);
        for report in busy.into_iter().chain(idle) {
            let tenant = labels.of(&report.tenant);
            for (state, count) in [
                ("waiting", report.waiting),
                ("in_flight", report.in_flight),
                ("delivered", report.delivered),
                ("dead", report.dead),
            ] {
                // Those without a separate label add up.
                deliveries.get_or_create(&TenantState { tenant: tenant.clone(), state }).inc_by(value(count));
            }
        }
        registry.register("tenant_deliveries", "Deliveries by tenant and state", deliveries);
    }
}

fn value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seconds_of(milliseconds: i64) -> f64 {
    core::time::Duration::from_millis(milliseconds.unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, counts: [u64; 4]) -> TenantReport {
        let [waiting, in_flight, delivered, dead] = counts;
        TenantReport { waiting, in_flight, delivered, dead, ..TenantReport::new(name) }
    }

    fn samples(stored: &Stored, labels: &TenantLabels) -> Vec<String> {
        let mut text = String::new();
        stored.encode(labels, &mut text);
        let mut lines: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(Into::into).collect();
        lines.sort();
        lines
    }

    #[test]
    fn what_a_store_says_has_these_names() {
        let counts = DeliveryCounts {
            scheduled: 1,
            ready: 2,
            leased: 3,
            delivered: 4,
            dead: 5,
            breakers_open: 6,
            unreadable: 7,
            oldest: Some(UnixMillis(10_000)),
        };
        let tenants = alloc::vec![report("acme", [3, 3, 4, 0]), report("zoo", [0, 0, 0, 5])];
        let mut stored = Stored { counts, tenants, now: UnixMillis(12_500) };
        assert_eq!(
            samples(&stored, &TenantLabels::default()),
            [
                "mambo_webhooks_breakers_open 6",
                "mambo_webhooks_deliveries{state=\"dead\"} 5",
                "mambo_webhooks_deliveries{state=\"delivered\"} 4",
                "mambo_webhooks_deliveries{state=\"leased\"} 3",
                "mambo_webhooks_deliveries{state=\"ready\"} 2",
                "mambo_webhooks_deliveries{state=\"scheduled\"} 1",
                "mambo_webhooks_endpoints_unreadable 7",
                "mambo_webhooks_oldest_event_age_seconds 2.5",
                "mambo_webhooks_tenant_deliveries{tenant=\"acme\",state=\"dead\"} 0",
                "mambo_webhooks_tenant_deliveries{tenant=\"acme\",state=\"delivered\"} 4",
                "mambo_webhooks_tenant_deliveries{tenant=\"acme\",state=\"in_flight\"} 3",
                "mambo_webhooks_tenant_deliveries{tenant=\"acme\",state=\"waiting\"} 3",
                "mambo_webhooks_tenant_deliveries{tenant=\"zoo\",state=\"dead\"} 5",
                "mambo_webhooks_tenant_deliveries{tenant=\"zoo\",state=\"delivered\"} 0",
                "mambo_webhooks_tenant_deliveries{tenant=\"zoo\",state=\"in_flight\"} 0",
                "mambo_webhooks_tenant_deliveries{tenant=\"zoo\",state=\"waiting\"} 0",
                "mambo_webhooks_tenants 2",
            ]
        );
        stored.counts.oldest = Some(UnixMillis(13_000));
        assert!(
            samples(&stored, &TenantLabels::default()).contains(&"mambo_webhooks_oldest_event_age_seconds 0.0".into())
        );
    }

    #[test]
    fn many_tenants_make_no_more_series_than_a_hundred() {
        let reports = |count: u64| (0..count).map(|number| report(&alloc::format!("t{number:05}"), [0, 0, 1, 2]));
        let stored = |count| {
            let tenants: Vec<TenantReport> = reports(count).chain([report("tzzz", [7, 0, 0, 0])]).collect();
            Stored { counts: DeliveryCounts::default(), tenants, now: UnixMillis(0) }
        };
        let labels = TenantLabels::default();
        let lines = samples(&stored(10_000), &labels);
        let of_tenants: Vec<&String> = lines.iter().filter(|line| line.contains("{tenant=")).collect();
        assert_eq!(of_tenants.len(), 101 * 4);
        for line in [
            "mambo_webhooks_tenants 10001",
            "mambo_webhooks_tenant_deliveries{tenant=\"tzzz\",state=\"waiting\"} 7",
            "mambo_webhooks_tenant_deliveries{tenant=\"_other\",state=\"delivered\"} 9901",
            "mambo_webhooks_tenant_deliveries{tenant=\"_other\",state=\"dead\"} 19802",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line}");
        }
        assert_eq!(samples(&stored(10_000), &labels), lines, "a second look makes no others");
    }
}
