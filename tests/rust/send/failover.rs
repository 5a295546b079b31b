//! What the loss of a database host may cost: never an acknowledged event. Real servers, on hosts in network
//! namespaces.

mod feed;
mod program;
mod receiver;
mod relay;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::cluster::{Cluster, connect};
use super::netns::{Host, Network, Server};
use super::scratch::Scratch;
use feed::Feed;
use program::{Program, Worker};
use receiver::Receiver;
use relay::Relay;

const SECRET: &str = "correct horse battery staple";
/// How long after the loss of the primary the standby is promoted: what a monitor takes to be sure.
const DETECTION: Duration = Duration::from_secs(2);
/// How many events are acknowledged before the loss, and at least after the promotion.
const FLOW: usize = 300;
/// How long something that has to happen may take.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One test at a time: each has two processors to itself, and the figures mean something.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_failover_with_the_address_moved_loses_nothing() {
    fail_over("the address moved", Redirect::MovedAddress);
}

#[test]
fn a_failover_by_a_list_of_hosts_loses_nothing() {
    fail_over("a list of hosts", Redirect::ListOfHosts);
}

/// How workers and senders find the standby.
#[derive(Clone, Copy, PartialEq)]
enum Redirect {
    /// The standby takes over the primary's address, and the network is told so.
    MovedAddress,
    /// Their URL names both. Nothing tells them that the first is gone: each connection has to find out.
    ListOfHosts,
}

/// Loses the primary while events flow, and promotes the standby; then everything that was acknowledged has to arrive.
fn fail_over(name: &str, redirect: Redirect) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut network) = Network::new() else {
        println!("not run: only root may make network namespaces");
        return;
    };
    let (primary, standby) = (network.host(1), network.host(2));
    let hosts = [network.host(11), network.host(12)];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scratch = Scratch::new();
    let primary_server = Server::primary(&primary, &network);
    let standby_server = Server::standby(&standby, &primary_server);
    runtime.block_on(make_synchronous(&primary));

    let receiver = runtime.block_on(Receiver::start(&network.own_address(), Duration::ZERO));
    let (first, second) = (&primary.address, &standby.address);
    let store = match redirect {
        Redirect::MovedAddress => format!("postgres://mambo@{first}/postgres?sslmode=disable"),
        Redirect::ListOfHosts => {
            format!("postgres://mambo@{first},{second}/postgres?target_session_attrs=read-write&sslmode=disable")
        }
    };
    let program = Program::new(store, scratch.file("authority.pem"), &receiver);
    program.add_endpoint(Some(&hosts[0]), "e", &receiver);
    let worker =
        |(number, host)| program.worker(Some(host), "--lease-seconds 3", scratch.file(&format!("worker{number}.log")));
    let workers: Vec<Worker> = hosts.iter().enumerate().map(worker).collect();
    let feed = Feed::start(program.clone(), hosts[0].clone());
    let begun = Instant::now();
    assert!(wait(|| feed.acknowledged_since(begun) >= FLOW && receiver.count() >= FLOW / 2), "events flow");

    primary.silence();
    if redirect == Redirect::ListOfHosts {
        for host in &hosts {
            host.black_hole(&primary.address);
        }
    }
    let lost_at = Instant::now();
    std::thread::sleep(DETECTION);
    standby_server.promote();
    if redirect == Redirect::MovedAddress {
        standby.take_over(&primary.address);
        for host in &hosts {
            host.forget_neighbours();
        }
    }
    let promoted_at = Instant::now();
    let flowed = wait(|| feed.acknowledged_since(promoted_at) >= FLOW);
    let (acknowledged, failures) = feed.stop();

    let all_arrived = wait(|| {
        // Checks signatures, which takes its time, only when it may be true.
        receiver.count() >= acknowledged.len() && {
            let counts = receiver.counts();
            acknowledged.iter().all(|(_, id)| counts.contains_key(id))
        }
    });
    let counts = receiver.counts();
    let lost = acknowledged.iter().filter(|(_, id)| !counts.contains_key(id)).count();
    let repeated: u32 = counts.values().map(|count| count - 1).sum();
    let times: Vec<Instant> = acknowledged.iter().map(|(at, _)| *at).collect();
    println!(
        "{name}: {} acknowledged, {lost} lost, {repeated} delivered again; promoted {:.2} s after the loss; from then \
         {} to the next acknowledged event, {} to the next delivery; senders that ended: {failures:?}",
        acknowledged.len(),
        promoted_at.duration_since(lost_at).as_secs_f64(),
        next(&times, promoted_at),
        next(&receiver.times(), promoted_at),
    );
    let warnings: Vec<String> = workers.iter().map(Worker::warnings).collect();
    assert!(flowed, "no events were acknowledged after the promotion: {failures:?}");
    assert!(all_arrived, "{lost} of {} lost; workers warned {warnings:?}", acknowledged.len());
}

