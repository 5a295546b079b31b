//! What the status page shows, as JSON: no secret, no payload.

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::{DeliveryCounts, EndpointHealth};
use mambo_webhooks::send::{LogQuery, SendError, Store};
use serde_json::{Value, json};

use crate::show::{self, millis};

/// Most attempts in the chart of response times.
const CHART: u32 = 200;

/// One endpoint and how it did.
pub fn row(health: &EndpointHealth) -> Value {
    json!({
        "tenant": health.key.tenant().as_str(),
        "id": health.key.id(),
        // Without path and query, which may hold a token of its owner.
        "host": health.endpoint.as_ref().and_then(|endpoint| endpoint.url().host_str()),
        "state": show::state(health),
        "breaker": show::breaker(health),
        "failingSinceMs": health.failing_since.map(|since| since.0),
        "failures": health.failures,
        "waiting": health.waiting,
        "inFlight": health.in_flight,
        "dead": health.dead,
        "attempts": health.attempts,
        "delivered": health.delivered,
        "p50Ms": millis(health.p50),
        "p99Ms": millis(health.p99),
    })
}

/// What the page shows, except the backlog.
pub async fn snapshot(store: &impl Store) -> Result<Value, SendError> {
    let now = store.now().await?;
    let health = store.health(None, UnixMillis(now.0.saturating_sub(86_400_000))).await?;
    let counts = store.counts(None).await?;
    let DeliveryCounts { leased, delivered, dead, breakers_open, unreadable, .. } = counts;
    let waiting = counts.waiting();
    let recent = store.log(LogQuery::default().limit(CHART)).await?;
    let failed = store.log(LogQuery::default().limit(10).only_failed()).await?;
    let times: Vec<Value> = recent
        .iter()
        .rev()
        .map(|line| json!([millis(line.attempt.answer.elapsed), line.attempt.answer.is_delivered()]))
        .collect();
    let failed: Vec<Value> = failed
        .iter()
        .map(show::value)
        .map(|mut line| {
            // What a receiver answered may be anything; it is not for a page.
            if let Some(members) = line.as_object_mut() {
                members.remove("body");
            }
            line
        })
        .collect();
    Ok(json!({
        "nowMs": now.0,
        "counts": { "waiting": waiting, "leased": leased, "delivered": delivered, "dead": dead },
        "breakersOpen": breakers_open,
        "unreadableEndpoints": unreadable,
        "endpoints": health.iter().map(row).collect::<Vec<_>>(),
        "responseTimes": times,
        "failures": failed,
    }))
}
