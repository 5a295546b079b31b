//! What the loss of a database host may cost: never an acknowledged event. Real servers, on hosts in network
//! namespaces.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mambo_webhooks::{KeyRing, UnixMillis};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::cluster::{Cluster, connect};
use super::netns::{Host, Network, Server};
use super::scratch::Scratch;

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

/// Calls of the program that share a store and a receiver.
#[derive(Clone)]
struct Program {
    store: String,
    certificate: PathBuf,
}

impl Program {
    fn new(store: String, certificate: PathBuf, receiver: &Receiver) -> Self {
        std::fs::write(&certificate, &receiver.authority).unwrap();
        Self { store, certificate }
    }

    /// A call on a host, or on the machine itself.
    fn command(&self, host: Option<&Host>, words: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_mambo-webhooks");
        let mut command = host.map_or_else(|| Command::new(program), |host| host.command(program));
        command.args(words.split(' ')).args(["--store", &self.store, "--allow", "10.77.0.0/16"]);
        command.args(["--allow", "127.0.0.0/8", "--root-certificates"]).arg(&self.certificate);
        command.env("MAMBO_SECRET", SECRET).env("RUST_LOG", "warn").stdin(Stdio::null());
        command
    }

    fn add_endpoint(&self, host: Option<&Host>, id: &str, receiver: &Receiver) {
        let words = format!("endpoint add {id} https://{}/hook --max-in-flight 64", receiver.address);
        let added = self.command(host, &words).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }

    /// Sends so many events; returns their ids.
    fn send(&self, count: usize) -> Vec<String> {
        let mut command = self.command(None, "send --type Other --lines");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let lines = "{\"a\":1}\n".repeat(count);
        let feeder = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let ids: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(ids.len(), count);
        ids
    }

    fn worker(&self, host: Option<&Host>, options: &str, log: PathBuf) -> Worker {
        let mut command = self.command(host, &format!("worker {options}"));
        let file = File::create(&log).unwrap();
        Worker { process: command.stdout(Stdio::null()).stderr(file).spawn().unwrap(), log }
    }
}

/// A worker. It is killed with this handle.
struct Worker {
    process: Child,
    log: PathBuf,
}

impl Worker {
    /// What it warned of.
    fn warnings(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// When each event was acknowledged, and its id.
type Acknowledged = Vec<(Instant, String)>;

/// A stream of events, one each 5 ms. A sender that ends because the store failed is started again.
struct Feed {
    should_stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    thread: JoinHandle<Vec<String>>,
}

impl Feed {
    fn start(program: Program, host: Host) -> Self {
        let (should_stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, all) = (Arc::clone(&should_stop), Arc::clone(&acknowledged));
        let thread = std::thread::spawn(move || {
            let mut failures = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let mut command = program.command(Some(&host), "send --type Other --lines");
                let mut child =
                    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                let mut input = child.stdin.take().unwrap();
                let output = BufReader::new(child.stdout.take().unwrap());
                let printed = Arc::clone(&all);
                let reader = std::thread::spawn(move || {
                    // A line that is not whole was not acknowledged.
                    for id in output.lines().map_while(Result::ok).filter(|line| line.len() == 36) {
                        printed.lock().unwrap().push((Instant::now(), id));
                    }
                });
                while !stopped.load(Ordering::Relaxed) && input.write_all(b"{\"a\":1}\n").is_ok() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                drop(input);
                let output = child.wait_with_output().unwrap();
                reader.join().unwrap();
                if !output.status.success() {
                    failures.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            failures
        });
        Self { should_stop, acknowledged, thread }
    }

    /// How many events were acknowledged after a moment.
    fn acknowledged_since(&self, moment: Instant) -> usize {
        self.acknowledged.lock().unwrap().iter().rev().take_while(|(at, _)| *at > moment).count()
    }

    /// Ends the stream; returns what was acknowledged, and what senders said that ended before.
    fn stop(self) -> (Acknowledged, Vec<String>) {
        self.should_stop.store(true, Ordering::Relaxed);
        let failures = self.thread.join().unwrap();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        (acknowledged, failures)
    }
}

/// One request, and when it came in.
struct Request {
    at: Instant,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A receiver with TLS that keeps connections open and takes everything, each request after a while.
struct Receiver {
    address: SocketAddr,
    authority: Vec<u8>,
    requests: Arc<Mutex<Vec<Request>>>,
    _task: JoinSet<()>,
}

impl Receiver {
    async fn start(address: &str, answer_after: Duration) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let (acceptor, authority) = tls(address);
        let (requests, address) = (Arc::new(Mutex::new(Vec::new())), listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        let seen = Arc::clone(&requests);
        task.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let mut bytes = Vec::new();
                    while let Some(request) = read(&mut stream, &mut bytes).await {
                        seen.lock().unwrap().push(request);
                        tokio::time::sleep(answer_after).await;
                        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, authority, requests, _task: task }
    }

    /// How often each event came in, with every signature verified. Pings are left out.
    fn counts(&self) -> HashMap<String, u32> {
        let core = mambo_webhooks::Receiver::new(KeyRing::single(SECRET).unwrap());
        let mut counts = HashMap::new();
        for Request { headers, body, .. } in self.requests.lock().unwrap().iter() {
            let (_, signature) = headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
            let seconds = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
            let received = core.receive(headers, body, UnixMillis::from_seconds(seconds)).unwrap();
            if received.event.event_type() == Some("Other") {
                *counts.entry(received.id.unwrap().into_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// How many requests came in.
    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// When requests came in.
    fn times(&self) -> Vec<Instant> {
        self.requests.lock().unwrap().iter().map(|request| request.at).collect()
    }

    fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }
}

/// A certificate for an address, and what trusts it.
fn tls(address: &str) -> (TlsAcceptor, Vec<u8>) {
    let own = rcgen::generate_simple_self_signed(vec![address.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), own.cert.pem().into_bytes())
}

/// Reads the next request of a connection; `bytes` holds what came in after the one before.
async fn read(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = std::str::from_utf8(&bytes[..end]).unwrap();
            let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
            let headers: Vec<(String, String)> = text.lines().skip(1).filter_map(pair).collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let whole = end + 4 + length.map_or(0, |(_, value)| value.parse().unwrap());
            if bytes.len() >= whole {
                let body = bytes[end + 4..whole].to_vec();
                bytes.drain(..whole);
                return Some(Request { at: Instant::now(), headers, body });
            }
        }
        let mut chunk = [0; 8192];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// A relay to a database that delays what is sent, in each direction. It ends with this handle.
struct Relay {
    /// The database's URL with the relay's address.
    url: String,
    _task: JoinSet<()>,
}

impl Relay {
    async fn start(url: &str, delay: Duration) -> Self {
        let (user, rest) = url.split_once('@').unwrap();
        let (database, name) = rest.split_once('/').unwrap();
        let database: SocketAddr = database.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{name}", listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(database).await.unwrap();
                for socket in [&client, &server] {
                    socket.set_nodelay(true).unwrap();
                }
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                pass_on(from_client, to_server, delay);
                pass_on(from_server, to_client, delay);
            }
        });
        Self { url, _task: task }
    }
}

/// Passes on what comes in, each piece after the same delay: a longer way, not a narrower one.
fn pass_on(
    mut from: impl AsyncRead + Send + Unpin + 'static,
    mut to: impl AsyncWrite + Send + Unpin + 'static,
    delay: Duration,
) {
    let (underway, mut arrived) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            if underway.send((tokio::time::Instant::now() + delay, chunk[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((due, piece)) = arrived.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        to.shutdown().await.ok();
    });
}
