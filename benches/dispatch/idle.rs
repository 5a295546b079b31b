//! Scenario `idle`: what 10,000 endpoints without work cost those with work, and cost when there is none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mambo_webhooks::send::store::{Capacity, Claim, Settlement};
use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{AttemptRecord, AttemptResponse, DisableRule, EndpointSettings, Sender, Store};

use crate::common::{Running, SECRET, SERVER, deliver, enqueue, met, percentile, processor, sender};
use crate::database::Database;
use crate::receiver::Receiver;

const BUSY: usize = 8;
const IDLE: usize = 10_000;
const WAITING: usize = 100_000;
const CLAIMS: usize = 400;
/// Deliveries whose rate is measured.
const DELIVERED: u64 = 40_000;
const LOOKED_AT: Duration = Duration::from_secs(10);

struct Figures {
    p50: f64,
    p99: f64,
    rate: f64,
    worker: f64,
    server: f64,
}

pub async fn idle<D: Database>() {
    let alone = measure::<D>(false).await;
    let beside = measure::<D>(true).await;
    let ratio = beside.rate / alone.rate;
    let busy = beside.worker + beside.server;
    println!(
        "idle, {}: claim of 64 p50 {:.2} ms, p99 {:.2} ms beside {IDLE} idle endpoints ({}), {:.2} and {:.2} ms without; \
         {:.0} and {:.0} deliveries/s, ratio {ratio:.2} ({}); an idle worker takes {:.2} % of a core and its server \
         {:.2} % ({}), {:.2} and {:.2} % without",
        D::NAME,
        beside.p50,
        beside.p99,
        met(beside.p99 <= 15.0),
        alone.p50,
        alone.p99,
        beside.rate,
        alone.rate,
        met(ratio >= 0.8),
        beside.worker,
        beside.server,
        met(busy <= 2.0),
        alone.worker,
        alone.server,
    );
}

async fn measure<D: Database>(with_idle: bool) -> Figures {
    let database = D::start().await;
    let receiver = Receiver::start(0);
    let sender = sender(database.store().await, &[&receiver]);
    for number in 0..BUSY {
        let settings = EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(64).event_types(&["Busy"]);
        sender.add_endpoint(&format!("busy-{number}"), settings).await.unwrap();
    }
    deliver(&sender, 8, 64).await;
    if with_idle {
        add_idle(&database, &receiver).await;
    }
    enqueue(&sender, "Busy", WAITING / BUSY).await;
    // Until as many may be in flight as the endpoints allow.
    deliver(&sender, 4_000, 512).await;
    let mut times = claims(&sender).await;
    let seconds = deliver(&sender, DELIVERED, 512).await;
    let tables = |prefix: &str| format!("DELETE FROM {prefix}queue; UPDATE {prefix}status SET in_flight = 0;");
    database.execute(&tables(""), &tables("mambo_")).await;
    let (worker, server) = nothing_to_do(&database, &sender).await;
    Figures {
        p50: percentile(&mut times, 50),
        p99: percentile(&mut times, 99),
        rate: DELIVERED as f64 / seconds,
        worker,
        server,
    }
}

/// Adds endpoints that nothing is sent to, with a status and without a Ping, as after their Ping was forgotten.
async fn add_idle<D: Database>(database: &D, receiver: &Receiver) {
    let settings = EndpointSettings::new(&receiver.url(), SECRET).event_types(&["Other"]).to_json();
    database
        .execute(
            &format!(
                "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {IDLE})
                INSERT INTO endpoint (id, settings, state, revision)
                SELECT 'default' || char(31) || printf('idle-%05d', n), '{settings}', 'enabled', 100 + n FROM n;
                INSERT INTO status (endpoint, concurrency, latency_ms, delivered)
                SELECT id, 2, 5, 1 FROM endpoint WHERE id LIKE '%idle-%';"
            ),
            &format!(
                "INSERT INTO mambo_endpoint (id, settings, event_types, max_in_flight, state)
                SELECT 'default' || chr(31) || 'idle-' || lpad(n::text, 5, '0'), '{settings}', ARRAY['Other'], 8, 'enabled'
                FROM generate_series(1, {IDLE}) n;
                INSERT INTO mambo_status (endpoint, concurrency, latency_ms, delivered)
                SELECT id, 2, 5, 1 FROM mambo_endpoint WHERE id LIKE '%idle-%';"
            ),
        )
        .await;
}

/// The durations of claims, each settled as delivered.
async fn claims<S: Store>(sender: &Sender<S>) -> Vec<Duration> {
    let (most, lease) = (Capacity { deliveries: 64, slow: 64, bytes: usize::MAX }, Duration::from_secs(60));
    let mut times = Vec::new();
    while times.len() < CLAIMS {
        let before = Instant::now();
        let claimed = sender.store().claim(most, lease).await.unwrap();
        times.push(before.elapsed());
        assert_eq!(claimed.claims.len(), 64, "all of it is ready");
        let settlements: Arc<[_]> = claimed.claims.iter().map(|claim| delivered(claim, claimed.now)).collect();
        sender.store().settle(settlements, DisableRule::default(), SERVER).await.unwrap();
    }
    times
}

fn delivered(claim: &Claim, started: mambo_webhooks::UnixMillis) -> Settlement {
    let answer = AttemptResponse { status: Some(204), elapsed: Duration::from_millis(5), ..AttemptResponse::default() };
    let attempt = AttemptRecord { number: claim.attempts + 1, is_manual: false, started, version: None, answer };
    let (lease, endpoint) = (claim.lease, claim.endpoint.key());
    Settlement { lease, endpoint, attempt, next: Next::Delivered, effect: Effect::Works }
}

/// The share of a core, in percent, that a worker and its database server take when nothing waits.
async fn nothing_to_do<D: Database, S: Store>(database: &D, sender: &Sender<S>) -> (f64, f64) {
    let worker = Running::start(sender, 512);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let own = Some(std::process::id());
    let (started, before, server) = (Instant::now(), processor(own), database.processor());
    tokio::time::sleep(LOOKED_AT).await;
    let (after, server) = (processor(own), database.processor() - server);
    let share = |seconds: f64| seconds / started.elapsed().as_secs_f64() * 100.0;
    let shares = (share(after - before), share(server));
    worker.stop().await;
    shares
}
