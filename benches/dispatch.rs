//! How fast the sender is, over TLS on loopback, with a receiver in a process of its own. Prints lines for
//! docs/DISPATCH.md: `cargo bench --bench dispatch --features postgres -- sqlite|postgres|backlog|hanging`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark reads the clock, and ends by panicking"
)]

#[path = "../tests/send/cluster.rs"]
#[allow(unreachable_pub, reason = "shared with the tests")]
mod cluster;
#[path = "../tests/send/scratch.rs"]
#[allow(unreachable_pub, reason = "shared with the tests")]
mod scratch;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mambo_webhooks::send::store::Capacity;
use mambo_webhooks::send::{Guard, HttpOptions, NewEvent, Postgres, Sender, Settings, Sqlite, Store, WorkerOptions};
use mambo_webhooks::{Profile, Release, Renderer, Shims, UnixMillis};
use scratch::Scratch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const SECRET: &str = "correct horse battery staple";
const SERVER: Release = Release::new(9, 0, 0);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.first().map(String::as_str) {
        Some("receive") => runtime.block_on(receive(words[1].parse().unwrap())),
        Some("postgres") => runtime.block_on(async {
            let cluster = cluster::Cluster::start();
            throughput("PostgreSQL", Postgres::connect(&cluster.database().await).await.unwrap(), 20_000).await;
        }),
        Some("backlog") => runtime.block_on(backlog()),
        Some("hanging") => runtime.block_on(hanging()),
        _ => runtime.block_on(async {
            let scratch = Scratch::new();
            throughput("SQLite", Sqlite::open(scratch.file("store.db")).unwrap(), 40_000).await;
        }),
    }
}

/// Takes everything, after so many milliseconds; the first line it prints is its port, then its certificate.
async fn receive(delay_ms: u64) {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}\n{}", listener.local_addr().unwrap().port(), own.cert.pem().replace('\n', "|"));
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            socket.set_nodelay(true).unwrap();
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            let (mut buffer, mut filled) = (vec![0_u8; 64 * 1024], 0);
            loop {
                let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await else { return };
                filled += read;
                let Some(end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let head = String::from_utf8_lossy(&buffer[..end]);
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if filled < end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap()) {
                    continue;
                }
                filled = 0;
                tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                    return;
                }
            }
        });
    }
}

struct Receiver {
    child: Child,
    port: String,
    certificate: Vec<u8>,
}

