//! Scenarios `sqlite`, `postgres`, `backlog` and `hanging`.

use std::time::{Duration, Instant};

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::Capacity;
use mambo_webhooks::send::{EndpointSettings, NewEvent, Sqlite, Store};

use crate::common::{SECRET, SERVER, deliver, event, memory_mb, percentile, processor, sender};
use crate::database::{Database, File};
use crate::receiver::Receiver;
use crate::scratch::Scratch;

/// How fast events are taken and delivered.
pub async fn throughput<D: Database>(count: u64) {
    let name = D::NAME;
    let database = D::start().await;
    let receiver = Receiver::start(0);
    let sender = sender(database.store().await, &[&receiver]);
    for number in 0..4 {
        let settings = EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(128);
        sender.add_endpoint(&format!("e{number}"), settings).await.unwrap();
    }
    deliver(&sender, 4, 64).await;
    // Enqueued one at a time by 32 callers, as an application would.
    let started = Instant::now();
    let mut callers = Vec::new();
    for _caller in 0..32 {
        let sender = sender.clone();
        callers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            for _event in 0..count / 4 / 32 {
                let before = Instant::now();
                sender.send(event()).await.unwrap();
                times.push(before.elapsed());
            }
            times
        }));
    }
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await.unwrap());
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
    println!(
        "{name}: enqueue, 4 deliveries an event, 32 callers: {rate:.0} events/s, p50 {p50:.2} ms, p99 {p99:.2} ms"
    );
    let deliveries = sender.store().counts(None).await.unwrap().waiting();
    let own = std::process::id();
    let now = || [None, Some(receiver.id()), Some(own)].map(processor);
    let (before, server) = (now(), database.processor());
    let seconds = deliver(&sender, deliveries, 512).await;
    let (after, server) = (now(), (database.processor() - server) / seconds);
    let rate = deliveries as f64 / seconds;
    println!("{name}: {deliveries} durable deliveries of 1 kB over TLS in {seconds:.2} s: {rate:.0}/s");
    let [all, receiver, worker] = [0, 1, 2].map(|at| (after[at] - before[at]) / seconds);
    let rest = all - receiver - worker - server;
    println!(
        "{name}: processors busy {all:.2}: worker {worker:.2}, receiver {receiver:.2}, database {server:.2}, others {rest:.2}"
    );
}

/// What a claim and a settlement cost, and what the process holds, while more and more waits.
pub async fn backlog() {
    let scratch = Scratch::new();
    let store = Sqlite::open(scratch.file("store.db")).unwrap();
    let receiver = Receiver::start(0);
    let sender = sender(store, &[&receiver]);
    let settings = EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(64);
    sender.add_endpoint("e", settings).await.unwrap();
    let mut queued = 1;
    for target in [1_000_u64, 10_000, 100_000, 1_000_000] {
        while queued < target {
            let batch = (target - queued).min(1000);
            let events = (0..batch).map(|_| NewEvent::new("Other", SERVER, r#"{"a":1}"#).unwrap()).collect();
            sender.send_all(events).await.unwrap();
            queued += batch;
        }
        let before = sender.store().counts(None).await.unwrap();
        let seconds = deliver(&sender, (target / 2).min(5_000), 64).await;
        let delivered = sender.store().counts(None).await.unwrap().delivered - before.delivered;
        queued -= delivered;
        let started = Instant::now();
        let most = Capacity { deliveries: 64, slow: 64, bytes: usize::MAX };
        let claims = sender.store().claim(most, Duration::ZERO).await.unwrap().claims.len();
        let claim = started.elapsed().as_secs_f64() * 1000.0;
        println!(
            "backlog {target}: {:.0} deliveries/s, {claims} claimed in {claim:.2} ms, {} MB resident",
            delivered as f64 / seconds,
            memory_mb("VmRSS:")
        );
    }
}

/// What the healthy endpoints notice when one of a hundred never answers.
pub async fn hanging() {
    for hangs in [false, true] {
        let database = File::start().await;
        let (good, bad) = (Receiver::start(0), Receiver::start(60_000));
        let sender = sender(database.store().await, &[&good, &bad]);
        for number in 0..100 {
            let url = if hangs && number == 0 { bad.url() } else { good.url() };
            sender.add_endpoint(&format!("e{number:02}"), EndpointSettings::new(&url, SECRET)).await.unwrap();
        }
        for _event in 0..50 {
            sender.send(event()).await.unwrap();
        }
        let healthy = if hangs { 99 * 51 } else { 100 * 51 };
        let seconds = deliver(&sender, healthy, 128).await;
        let health = sender.store().health(None, UnixMillis(0)).await.unwrap();
        let slowest = health.iter().skip(1).map(|health| health.p99).max().unwrap();
        let shown = if hangs { "1 of 100 hangs" } else { "none hangs" };
        println!("{shown}: {healthy} deliveries to the healthy ones in {seconds:.2} s, slowest p99 {slowest:?}");
    }
}
