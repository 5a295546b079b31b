//! Scenario `other`: another program reads and writes the SQLite file while events are taken and delivered.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mambo_webhooks::send::{EndpointSettings, NewEvent, Store};

use crate::common::{Process, Running, SECRET, SERVER, met, sender};
use crate::database::{Database, File};
use crate::receiver::Receiver;

const RUNS: usize = 20;
const EVENTS: usize = 200;

pub async fn other() {
    let (mut acknowledged, mut lost) = (0, 0);
    for run in 0..RUNS {
        let (more, missing) = one(["KILL", "TERM"][run % 2]).await;
        acknowledged += more;
        lost += missing;
    }
    println!(
        "other, SQLite: {acknowledged} acknowledged in {RUNS} runs beside another program, {lost} lost ({})",
        met(lost == 0)
    );
}

/// The subcommand of a process that takes events: prints the number of each when it is acknowledged.
pub async fn take(address: &str) {
    let sender = sender(File::open(address).await, &[]);
    for number in 0.. {
        let data = format!(r#"{{"n":{number}}}"#);
        sender.send(NewEvent::new("Other", SERVER, &data).unwrap()).await.unwrap();
        let mut output = std::io::stdout().lock();
        writeln!(output, "{number}").unwrap();
        output.flush().unwrap();
        drop(output);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn one(ending: &str) -> (usize, usize) {
    let database = File::start().await;
    let mut receiver = Receiver::printing();
    let received: Arc<Mutex<HashSet<u64>>> = Arc::default();
    let (lines, seen) = (receiver.lines(), Arc::clone(&received));
    let reading = std::thread::spawn(move || {
        for (_, body) in lines {
            let Some((_, rest)) = body.split_once(r#""n":"#) else { continue };
            let number = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
            seen.lock().unwrap().insert(number);
        }
    });
    {
        let sender = sender(database.store().await, &[&receiver]);
        sender.add_endpoint("e", EndpointSettings::new(&receiver.url(), SECRET)).await.unwrap();
    }
    let mut worker = Process::start(&["work", &database.address(), &receiver.certificate_word()]);
    let mut taking = Process::start(&["take", &database.address()]);
    let path = database.address();
    let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let other = std::thread::spawn(move || {
        let backup = format!(".backup {path}.copy");
        let acts = ["SELECT count(*) FROM event;", &backup, "PRAGMA wal_checkpoint(TRUNCATE);", "VACUUM;"];
        for sql in acts.into_iter().cycle() {
            if over.load(std::sync::atomic::Ordering::Relaxed) {
                return;
            }
            let mut sqlite = Command::new("sqlite3");
            sqlite.args(["-cmd", ".timeout 10000", &path, sql]).stdout(Stdio::null()).stderr(Stdio::null());
            sqlite.status().unwrap();
        }
    });
    let lines = BufReader::new(taking.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let numbers: Vec<u64> = lines.take(EVENTS).map(|line| line.parse().unwrap()).collect();
    taking.0.kill().unwrap();
    signal(ending, worker.0.id());
    worker.0.wait().unwrap();
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    other.join().unwrap();
    let integrity = Command::new("sqlite3").args([&database.address(), "PRAGMA integrity_check"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&integrity.stdout).trim(), "ok");
    drain(&database, &receiver, || numbers.iter().all(|number| received.lock().unwrap().contains(number))).await;
    let missing = numbers.iter().filter(|number| !received.lock().unwrap().contains(number)).count();
    drop(receiver);
    reading.join().unwrap();
    (numbers.len(), missing)
}

/// Runs a worker in this process until everything is there, or nothing waits any more.
async fn drain(database: &File, receiver: &Receiver, is_complete: impl Fn() -> bool) {
    let sender = sender(database.store().await, &[receiver]);
    // What the killed worker had leased waits for the end of its lease.
    database.execute("UPDATE queue SET lease_until = 0 WHERE state = 2", "").await;
    let worker = Running::start(&sender, 64);
    let started = Instant::now();
    while !is_complete() && started.elapsed() < Duration::from_secs(20) {
        let counts = sender.store().counts(None).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        if counts.waiting() + counts.leased == 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            break;
        }
    }
    worker.stop().await;
}

fn signal(name: &str, id: u32) {
    Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().unwrap();
}
