//! What a crash may cost: never an event, at most a second delivery of what was under way. Real processes, real kills.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::cluster::{Cluster, connect};
use super::program::{Program, check, received, text, until, was_killed};
use super::receiver::{Manner, Receiver};
use super::scratch::Scratch;

const OK: &str = "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

async fn takes_all() -> Receiver {
    Receiver::start(vec![Manner::Says(OK.into())]).await
}

/// Ends a process by its id, which this test started.
fn signal(name: &str, id: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Each point of the crash table on one store: no event lost; a second delivery only where the first was under way.
async fn every_point(stores: impl AsyncFn(&Scratch) -> String) {
    for (point, hits, may_repeat) in [
        ("after_claim", 1, false),
        ("after_claim", 9, true),
        ("after_render", 1, false),
        ("after_render", 9, true),
        ("after_answer", 1, true),
        ("after_answer", 9, true),
        ("in_transaction", 2, true),
        ("in_transaction", 3, true),
        ("after_settle", 1, true),
        ("after_settle", 2, true),
    ] {
        let scratch = Scratch::new();
        let receiver = takes_all().await;
        let program = Program::new(stores(&scratch).await, scratch.file("authority.pem"), &receiver);
        let acknowledged = program.send(30);
        assert_eq!(acknowledged.len(), 30);
        let mut worker = program.command("worker --once --lease-seconds 1 --max-in-flight 10");
        let crashed = worker.env("MAMBO_FAIL_POINT", format!("{point}:{hits}")).output().unwrap();
        assert!(was_killed(&crashed), "{point} {hits} was never reached: {}", text(&crashed.stderr));
        program.drain();
        let repeated = check(&acknowledged, &receiver);
        println!("{point} {hits}: 0 lost, {repeated} repeated");
        assert!(repeated <= if may_repeat { 10 } else { 0 }, "{point} {hits}: {repeated} repeated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_loses_nothing_at_any_point() {
    every_point(async |scratch: &Scratch| scratch.file("store.db").display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_loses_nothing_at_any_point() {
    let cluster = Cluster::start();
    every_point(async |_: &Scratch| cluster.database().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_its_request_was_written() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::SaysAfter(300, OK)]).await;
    let program = Program::new(scratch.file("store.db").display().to_string(), scratch.file("a.pem"), &receiver);
    let acknowledged = program.send(5);
    let mut worker = program.worker();
    until("a request", || !receiver.requests().is_empty());
    worker.kill().unwrap();
    worker.wait().unwrap();
    program.drain();
    assert!(check(&acknowledged, &receiver) <= 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_random_kills_over_two_thousand_deliveries() {
    let seed: u64 =
        std::env::var("MAMBO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("MAMBO_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let scratch = Scratch::new();
    let receiver = takes_all().await;
    let program = Program::new(scratch.file("store.db").display().to_string(), scratch.file("a.pem"), &receiver);
    let mut acknowledged = Vec::new();
    let (mut kills, mut delivered) = (0, 0);
    // A slow machine's workers are killed later, until they deliver something before that.
    let mut later_ms = 0;
    while kills < 50 || acknowledged.len() < 2000 || (delivered <= 10 && kills < 150) {
        let mut workers = [program.worker(), program.worker()];
        let mut enqueuer =
            program.command("send --type Other --lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = enqueuer.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || while input.write_all(b"{\"a\":1}\n").is_ok() {});
        std::thread::sleep(Duration::from_millis(random.u64(40..200) + later_ms));
        // A worker in the middle of something, and the process that takes events in the middle of taking one.
        signal("KILL", workers[0].id());
        signal("KILL", enqueuer.id());
        let printed = BufReader::new(enqueuer.stdout.take().unwrap()).lines().map_while(Result::ok);
        let whole = |line: &String| line.len() == 36;
        acknowledged.extend(printed.filter(whole));
        std::thread::sleep(Duration::from_millis(random.u64(20..100)));
        signal("KILL", workers[1].id());
        for child in workers.iter_mut().chain([&mut enqueuer]) {
            child.wait().unwrap();
        }
        feeder.join().unwrap();
        kills += 3;
        let before = delivered;
        delivered = received(&receiver).len();
        if delivered == before {
            later_ms += 50;
        }
    }
    program.drain();
    let repeated = check(&acknowledged, &receiver);
    println!(
        "{kills} kills, {} events acknowledged, {delivered} delivered between kills, 0 lost, {repeated} repeated",
        acknowledged.len()
    );
    assert!(delivered > 10, "workers delivered while they were killed");
    assert!(repeated <= kills * 64, "{repeated}");
}

/// POSIX drops a process's locks on a file when it closes any descriptor of it; another program that opens the store
/// then resets the WAL beneath a writer that believes it holds it.
#[tokio::test(flavor = "multi_thread")]
async fn another_program_beside_the_store_costs_no_event() {
    for ending in ["KILL", "TERM"] {
        let scratch = Scratch::new();
        let receiver = takes_all().await;
        let store = scratch.file("store.db").display().to_string();
        let program = Program::new(store.clone(), scratch.file("a.pem"), &receiver);
        let mut worker = program.worker();
        let mut enqueuer =
            program.command("send --type Other --lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = enqueuer.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || {
            while input.write_all(b"{\"a\":1}\n").is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        // Until the worker has delivered beside it: how long that takes is the machine's affair.
        let backup = format!(".backup {store}.copy");
        let acts = ["SELECT count(*) FROM event;", &backup, "PRAGMA wal_checkpoint(TRUNCATE);", "VACUUM;"];
        for (count, sql) in acts.into_iter().cycle().enumerate() {
            if count >= 40 && received(&receiver).len() > 120 {
                break;
            }
            assert!(count < 4000, "the worker went on: {}", received(&receiver).len());
            let mut sqlite = Command::new("sqlite3");
            sqlite.args(["-cmd", ".timeout 10000", &store, sql]).stdout(Stdio::null()).stderr(Stdio::piped());
            let output = sqlite.output().unwrap();
            let said = text(&output.stderr);
            assert!(output.status.success() || said.contains("locked"), "{sql}: {said}");
        }
        signal("KILL", enqueuer.id());
        signal(ending, worker.id());
        let printed = BufReader::new(enqueuer.stdout.take().unwrap()).lines().map_while(Result::ok);
        let acknowledged: Vec<String> = printed.filter(|line| line.len() == 36).collect();
        for child in [&mut worker, &mut enqueuer] {
            child.wait().unwrap();
        }
        feeder.join().unwrap();
        assert!(acknowledged.len() > 100, "{}", acknowledged.len());
        let checked = Command::new("sqlite3").args([&store, "PRAGMA integrity_check"]).output().unwrap();
        assert_eq!(text(&checked.stdout).trim(), "ok");
        program.drain();
        let repeated = check(&acknowledged, &receiver);
        println!("{ending}: {} acknowledged, 0 lost, {repeated} repeated", acknowledged.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_sleeps_past_its_lease_is_told_so() {
    let scratch = Scratch::new();
    let receiver =
        Receiver::start(vec![Manner::Says(OK.into()), Manner::SaysAfter(300, OK), Manner::Says(OK.into())]).await;
    let program = Program::new(scratch.file("store.db").display().to_string(), scratch.file("a.pem"), &receiver);
    program.drain();
    let acknowledged = program.send(1);
    let sleeper = program.worker();
    until("the event's request", || receiver.requests().len() >= 2);
    signal("STOP", sleeper.id());
    std::thread::sleep(Duration::from_millis(1500));
    program.drain();
    signal("CONT", sleeper.id());
    std::thread::sleep(Duration::from_millis(700));
    signal("TERM", sleeper.id());
    assert!(sleeper.wait_with_output().unwrap().status.success(), "it stops when it is asked to");
    let said = program.said();
    assert!(said.contains("an attempt ended after its lease"), "{said}");
    let log = program.json(&format!("log --event {}", acknowledged[0]));
    assert_eq!(log.as_array().unwrap().len(), 1, "one attempt counts, though two were made: {log}");
    assert_eq!(check(&acknowledged, &receiver), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_worker_that_is_asked_to_stop_ends_what_it_began_and_no_more() {
    let scratch = Scratch::new();
    let receiver = takes_all().await;
    let program = Program::new(scratch.file("store.db").display().to_string(), scratch.file("a.pem"), &receiver);
    let acknowledged = program.send(3000);
    let worker = program.worker();
    until("a hundred requests", || receiver.requests().len() > 100);
    signal("TERM", worker.id());
    assert!(worker.wait_with_output().unwrap().status.success());
    let stats = program.json("stats");
    assert_eq!(stats["leased"], 0, "what was under way was ended and said");
    assert!(stats["waiting"].as_u64().unwrap() > 0, "it did not go on to the end of the backlog: {stats}");
    program.drain();
    assert_eq!(check(&acknowledged, &receiver), 0, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_and_drops_its_connections() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::SaysAfter(20, OK)]).await;
    let program = Program::new(url.clone(), scratch.file("a.pem"), &receiver);
    let acknowledged = program.send(400);
    let worker = program.worker();
    for round in 0..3 {
        until("a hundred more", || receiver.requests().len() > 100 * (round + 1));
        if round == 1 {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL";
            connect(&url).await.batch_execute(sql).await.unwrap();
        } else {
            cluster.crash();
        }
    }
    until("all of them", || receiver.requests().len() > 400);
    signal("TERM", worker.id());
    assert!(worker.wait_with_output().unwrap().status.success());
    program.drain();
    let repeated = check(&acknowledged, &receiver);
    println!("three interruptions: 0 lost, {repeated} repeated");
    assert!(repeated <= 3 * 64, "{repeated}: what was under way each time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_what_was_acknowledged_before_is_delivered() {
    let scratch = Scratch::new();
    let Some(disk) = Disk::new(scratch.file("disk")) else {
        println!("not run: only root may make a small disk");
        return;
    };
    let receiver = takes_all().await;
    let program = Program::new(disk.0.join("store.db").display().to_string(), scratch.file("a.pem"), &receiver);
    let mut child =
        program.command("send --type Other --lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(2000));
    let feeder = std::thread::spawn(move || while input.write_all(line.as_bytes()).is_ok() {});
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let (acknowledged, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    let acknowledged: Vec<String> = acknowledged.lines().map(str::to_owned).collect();
    let expected = format!(
        "mambo-webhooks: line {}: store_failed: the store failed: database or disk is full; the lines before it are taken",
        acknowledged.len() + 1
    );
    assert_eq!(said.trim().lines().last(), Some(expected.as_str()));
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    // With room again, everything that was acknowledged is there, and nothing else.
    disk.grow();
    program.drain();
    assert_eq!(check(&acknowledged, &receiver), 0);
    assert_eq!(received(&receiver).len(), acknowledged.len());
}

/// A disk of little more than a megabyte, in memory. It is gone with this handle.
struct Disk(PathBuf);

impl Disk {
    /// None where this user may not mount one.
    fn new(path: PathBuf) -> Option<Self> {
        std::fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=1200k", "tmpfs"]).arg(&path).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(path))
    }

    fn grow(&self) {
        assert!(Command::new("mount").args(["-o", "remount,size=50m"]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().unwrap();
    }
}