impl Receiver {
    fn start(delay_ms: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(["receive", &delay_ms.to_string()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap();
        let certificate = lines.next().unwrap().unwrap().replace('|', "\n").into_bytes();
        Self { child, port, certificate }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}/hook", self.port)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn sender<S: Store>(store: S, receivers: &[&Receiver]) -> Sender<S> {
    let mut http = HttpOptions::new(Guard::allowing(vec!["127.0.0.0/8".parse().unwrap()]));
    http.extra_roots = receivers.iter().map(|receiver| receiver.certificate.clone()).collect();
    Sender::new(store, Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap(), http)
}

fn event() -> NewEvent {
    let data = format!(r#"{{"uuid":"user-1","attrs":{{"type":"behaviour","text":"{}"}}}}"#, "x".repeat(900));
    NewEvent::new("ActivityCreated", SERVER, &data).unwrap()
}

/// Runs a worker until `count` are delivered; hands back the seconds.
async fn deliver<S: Store>(sender: &Sender<S>, count: u64, most: usize) -> f64 {
    let mut options = WorkerOptions::default();
    options.max_in_flight = most;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let started = Instant::now();
    let worker = tokio::spawn(sender.worker(options).unwrap().run(async move { drop(stopped.await) }));
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if sender.store().counts().await.unwrap().delivered >= count {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    stop.send(()).unwrap();
    worker.await.unwrap();
    seconds
}

async fn throughput<S: Store + Clone>(name: &str, store: S, count: u64) {
    let receiver = Receiver::start(0);
    let sender = sender(store, &[&receiver]);
    for number in 0..4 {
        let settings = Settings::new(&receiver.url(), SECRET).max_in_flight(128);
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
    times.sort_unstable();
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    let p = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{name}: enqueue, 4 deliveries an event, 32 callers: {rate:.0} events/s, p50 {:.2} ms, p99 {:.2} ms",
        p(50),
        p(99)
    );
    let all = sender.store().counts().await.unwrap();
    let deliveries = all.waiting;
    let own = std::process::id();
    let now = || [None, Some(receiver.child.id()), Some(own)].map(processor);
    let before = now();
    let seconds = deliver(&sender, all.delivered + all.waiting, 512).await;
    let after = now();
    let rate = deliveries as f64 / seconds;
    println!("{name}: {deliveries} durable deliveries of 1 kB over TLS in {seconds:.2} s: {rate:.0}/s");
    let [all, receiver, worker] = [0, 1, 2].map(|at| (after[at] - before[at]) / seconds);
    let rest = all - receiver - worker;
    println!(
        "{name}: processors busy {all:.2}: worker {worker:.2}, receiver {receiver:.2}, database and others {rest:.2}"
    );
}

/// What a claim and a settlement cost, and what the process holds, while more and more waits.
async fn backlog() {
    let scratch = Scratch::new();
    let store = Sqlite::open(scratch.file("store.db")).unwrap();
    let receiver = Receiver::start(0);
    let sender = sender(store, &[&receiver]);
    let settings = Settings::new(&receiver.url(), SECRET).max_in_flight(64);
    sender.add_endpoint("e", settings).await.unwrap();
    let mut queued = 1;
    for target in [1_000_u64, 10_000, 100_000, 1_000_000] {
        while queued < target {
            let batch = (target - queued).min(1000);
            let events = (0..batch).map(|_| NewEvent::new("Other", SERVER, r#"{"a":1}"#).unwrap()).collect();
            sender.send_all(events).await.unwrap();
            queued += batch;
        }
        let before = sender.store().counts().await.unwrap();
        let seconds = deliver(&sender, before.delivered + 500, 64).await;
        let delivered = sender.store().counts().await.unwrap().delivered - before.delivered;
        queued -= delivered;
        let started = Instant::now();
        let most = Capacity { deliveries: 64, slow: 64, bytes: usize::MAX };
        let claims = sender.store().claim(most, Duration::ZERO).await.unwrap().claims.len();
        let claim = started.elapsed().as_secs_f64() * 1000.0;
        println!(
            "backlog {target}: {:.0} deliveries/s, {claims} claimed in {claim:.2} ms, {} MB resident",
            delivered as f64 / seconds,
            resident_mb()
        );
    }
}

/// Processor seconds of a process, or of the whole machine, in Linux's hundredths.
fn processor(id: Option<u32>) -> f64 {
    let text = std::fs::read_to_string(id.map_or("/proc/stat".into(), |id| format!("/proc/{id}/stat"))).unwrap();
    let after = if id.is_some() { text.rsplit_once(')').unwrap().1 } else { text.lines().next().unwrap() };
    let number = |at: usize| after.split_whitespace().nth(at).unwrap().parse::<f64>().unwrap();
    // A process: user and system time. The machine: user, nice, system, and both kinds of interrupts.
    let places: &[usize] = if id.is_some() { &[11, 12] } else { &[1, 2, 3, 6, 7] };
    places.iter().map(|&at| number(at)).sum::<f64>() / 100.0
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// What the healthy endpoints notice when one of a hundred never answers.
async fn hanging() {
    for hangs in [false, true] {
        let scratch = Scratch::new();
        let (good, bad) = (Receiver::start(0), Receiver::start(60_000));
        let sender = sender(Sqlite::open(scratch.file("store.db")).unwrap(), &[&good, &bad]);
        for number in 0..100 {
            let url = if hangs && number == 0 { bad.url() } else { good.url() };
            sender.add_endpoint(&format!("e{number:02}"), Settings::new(&url, SECRET)).await.unwrap();
        }
        for _event in 0..50 {
            sender.send(event()).await.unwrap();
        }
        let healthy = if hangs { 99 * 51 } else { 100 * 51 };
        let seconds = deliver(&sender, healthy, 128).await;
        let health = sender.store().health(UnixMillis(0)).await.unwrap();
        let slowest = health.iter().skip(1).map(|health| health.p99_ms).max().unwrap();
        let shown = if hangs { "1 of 100 hangs" } else { "none hangs" };
        println!("{shown}: {healthy} deliveries to the healthy ones in {seconds:.2} s, slowest p99 {slowest} ms");
    }
}
