//! The page's answers, as JSON: no secret, no payload, no answer of a receiver, no path of a URL.

use std::collections::BTreeSet;

use mambo_webhooks::send::store::{DeliveryCounts, EndpointHealth, LogLine};
use mambo_webhooks::send::{BreakerState, Tenant};
use serde_json::{Value, json};

use super::history::History;
use super::shared::Snapshot;
use super::trouble::Trouble;
use crate::{page, show};

/// Endpoints in one answer, at most.
const ROWS: usize = 50;
/// Failed attempts in one answer, at most.
const FAILURES: usize = 20;
/// Names of tenants in one answer, at most.
const TENANTS: usize = 200;

/// Which endpoints are asked for.
#[derive(Debug, Default)]
pub struct Filter {
    pub tenant: Option<Tenant>,
    /// A part of an endpoint's id, tenant or host, in small letters.
    pub text: String,
    /// The number of endpoints to leave out.
    pub skip: usize,
}

impl Filter {
    fn has(&self, health: &EndpointHealth) -> bool {
        let host = health.endpoint.as_ref().and_then(|endpoint| endpoint.url().host_str());
        let holds = |text: &str| text.to_lowercase().contains(&self.text);
        self.is_of_tenant(&health.key.tenant())
            && (holds(health.key.id()) || holds(health.key.tenant().as_str()) || host.is_some_and(holds))
    }

    fn is_of_tenant(&self, tenant: &Tenant) -> bool {
        self.tenant.as_ref().is_none_or(|only| only == tenant)
    }
}

/// The figures, the endpoints and the last failures.
pub fn snapshot(snapshot: &Snapshot, history: &History, filter: &Filter, pinned: Option<&Tenant>) -> Value {
    // A pinned page keeps one history, that of all it may show.
    let latest = |tenant: Option<&Tenant>| tenant.map_or(Some(snapshot.counts), |tenant| history.latest(tenant));
    let followed = if pinned.is_some() { None } else { filter.tenant.as_ref() };
    let of_tenant = || snapshot.endpoints.iter().filter(|(_, health)| filter.is_of_tenant(&health.key.tenant()));
    let count = |which: Trouble| of_tenant().filter(|(trouble, _)| *trouble == Some(which)).count();
    let matching: Vec<_> = snapshot.endpoints.iter().filter(|(_, health)| filter.has(health)).collect();
    let rows = matching.iter().skip(filter.skip).take(ROWS);
    let failures = snapshot.failures.iter().filter(|line| filter.is_of_tenant(&line.endpoint.tenant()));
    let tenants: BTreeSet<Tenant> = snapshot.endpoints.iter().map(|(_, health)| health.key.tenant()).collect();
    json!({
        "nowMs": snapshot.now,
        "pinned": pinned.map(Tenant::as_str),
        "tenant": filter.tenant.as_ref().map(Tenant::as_str),
        "tenants": tenants.iter().take(TENANTS).map(Tenant::as_str).collect::<Vec<_>>(),
        "counts": counts(latest(followed), of_tenant().map(|(_, health)| health)),
        "rate": history.rate(followed),
        "endpoints": {
            "all": of_tenant().count(),
            "inTrouble": of_tenant().filter(|(trouble, _)| trouble.is_some_and(Trouble::is_fault)).count(),
            "disabled": count(Trouble::Disabled), "breaker": count(Trouble::Breaker),
            "unreadable": count(Trouble::Unreadable), "failing": count(Trouble::Failing),
            "paused": count(Trouble::Paused), "backlog": count(Trouble::Backlog), "slow": count(Trouble::Slow),
            "matching": matching.len(),
            "skip": filter.skip,
            "most": ROWS,
            "rows": rows.map(|(trouble, health)| row(*trouble, health, snapshot)).collect::<Vec<_>>(),
        },
        "failures": failures.take(FAILURES).map(failure).collect::<Vec<_>>(),
    })
}

/// How many deliveries are in which state. Without a history, the endpoints' numbers, which do not tell when one is due.
fn counts<'a>(latest: Option<DeliveryCounts>, endpoints: impl Iterator<Item = &'a EndpointHealth>) -> Value {
    if let Some(counts) = latest {
        return json!({
            "waiting": counts.waiting(), "scheduled": counts.scheduled, "ready": counts.ready,
            "inFlight": counts.leased, "dead": counts.dead, "delivered": counts.delivered,
            "oldestMs": counts.oldest.map(|oldest| oldest.0),
        });
    }
    let sum = endpoints.fold((0_u64, 0_u64, 0_u64), |(waiting, leased, dead), health| {
        let add = |sum: u64, more| sum.saturating_add(more);
        (add(waiting, health.waiting), add(leased, health.in_flight), add(dead, health.dead))
    });
    json!({
        "waiting": sum.0, "scheduled": null, "ready": null, "inFlight": sum.1, "dead": sum.2,
        "delivered": null, "oldestMs": null,
    })
}

/// One endpoint.
fn row(trouble: Option<Trouble>, health: &EndpointHealth, snapshot: &Snapshot) -> Value {
    let mut row = page::row(health);
    if let Some(members) = row.as_object_mut() {
        members.insert("trouble".into(), trouble.map(Trouble::as_str).into());
        let until = if let BreakerState::Open(until) = health.breaker { Some(until.0) } else { None };
        members.insert("breakerUntilMs".into(), until.into());
        members.insert("lastFailure".into(), snapshot.last_failures.get(&health.key).map(failure).into());
    }
    row
}

/// A failed attempt in short.
fn failure(line: &LogLine) -> Value {
    let answer = &line.attempt.answer;
    json!({
        "delivery": line.delivery,
        "type": line.event_type,
        "tenant": line.endpoint.tenant().as_str(),
        "endpoint": line.endpoint.id(),
        "attempt": line.attempt.number,
        "state": line.state,
        "startedMs": line.attempt.started.0,
        "elapsedMs": show::millis(answer.elapsed),
        "status": answer.status,
        "failure": answer.failure.map(mambo_webhooks::send::Failure::as_str),
    })
}

/// The attempts of a delivery, the first one first.
pub fn delivery(lines: &[LogLine]) -> Value {
    let last = lines.first();
    json!({
        "delivery": last.map(|line| line.delivery),
        "event": last.map(|line| line.event.as_str()),
        "type": last.map(|line| line.event_type.as_str()),
        "tenant": last.map(|line| line.endpoint.tenant().as_str().to_owned()),
        "endpoint": last.map(|line| line.endpoint.id()),
        "state": last.map(|line| line.state),
        "replays": last.and_then(|line| line.replays),
        "attempts": lines.iter().rev().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(line: &LogLine) -> Value {
    let mut attempt = failure(line);
    if let Some(members) = attempt.as_object_mut() {
        members.retain(|name, _| ["attempt", "startedMs", "elapsedMs", "status", "failure"].contains(&name.as_str()));
        members.insert("version".into(), line.attempt.version.map(|version| version.to_string()).into());
        members.insert("isManual".into(), line.attempt.is_manual.into());
        members.insert("isDelivered".into(), line.attempt.answer.is_delivered().into());
        members.insert("remote".into(), json!(line.attempt.answer.remote));
    }
    attempt
}
