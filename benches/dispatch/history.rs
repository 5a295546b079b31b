//! Scenarios `prune` and `stats`: a store with a long history.

use std::time::{Duration, Instant};

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::{EndpointSettings, Prune, Sender, Store};

use crate::common::{SECRET, event, http, met, percentile, sender_with};
use crate::database::Database;

/// How long one event type of taking events is measured.
const TAKING: Duration = Duration::from_secs(3);
/// Times that `counts` and `health` are asked for.
const TIMES: usize = 5;

/// Adds so many endpoints, and a history of events that were delivered to all of them an hour ago.
async fn fill<D: Database>(database: &D, endpoints: usize, events: usize) -> Sender<D::Store> {
    let sender = sender_with(database.store().await, http(&[]));
    for number in 0..endpoints {
        let settings = EndpointSettings::new("https://127.0.0.1:9/hook", SECRET);
        sender.add_endpoint(&format!("e{number:03}"), settings).await.unwrap();
    }
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(900));
    let ended = sender.store().now().await.unwrap().0 - 3_600_000;
    // Numbers above those of the Pings, which go on waiting.
    let base = 1_000;
    let sqlite = format!(
        "DELETE FROM queue; BEGIN;
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {events})
        INSERT INTO event (number, tenant, id, event_type, version, data, created)
        SELECT {base} + n, 'default', printf('history-%07d', n), 'Other', '9.0.0', '{data}', {ended} FROM n;
        INSERT INTO delivery (number, event, endpoint, state, attempts, ended)
        SELECT {base} + (e.number - {base} - 1) * {endpoints} + p.place, e.number, p.id, 2, 1, {ended} FROM event e
        CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM endpoint) p WHERE e.number > {base};
        INSERT INTO attempt (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, remote, is_truncated)
        SELECT number, endpoint, 1, 0, {ended} + number % 60000, '9.0.0', number % 50, 204, '127.0.0.1:443', 0 FROM delivery;
        UPDATE status SET delivered = {events};
        UPDATE sqlite_sequence SET seq = (SELECT max(number) FROM delivery) WHERE name = 'queue';
        COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    );
    let postgres = format!(
        "DELETE FROM mambo_queue;
        INSERT INTO mambo_event (number, tenant, id, event_type, version, data, created) OVERRIDING SYSTEM VALUE
        SELECT {base} + n, 'default', 'history-' || lpad(n::text, 7, '0'), 'Other', '9.0.0', '{data}', {ended}
        FROM generate_series(1, {events}) n;
        INSERT INTO mambo_delivery (number, event, endpoint, state, attempts, ended)
        SELECT {base} + (e.number - {base} - 1) * {endpoints} + p.place, e.number, p.id, 2, 1, {ended} FROM mambo_event e
        CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM mambo_endpoint) p WHERE e.number > {base}
        ORDER BY 1;
        INSERT INTO mambo_attempt (delivery, endpoint, number, is_manual, started, version, elapsed_ms, status, remote, is_truncated)
        SELECT number, endpoint, 1, false, {ended} + number % 60000, '9.0.0', number % 50, 204, '127.0.0.1:443', false
        FROM mambo_delivery ORDER BY number;
        UPDATE mambo_status SET delivered = {events};
        SELECT setval(pg_get_serial_sequence('mambo_event', 'number'), (SELECT max(number) FROM mambo_event));
        SELECT setval(pg_get_serial_sequence('mambo_queue', 'number'), (SELECT max(number) FROM mambo_delivery));"
    );
    database.execute(&sqlite, &postgres).await;
    // As the server itself does within a minute.
    database.execute("", "VACUUM ANALYZE").await;
    sender
}

/// How fast ended events are forgotten, and how fast others come in.
pub async fn prune<D: Database>() {
    let database = D::start().await;
    let sender = fill(&database, 4, 100_000).await;
    let batches = taken(&sender, 1, 100).await;
    let singles = taken(&sender, 32, 1).await;
    let started = Instant::now();
    let before = UnixMillis(sender.store().now().await.unwrap().0 - 60_000);
    let events = sender.prune(Prune::before(before)).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert!(events >= 100_000, "{events}");
    let rate = events as f64 / seconds;
    println!(
        "prune, {}: {rate:.0} events/s forgotten, 4 deliveries each ({}); {singles:.0} events/s taken one by one from 32 \
         callers, {batches:.0} events/s in batches of 100",
        D::NAME,
        met(rate >= singles),
    );
}

/// Events a second from so many callers, so many in each call.
async fn taken<S: Store + Clone>(sender: &Sender<S>, callers: usize, batch: usize) -> f64 {
    let started = Instant::now();
    let mut calling = tokio::task::JoinSet::new();
    for _caller in 0..callers {
        let sender = sender.clone();
        calling.spawn(async move {
            let mut count = 0;
            while started.elapsed() < TAKING {
                sender.send_all((0..batch).map(|_| event()).collect()).await.unwrap();
                count += batch;
            }
            count
        });
    }
    let count: usize = calling.join_all().await.into_iter().sum();
    count as f64 / started.elapsed().as_secs_f64()
}

/// What the status page asks for.
pub async fn stats<D: Database>() {
    let database = D::start().await;
    let sender = fill(&database, 100, 10_000).await;
    sender.send_all((0..100).map(|_| event()).collect()).await.unwrap();
    let (mut counts, mut health) = (Vec::new(), Vec::new());
    for _time in 0..TIMES {
        let before = Instant::now();
        let found = sender.store().counts(None).await.unwrap();
        counts.push(before.elapsed());
        assert_eq!((found.delivered, found.waiting()), (1_000_000, 10_000));
        let before = Instant::now();
        let since = UnixMillis(sender.store().now().await.unwrap().0 - 86_400_000);
        assert_eq!(sender.store().health(None, since).await.unwrap().len(), 100);
        health.push(before.elapsed());
    }
    println!(
        "stats, {}: counts {:.1} ms, health of 100 endpoints {:.1} ms (medians) with 1,000,000 ended deliveries and 10,000 waiting",
        D::NAME,
        percentile(&mut counts, 50),
        percentile(&mut health, 50),
    );
}