/// A host whose kernel still accepts connections while its server says nothing: frozen, or out of disk or memory.
#[test]
fn a_host_that_accepts_and_says_nothing_is_passed_over() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scratch = Scratch::new();
    let cluster = Cluster::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap();
    let receiver = runtime.block_on(Receiver::start("127.0.0.1", Duration::ZERO));
    let url = runtime.block_on(cluster.database());
    let both = url.replace('@', &format!("@{silent},")) + "?target_session_attrs=read-write";
    let program = Program::new(both, scratch.file("authority.pem"), &receiver);
    program.add_endpoint(None, "e", &receiver);
    // With no other host, it says so.
    let program = Program { store: format!("postgres://mambo@{silent}/test"), ..program };
    let output = program.command(None, "stats").output().unwrap();
    let expected =
        "mambo-webhooks: store_failed: the store failed: the database did not answer a new connection in time";
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), expected);
}

/// Waits until the standby replicates, and makes the primary wait for it from then on.
async fn make_synchronous(primary: &Host) {
    let client = connect(&format!("postgres://mambo@{}/postgres?sslmode=disable", primary.address)).await;
    client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    for _wait in 0..1000 {
        let sql = "SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
        if !client.query(sql, &[]).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the standby did not become synchronous");
}

/// Waits until something is so; returns whether it came to be.
fn wait(mut is_so: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < LONGEST_WAIT {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// How long after a moment the first of these times is.
fn next(times: &[Instant], after: Instant) -> String {
    let first = times.iter().filter(|at| **at > after).min();
    first.map_or_else(|| "never".into(), |at| format!("{:.2} s", at.duration_since(after).as_secs_f64()))
}

/// One worker, then four, deliver the same backlog, with 4 ms for each statement to travel. Their claims must not wait
/// for each other's travels. Receivers are slow enough that a worker waits for them and not for a processor.
#[test]
fn workers_over_a_slow_link_deliver_everything_once() {
    const EVENTS: usize = 1000;
    const ENDPOINTS: usize = 4;
    const DELAY: Duration = Duration::from_millis(2);
    const ANSWER_AFTER: Duration = Duration::from_millis(50);
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scratch = Scratch::new();
    let cluster = Cluster::start();
    let filled = runtime.block_on(cluster.database());
    let receiver = runtime.block_on(Receiver::start("127.0.0.1", ANSWER_AFTER));
    let program = Program::new(filled.clone(), scratch.file("authority.pem"), &receiver);
    for number in 0..ENDPOINTS {
        program.add_endpoint(None, &format!("e{number}"), &receiver);
    }
    let acknowledged = program.send(EVENTS);
    let mut rates = Vec::new();
    for count in [1, 4] {
        // A copy of the same backlog.
        let url = runtime.block_on(copy(&filled, &format!("{count}_workers")));
        let relay = runtime.block_on(Relay::start(&url, DELAY));
        let program = Program { store: relay.url.clone(), ..program.clone() };
        receiver.forget();
        let log = |number| scratch.file(&format!("worker{count}-{number}.log"));
        let worker = |number| program.worker(None, "--max-in-flight 32", log(number));
        let workers: Vec<Worker> = (0..count).map(worker).collect();
        // Each endpoint got a Ping too.
        let all = (EVENTS + 1) * ENDPOINTS;
        let has_arrived = wait(|| receiver.count() >= all);
        let times = receiver.times();
        let took = times.iter().max().unwrap().duration_since(*times.iter().min().unwrap());
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let rate = times.len() as f64 / took.as_secs_f64();
        println!("workers: {count}, deliveries: {} of {all} in {took:.2?}, {rate:.0} a second", times.len());
        let warnings: Vec<String> = workers.iter().map(Worker::warnings).collect();
        assert!(has_arrived, "workers warned {warnings:?}");
        let counts = receiver.counts();
        let endpoints = u32::try_from(ENDPOINTS).unwrap();
        let other = acknowledged.iter().filter(|id| counts.get(*id) != Some(&endpoints)).count();
        assert_eq!(other, 0, "events that did not arrive once at each endpoint; workers warned {warnings:?}");
        rates.push(rate);
    }
    println!("4 workers are {:.2} times as fast as 1", rates[1] / rates[0]);
}

/// Copies a database that no connection has open.
async fn copy(url: &str, name: &str) -> String {
    let (server, original) = url.rsplit_once('/').unwrap();
    let maintenance = connect(&format!("{server}/postgres")).await;
    maintenance.batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE \"{original}\"")).await.unwrap();
    format!("{server}/{name}")
}
