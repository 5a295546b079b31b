//! What the page's charts are drawn from, in bounded memory: response times and the backlog of a day.

use std::collections::BTreeMap;

use mambo_webhooks::send::Tenant;
use mambo_webhooks::send::store::{AttemptTiming, DeliveryCounts};
use serde_json::{Value, json};

use super::histogram::Histogram;
use super::tiers::{Range, Tiers};

/// Most tenants with a history, about half a megabyte each; the first ones that had an attempt or an endpoint.
pub const TENANTS: usize = 32;
/// The minutes that the rate and the ratio of success are counted from.
const RATE_MINUTES: i64 = 5;

/// The history of all tenants, or of one.
#[derive(Debug, Default)]
struct Track {
    attempts: Tiers<Histogram>,
    backlog: Tiers<DeliveryCounts>,
    latest: Option<DeliveryCounts>,
}

/// What the charts show.
#[derive(Debug, Default)]
pub struct History {
    all: Track,
    tenants: BTreeMap<Tenant, Track>,
    /// The latest time that the store said.
    now: i64,
}

impl History {
    /// The tenants that have a history.
    pub fn tenants(&self) -> Vec<Tenant> {
        self.tenants.keys().cloned().collect()
    }

    /// Begins the history of a tenant, as long as there is room.
    pub fn follow(&mut self, tenant: Tenant) {
        if self.tenants.len() < TENANTS {
            self.tenants.entry(tenant).or_default();
        }
    }

    /// Takes attempts; those of other tenants than `only` are left out.
    pub fn take(&mut self, timings: &[AttemptTiming], now: i64, only: Option<&Tenant>) {
        self.now = now;
        for timing in timings {
            let tenant = timing.endpoint.tenant();
            if only.is_some_and(|only| *only != tenant) {
                continue;
            }
            let elapsed = i64::try_from(timing.elapsed.as_millis()).unwrap_or(i64::MAX);
            // The clocks of workers are not quite the store's.
            let ended = timing.started.0.saturating_add(elapsed).min(now);
            self.follow(tenant.clone());
            let track = self.tenants.get_mut(&tenant);
            for track in [Some(&mut self.all), track].into_iter().flatten() {
                track.attempts.update(ended, now, |histogram| histogram.add(timing));
            }
        }
    }

    /// Takes a sample of the backlog: of all, or of one tenant.
    pub fn sample(&mut self, tenant: Option<&Tenant>, now: i64, counts: DeliveryCounts) {
        self.now = now;
        let track = match tenant {
            None => Some(&mut self.all),
            Some(tenant) => self.tenants.get_mut(tenant),
        };
        if let Some(track) = track {
            track.backlog.update(now, now, |value| *value = counts);
            track.latest = Some(counts);
        }
    }

    fn track(&self, tenant: Option<&Tenant>) -> Option<&Track> {
        tenant.map_or(Some(&self.all), |tenant| self.tenants.get(tenant))
    }

    /// The latest counts of a tenant; `None` if none are known.
    pub fn latest(&self, tenant: &Tenant) -> Option<DeliveryCounts> {
        self.tenants.get(tenant)?.latest
    }

    /// The attempts of the last minutes: how many minutes, the attempts, and how many of them were answered with 2xx.
    pub fn rate(&self, tenant: Option<&Tenant>) -> Value {
        let span_ms = RATE_MINUTES * 60_000;
        let range = Range { span_ms, step_ms: 10_000 };
        let mut sum = Histogram::default();
        for (_, part) in self.track(tenant).into_iter().flat_map(|track| track.attempts.values(range, self.now)) {
            sum.merge(part);
        }
        json!({
            "minutes": RATE_MINUTES, "attempts": sum.attempts(), "delivered": sum.delivered,
            "p50Ms": sum.percentile(50), "p99Ms": sum.percentile(99),
        })
    }

    /// The charts of a range. `null` in place of the steps for a tenant that has no history.
    pub fn charts(&self, tenant: Option<&Tenant>, range: Range) -> Value {
        let Some(track) = self.track(tenant) else {
            return json!({ "stepMs": range.step_ms, "fromMs": range.first(self.now), "untilMs": self.now,
                "attempts": null, "backlog": null });
        };
        let mut steps = BTreeMap::<i64, Histogram>::new();
        for (at, part) in track.attempts.values(range, self.now) {
            steps.entry(range.step(at)).or_default().merge(part);
        }
        let attempts = steps
            .iter()
            .map(|(at, step)| json!([at, step.attempts(), step.delivered, step.percentile(50), step.percentile(99)]));
        // The last sample of a step stands for it.
        let backlog: BTreeMap<i64, &DeliveryCounts> =
            track.backlog.values(range, self.now).map(|(at, counts)| (range.step(at), counts)).collect();
        let backlog =
            backlog.iter().map(|(at, counts)| json!([at, counts.scheduled, counts.ready, counts.leased, counts.dead]));
        json!({
            "stepMs": range.step_ms, "fromMs": range.first(self.now), "untilMs": self.now,
            "attempts": attempts.collect::<Vec<_>>(), "backlog": backlog.collect::<Vec<_>>(),
        })
    }
}
