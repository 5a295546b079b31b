//! The sender's commands, over either store.

use std::fs;
use std::io::{BufRead, stdin};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use mambo_webhooks::send::endpoint::Reason;
use mambo_webhooks::send::store::Counts;
use mambo_webhooks::send::{
    Enqueued, Guard, HttpOptions, LogQuery, NewEvent, Selection, Sender, Settings, Sqlite, State, Store, WorkerOptions,
};
use mambo_webhooks::{Policy, Release, Renderer, Shims, UnixMillis};
use serde_json::{Value, json};

use crate::Answer;
use crate::input::{read_profile, secret, text};
use crate::show;

#[derive(Subcommand)]
pub enum Command {
    /// Manage endpoints.
    Endpoint {
        #[command(subcommand)]
        action: Action,
        #[command(flatten)]
        setup: Setup,
    },
    /// Take events; each id is printed when its event is on disk.
    Send {
        /// The kind.
        #[arg(long)]
        kind: String,
        /// The data as JSON; `-` for standard input.
        #[arg(long, default_value = "-")]
        data: PathBuf,
        /// Every line of the data is an event of its own.
        #[arg(long)]
        lines: bool,
        /// The event's id.
        #[arg(long)]
        id: Option<String>,
        /// Of all events with one key, the first is sent.
        #[arg(long)]
        key: Option<String>,
        #[command(flatten)]
        setup: Setup,
    },
    /// Deliver what is due, until it is told to stop.
    Worker {
        /// Stop when nothing is due.
        #[arg(long)]
        once: bool,
        /// Serve a read-only status page, and metrics at /metrics.
        #[arg(long)]
        status: Option<SocketAddr>,
        /// Most attempts under way at once.
        #[arg(long, default_value_t = 512)]
        max_in_flight: usize,
        /// How long a claim is good for without a sign of life. Default: the timeout and 30 seconds.
        #[arg(long)]
        lease_seconds: Option<u64>,
        /// The waits between attempts, in seconds. Default: 5 s to 24 h, three days in all.
        #[arg(long, value_delimiter = ',')]
        schedule: Option<Vec<u64>>,
        #[command(flatten)]
        setup: Setup,
    },
    /// The delivery log, newest first.
    Log {
        #[arg(long)]
        endpoint: Option<String>,
        #[arg(long)]
        event: Option<String>,
        #[arg(long)]
        delivery: Option<i64>,
        /// Failed attempts only.
        #[arg(long)]
        failed: bool,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// How many deliveries are in which state, and how the endpoints do.
    Stats {
        #[command(flatten)]
        setup: Setup,
    },
    /// Try deliveries once more, each with a signature of its own.
    #[command(group = clap::ArgGroup::new("which").required(true).args(["delivery", "dead", "from_ms"]))]
    Retry {
        /// This one.
        #[arg(long)]
        delivery: Option<i64>,
        /// All dead ones.
        #[arg(long)]
        dead: bool,
        /// Those of events from this moment, in milliseconds since 1970.
        #[arg(long, requires = "until_ms")]
        from_ms: Option<i64>,
        /// To this moment.
        #[arg(long)]
        until_ms: Option<i64>,
        /// Of one endpoint only.
        #[arg(long)]
        endpoint: Option<String>,
        #[command(flatten)]
        setup: Setup,
    },
}

#[derive(Subcommand)]
pub enum Action {
    /// Add an endpoint, signed with `MAMBO_SECRET`, and send it a Ping.
    Add {
        id: String,
        url: String,
        /// Pin it to a release; the newest one otherwise.
        #[arg(long)]
        pinned: Option<String>,
        /// A kind that it gets; all of them otherwise.
        #[arg(long)]
        kind: Vec<String>,
        /// Most attempts a second.
        #[arg(long)]
        rate: Option<NonZeroU32>,
        /// Most deliveries under way at once.
        #[arg(long)]
        max_in_flight: Option<u32>,
        /// A header of its own: `Name: value`.
        #[arg(long)]
        header: Vec<String>,
    },
    /// Every endpoint.
    List,
    /// Send nothing more to it; what waits goes on waiting.
    Disable { id: String },
    /// Send to it again.
    Enable { id: String },
    /// Sign with `MAMBO_SECRET` from now on, and with the secrets before it too for a while.
    Rotate {
        id: String,
        /// For how long, in seconds; 0 revokes them now.
        #[arg(long, default_value_t = 86_400)]
        overlap_seconds: u32,
    },
    /// Send a Ping, once.
    Ping { id: String },
}

/// Where events are kept, and how they are rendered and posted.
#[derive(clap::Args)]
pub struct Setup {
    /// A file, or `postgres://…`.
    #[arg(long, global = true, env = "MAMBO_STORE", default_value = "mambo-webhooks.db")]
    store: String,
    /// The server's release, which events are in and which endpoints that follow the latest one get.
    #[arg(long, global = true, env = "MAMBO_SERVER", default_value = "0.0.0")]
    server: String,
    /// A registry document.
    #[arg(long, global = true, env = "MAMBO_REGISTRY")]
    registry: Option<PathBuf>,
    /// A profile, as JSON.
    #[arg(long, global = true, env = "MAMBO_PROFILE")]
    profile: Option<PathBuf>,
    /// A private network that may be delivered to, such as 10.1.0.0/16. Never take this from customers.
    #[arg(long, global = true)]
    allow: Vec<ipnet::IpNet>,
    /// A file with certificates of authorities, PEM, that are trusted beside the system's.
    #[arg(long, global = true)]
    root_certificates: Option<PathBuf>,
    /// How long an attempt may take, in seconds.
    #[arg(long, global = true, default_value_t = 15)]
    timeout_seconds: u64,
}

pub fn run(command: Command, json: bool) -> Result<Answer, String> {
    let setup = command.setup();
    let (renderer, http) = (setup.renderer()?, setup.http()?);
    let location = setup.store.clone();
    let runtime = runtime()?;
    runtime.block_on(async {
        if location.starts_with("postgres://") || location.starts_with("postgresql://") {
            return postgres(&location, renderer, http, command, json).await;
        }
        let store = Sqlite::open(&location).map_err(|error| error.to_string())?;
        act(Sender::new(store, renderer, http), command, json).await
    })
}

#[cfg(feature = "postgres")]
async fn postgres(
    url: &str,
    renderer: Renderer,
    http: HttpOptions,
    command: Command,
    json: bool,
) -> Result<Answer, String> {
    let store = mambo_webhooks::send::Postgres::connect(url).await.map_err(|error| error.to_string())?;
    act(Sender::new(store, renderer, http), command, json).await
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "the same signature as with the feature")]
async fn postgres(_: &str, _: Renderer, _: HttpOptions, _: Command, _: bool) -> Result<Answer, String> {
    Err("this program was built without the feature `postgres`".into())
}

