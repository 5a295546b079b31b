//! What several scenarios use.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mambo_webhooks::send::{AddressPolicy, HttpOptions, NewEvent, Sender, Store, WorkerOptions};
use mambo_webhooks::{Profile, Renderer, Shims, Version};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::database::Database;
use crate::receiver::Receiver;

pub const SECRET: &str = "correct horse battery staple";
pub const SERVER: Version = Version::new(9, 0, 0);

/// Options of an HTTP client that trusts the receivers and reaches loopback. Names that begin with `silent` get no
/// answer for 5 s, and then a failure; all others lead to 127.0.0.1.
pub fn http(certificates: &[&[u8]]) -> HttpOptions {
    let http = HttpOptions::new(AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]));
    let http = certificates.iter().fold(http, |http, certificate| http.extra_root(certificate.to_vec()));
    http.look_up(|name| {
        Box::pin(async move {
            if name.starts_with("silent") {
                tokio::time::sleep(Duration::from_secs(5)).await;
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            Ok(vec!["127.0.0.1:0".parse().unwrap()])
        })
    })
}

pub fn sender_with<S: Store>(store: S, http: HttpOptions) -> Sender<S> {
    Sender::new(store, Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap(), http)
}

pub fn sender<S: Store>(store: S, receivers: &[&Receiver]) -> Sender<S> {
    let certificates: Vec<&[u8]> = receivers.iter().map(|receiver| receiver.certificate.as_slice()).collect();
    sender_with(store, http(&certificates))
}

/// An event of 1 kB.
pub fn event() -> NewEvent {
    event_of("ActivityCreated")
}

/// An event of 1 kB and of that type.
pub fn event_of(event_type: &str) -> NewEvent {
    let data = format!(r#"{{"uuid":"user-1","attrs":{{"type":"behaviour","text":"{}"}}}}"#, "x".repeat(900));
    NewEvent::new(event_type, SERVER, &data).unwrap()
}

/// Takes so many events of a type, in batches of 500.
pub async fn enqueue<S: Store>(sender: &Sender<S>, event_type: &str, count: usize) {
    for start in (0..count).step_by(500) {
        let events = (start..count.min(start + 500)).map(|_| event_of(event_type)).collect();
        sender.send_all(events).await.unwrap();
    }
}

/// A worker that runs until it is told to stop.
pub struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    metrics: Arc<mambo_webhooks::send::Metrics>,
}

impl Running {
    /// Starts a worker with at most so many attempts in flight.
    pub fn start<S: Store>(sender: &Sender<S>, most: usize) -> Self {
        let options = WorkerOptions::default().max_in_flight(most);
        let worker = sender.worker(options).unwrap();
        let metrics = worker.metrics();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(worker.run(async move { drop(stopped.await) }));
        Self { stop, task, metrics }
    }

    /// How many of its attempts were answered with 2xx. Asks no store.
    pub fn delivered(&self) -> u64 {
        let text = self.metrics.to_prometheus();
        let prefix = r#"mambo_webhooks_attempts_total{outcome="2xx",tenant="default"} "#;
        text.lines().find_map(|line| line.strip_prefix(prefix)).map_or(0, |count| count.parse().unwrap())
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    /// Ends it at once.
    pub fn abort(self) {
        self.task.abort();
    }
}

/// Runs a worker until it has delivered `count`; returns the seconds.
pub async fn deliver<S: Store>(sender: &Sender<S>, count: u64, most: usize) -> f64 {
    let started = Instant::now();
    let worker = Running::start(sender, most);
    while worker.delivered() < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    worker.stop().await;
    seconds
}

/// The endpoint's deliveries that were delivered.
pub async fn delivered_to<D: Database>(database: &D, endpoint: &str) -> i64 {
    database.number(&format!("SELECT delivered FROM {{}}status WHERE endpoint LIKE '%{endpoint}'")).await
}

/// Milliseconds that so many percent do not exceed.
pub fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
}

/// Whether a bar is met, for the end of a line.
pub fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// Processor seconds of a process, or of the whole machine, in Linux's hundredths.
pub fn processor(id: Option<u32>) -> f64 {
    let text = std::fs::read_to_string(id.map_or("/proc/stat".into(), |id| format!("/proc/{id}/stat"))).unwrap();
    let after = if id.is_some() { text.rsplit_once(')').unwrap().1 } else { text.lines().next().unwrap() };
    let number = |at: usize| after.split_whitespace().nth(at).unwrap().parse::<f64>().unwrap();
    // A process: user and system time. The machine: user, nice, system, and both event types of interrupts.
    let places: &[usize] = if id.is_some() { &[11, 12] } else { &[1, 2, 3, 6, 7] };
    places.iter().map(|&at| number(at)).sum::<f64>() / 100.0
}

/// A line of /proc/self/status, such as `VmRSS:`, in MB.
pub fn memory_mb(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// This program again with a subcommand. It is killed with this handle.
pub struct Process(pub Child);

impl Process {
    pub fn start(words: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self(command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().unwrap();
    }
}

/// The subcommand of a process that is a worker: until it is killed.
pub async fn work<D: Database>(address: &str, certificate: &str) {
    let certificate = certificate.replace('|', "\n").into_bytes();
    let sender = sender_with(D::open(address).await, http(&[&certificate]));
    sender.worker(WorkerOptions::default()).unwrap().run(std::future::pending()).await;
}
