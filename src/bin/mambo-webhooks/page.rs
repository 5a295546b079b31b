//! One endpoint as the status page and `stats` show it, as JSON: no secret, no path of a URL.

use mambo_webhooks::send::store::EndpointHealth;
use serde_json::{Value, json};

use crate::show::{self, millis};

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