/// The runtime of every command that waits for something.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Ends when the process is asked to: Ctrl-C, or SIGTERM.
pub async fn asked_to_stop() {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let Ok(mut terminated) = tokio::signal::unix::signal(terminate) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

impl Command {
    const fn setup(&self) -> &Setup {
        match self {
            Self::Endpoint { setup, .. }
            | Self::Send { setup, .. }
            | Self::Worker { setup, .. }
            | Self::Log { setup, .. }
            | Self::Stats { setup }
            | Self::Retry { setup, .. } => setup,
        }
    }
}

impl Setup {
    fn server(&self) -> Result<Release, String> {
        self.server.parse().map_err(|error| format!("--server {}: {error}", self.server))
    }

    fn renderer(&self) -> Result<Renderer, String> {
        let registry = self.registry.as_deref().map(text).transpose()?;
        let shims = registry.map_or_else(|| Ok(Shims::default()), |text| Shims::from_json(&text));
        let renderer = Renderer::new(
            read_profile(self.profile.as_deref())?,
            shims.map_err(|error| error.to_string())?,
            self.server()?,
        );
        renderer.map_err(|error| error.to_string())
    }

    fn http(&self) -> Result<HttpOptions, String> {
        let mut http = HttpOptions::new(Guard::allowing(self.allow.clone()));
        http.total_timeout = Duration::from_secs(self.timeout_seconds);
        if let Some(file) = &self.root_certificates {
            http.extra_roots.push(fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
        Ok(http)
    }
}

async fn act<S: Store + Clone>(sender: Sender<S>, command: Command, json: bool) -> Result<Answer, String> {
    let said = |error: mambo_webhooks::send::SendError| format!("{}: {error}", error.code());
    match command {
        Command::Endpoint { action, .. } => endpoint(&sender, action).await,
        Command::Send { kind, data, lines, id, key, setup } => {
            let version = setup.server()?;
            let make = |data: &str| {
                let mut event = NewEvent::new(&kind, version, data).map_err(said)?;
                if let Some(id) = &id {
                    event = event.id(id);
                }
                Ok::<_, String>(match &key {
                    Some(key) => event.idempotency_key(key),
                    None => event,
                })
            };
            if !lines {
                let taken = sender.send(make(&text(&data)?)?).await.map_err(said)?;
                return Ok(Answer(true, taken.event.clone(), value(&taken)));
            }
            if id.is_some() || key.is_some() {
                return Err("--lines takes many events, and --id and --key name one".into());
            }
            let reader: Box<dyn BufRead> = if data == std::path::Path::new("-") {
                Box::new(stdin().lock())
            } else {
                Box::new(std::io::BufReader::new(fs::File::open(&data).map_err(|error| error.to_string())?))
            };
            let bar = show::progress("events taken");
            for line in reader.lines() {
                let taken = sender.send(make(&line.map_err(|error| error.to_string())?)?).await.map_err(said)?;
                println!("{}", if json { value(&taken).to_string() } else { taken.event });
                bar.inc(1);
            }
            bar.finish_and_clear();
            Ok(Answer(true, String::new(), json!({ "done": true })))
        }
        Command::Worker { once, status, max_in_flight, lease_seconds, schedule, .. } => {
            tracing_subscriber::fmt().with_writer(std::io::stderr).init();
            let mut options = WorkerOptions::default();
            options.max_in_flight = max_in_flight;
            options.lease = lease_seconds.map(Duration::from_secs);
            if let Some(seconds) = schedule {
                let delays = seconds.iter().map(|seconds| seconds.saturating_mul(1000)).collect();
                options.schedule = mambo_webhooks::send::Schedule::new(delays);
            }
            let mut worker = sender.worker(options).map_err(said)?;
            if once {
                let attempts = worker.run_due().await.map_err(said)?;
                return Ok(Answer(true, format!("{attempts} attempts"), json!({ "attempts": attempts })));
            }
            if let Some(address) = status {
                crate::status::serve(address, sender.clone(), worker.meter()).await?;
            }
            worker.run(asked_to_stop()).await;
            Ok(Answer(true, "stopped".into(), json!({ "stopped": true })))
        }
        Command::Log { endpoint, event, delivery, failed, limit, .. } => {
            let query = LogQuery { delivery, endpoint, event, only_failed: failed, limit };
            let lines = sender.store().log(query).await.map_err(said)?;
            let text = lines.iter().map(show::line).collect::<Vec<_>>().join("\n");
            Ok(Answer(true, text, lines.iter().map(show::value).collect()))
        }
        Command::Stats { .. } => stats(&sender).await.map_err(said),
        Command::Retry { delivery, dead, from_ms, until_ms, endpoint, .. } => {
            let selection = match (delivery, dead, from_ms.zip(until_ms)) {
                (Some(delivery), ..) => Selection::One(delivery),
                (None, true, _) => Selection::Dead { endpoint },
                (None, false, Some((from, until))) => {
                    Selection::Range { from: UnixMillis(from), until: UnixMillis(until), endpoint }
                }
                (None, false, None) => return Err("which? --delivery, --dead or --from-ms and --until-ms".into()),
            };
            let count = sender.retry(selection).await.map_err(said)?;
            Ok(Answer(true, format!("{count} deliveries are tried again"), json!({ "deliveries": count })))
        }
    }
}

fn value(taken: &Enqueued) -> Value {
    json!({ "event": taken.event, "deliveries": taken.deliveries, "isNew": taken.is_new })
}

async fn endpoint<S: Store>(sender: &Sender<S>, action: Action) -> Result<Answer, String> {
    let said = |error: mambo_webhooks::send::SendError| format!("{}: {error}", error.code());
    let done = |text: String, id: &str| Ok(Answer(true, text, json!({ "endpoint": id })));
    match action {
        Action::Add { id, url, pinned, kind, rate, max_in_flight, header } => {
            let mut settings = Settings::new(&url, &secret()?);
            if let Some(pinned) = pinned {
                let release = pinned.parse::<Release>().map_err(|error| format!("--pinned {pinned}: {error}"))?;
                settings = settings.policy(Policy::Pinned(release));
            }
            if !kind.is_empty() {
                settings = settings.kinds(&kind.iter().map(String::as_str).collect::<Vec<_>>());
            }
            settings.rate_per_second = rate;
            settings.max_in_flight = max_in_flight.unwrap_or(settings.max_in_flight);
            for header in &header {
                let (name, value) = header.split_once(':').ok_or_else(|| format!("--header {header}: no colon"))?;
                settings = settings.header(name.trim(), value.trim());
            }
            sender.add_endpoint(&id, settings).await.map_err(said)?;
            done(format!("added {id}; a Ping is on its way to it"), &id)
        }
        Action::List => {
            let all = sender.store().endpoints().await.map_err(said)?;
            let row = |endpoint: &mambo_webhooks::send::Endpoint| {
                let version = match endpoint.policy() {
                    Policy::Pinned(release) => release.to_string(),
                    Policy::Latest => "latest".into(),
                };
                (endpoint.id.clone(), endpoint.state.as_str(), version, endpoint.url().to_string())
            };
            let rows: Vec<_> = all.iter().map(|endpoint| row(endpoint)).collect();
            let text = rows.iter().map(|(id, state, version, url)| {
                format!("{id}  {}  {version}  {url}", show::coloured(state, *state == "enabled"))
            });
            let value = rows
                .iter()
                .map(|(id, state, version, url)| json!({ "id": id, "state": state, "version": version, "url": url }))
                .collect();
            Ok(Answer(true, text.collect::<Vec<_>>().join("\n"), value))
        }
        Action::Disable { id } => {
            sender.set_state(&id, State::Disabled(Reason::ByHand)).await.map_err(said)?;
            done(format!("disabled {id}"), &id)
        }
        Action::Enable { id } => {
            sender.set_state(&id, State::Enabled).await.map_err(said)?;
            done(format!("enabled {id}"), &id)
        }
        Action::Rotate { id, overlap_seconds } => {
            sender.rotate(&id, &secret()?, overlap_seconds.saturating_mul(1000)).await.map_err(said)?;
            done(format!("{id} is signed with the new secret"), &id)
        }
        Action::Ping { id } => {
            let taken = sender.ping(&id).await.map_err(said)?;
            done(format!("Ping {} is on its way to {id}", taken.event), &id)
        }
    }
}

async fn stats<S: Store>(sender: &Sender<S>) -> Result<Answer, mambo_webhooks::send::SendError> {
    let Counts { waiting, leased, delivered, dead } = sender.store().counts().await?;
    let since = UnixMillis(sender.store().now().0.saturating_sub(86_400_000));
    let health = sender.store().health(since).await?;
    let mut lines = vec![format!("waiting {waiting}  leased {leased}  delivered {delivered}  dead {dead}")];
    let rows = health.iter().map(crate::page::row).collect::<Vec<_>>();
    lines.extend(health.iter().map(|health| {
        format!(
            "{}  {}  waiting {}  dead {}  last 24 h: {} of {} delivered, p50 {} ms, p99 {} ms",
            health.endpoint.id,
            show::coloured(health.endpoint.state.as_str(), health.endpoint.is_enabled()),
            health.waiting,
            health.dead,
            health.delivered,
            health.attempts,
            health.p50_ms,
            health.p99_ms
        )
    }));
    let value = json!({
        "waiting": waiting, "leased": leased, "delivered": delivered, "dead": dead, "endpoints": rows
    });
    Ok(Answer(true, lines.join("\n"), value))
}
