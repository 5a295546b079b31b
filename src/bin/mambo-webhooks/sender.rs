//! The sender's commands, over either store.

use std::fs;
use std::io::{BufRead, stdin};
use std::net::SocketAddr;

use clap::Subcommand;
use mambo_webhooks::send::store::DeliveryCounts;
use mambo_webhooks::send::{Enqueued, LogQuery, NewEvent, Prune, Selection, Sender, Sqlite, Store};
use mambo_webhooks::{Registry, UnixMillis};
use serde_json::{Value, json};

use crate::CliOutput;
use crate::input;
use crate::setup::{Setup, worker_options};
use crate::show::{describe, print};
use crate::{endpoint, show};

#[derive(Subcommand)]
pub enum Command {
    /// Manage endpoints.
    #[command(subcommand)]
    Endpoint(endpoint::Action),
    /// Take events; each id is printed when its event is on disk. With `--url`, post one signed test delivery instead.
    Send {
        /// The event type.
        #[arg(long = "type", value_name = "TYPE")]
        event_type: String,
        /// The data: JSON itself, a file with it, or `-` for standard input.
        #[arg(long, default_value = "-", value_name = "JSON")]
        data: String,
        /// Every line of the data is one event.
        #[arg(long, conflicts_with_all = ["id", "key", "url"])]
        lines: bool,
        /// The event's id.
        #[arg(long)]
        id: Option<String>,
        /// Post to this URL at once, signed with the secret in `MAMBO_SECRET`: https, or http on this machine. No store is
        /// used.
        #[arg(long, conflicts_with = "key")]
        url: Option<String>,
        /// How the secret in `MAMBO_SECRET` is written: utf8, hex or base64.
        #[arg(long, default_value = "utf8", requires = "url")]
        encoding: String,
        /// An idempotency key: of all events with one key, only the first is sent.
        #[arg(long)]
        key: Option<String>,
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
        /// How long a lease lasts without a heartbeat, in seconds. Default: the timeout and 30 seconds.
        #[arg(long)]
        lease_seconds: Option<u64>,
        /// The waits between attempts, in seconds. Default: 5 s to 24 h, three days in all.
        #[arg(long, value_delimiter = ',')]
        schedule: Option<Vec<u64>>,
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
    },
    /// Bring the tables of a PostgreSQL database to this release, with a role that may create tables.
    Migrate {
        /// The role that senders and workers have, which then may read and write the tables.
        #[arg(long)]
        grant_to: Option<String>,
    },
    /// How many deliveries are in which state, and how the endpoints do.
    Stats,
    /// Try deliveries once more, each with a fresh signature.
    #[command(group = clap::ArgGroup::new("which").required(true).args(["delivery", "dead", "from_ms"]))]
    Retry {
        /// This one.
        #[arg(long)]
        delivery: Option<i64>,
        /// Select all dead deliveries.
        #[arg(long)]
        dead: bool,
        /// Select deliveries of events that came in at or after this time, in milliseconds since 1970.
        #[arg(long, requires = "until_ms")]
        from_ms: Option<i64>,
        /// Up to and including this time, in ms.
        #[arg(long)]
        until_ms: Option<i64>,
        /// Select deliveries to this endpoint only.
        #[arg(long)]
        endpoint: Option<String>,
    },
    /// Forget events that were delivered everywhere, with their payloads and their log.
    Prune {
        /// Forget events that came in and ended more than this many days ago.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        days: u16,
        /// Forget events with dead deliveries too.
        #[arg(long)]
        dead: bool,
    },
}

const DAY_MS: i64 = 86_400_000;

pub fn run(command: Command, setup: &Setup, json: bool) -> Result<CliOutput, String> {
    if let Command::Send { event_type, data, id, url: Some(url), encoding, .. } = command {
        return crate::test_delivery::post(&url, event_type, id, &data, encoding, setup);
    }
    let shims = setup.shims()?;
    let registry = shims.registry().clone();
    let (renderer, http) = (setup.renderer(shims)?, setup.http()?);
    let location = setup.store.as_str();
    let is_postgres = location.starts_with("postgres://") || location.starts_with("postgresql://");
    runtime()?.block_on(async {
        if let Command::Migrate { grant_to } = &command {
            let Some(url) = Some(location).filter(|_| is_postgres) else {
                return Err("a file is migrated when it is opened; --store has to be postgres://…".into());
            };
            postgres::migrate(url, grant_to.as_deref()).await?;
            return Ok(CliOutput(true, "migrated".into(), json!({ "migrated": true })));
        }
        if is_postgres {
            return act(
                Sender::new(postgres::connect(location).await?, renderer, http),
                command,
                setup,
                &registry,
                json,
            )
            .await;
        }
        // A name that was mistyped must not become an empty store.
        let may_create = matches!(command, Command::Endpoint(endpoint::Action::Add { .. }));
        let store = if may_create { Sqlite::open(location) } else { Sqlite::open_existing(location) };
        act(Sender::new(store.map_err(describe)?, renderer, http), command, setup, &registry, json).await
    })
}

#[cfg(feature = "postgres")]
mod postgres {
    use mambo_webhooks::send::Postgres;

    use crate::show::describe;

    pub async fn connect(url: &str) -> Result<Postgres, String> {
        Postgres::connect(url).await.map_err(describe)
    }

    pub async fn migrate(url: &str, grant_to: Option<&str>) -> Result<(), String> {
        Postgres::migrate(url, grant_to).await.map_err(describe)
    }
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "the same signatures as with the feature")]
mod postgres {
    const WITHOUT: &str = "this program was built without the feature `postgres`";

    pub async fn connect(_: &str) -> Result<mambo_webhooks::send::Sqlite, String> {
        Err(WITHOUT.into())
    }

    pub async fn migrate(_: &str, _: Option<&str>) -> Result<(), String> {
        Err(WITHOUT.into())
    }
}

/// The runtime of every command that waits for something.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Waits for Ctrl-C or SIGTERM. From then on, a second signal ends the process at once.
pub async fn asked_to_stop() {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let Ok(mut terminated) = tokio::signal::unix::signal(terminate) else { return std::future::pending().await };
    let mut asked = async move || {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => 130,
            _ = terminated.recv() => 143,
        }
    };
    asked().await;
    tokio::spawn(async move {
        let code = asked().await;
        eprintln!("mambo-webhooks: asked twice, ending at once; what is in flight is sent again");
        std::process::exit(code);
    });
}

async fn act<S: Store + Clone>(
    sender: Sender<S>,
    command: Command,
    setup: &Setup,
    registry: &Registry,
    json: bool,
) -> Result<CliOutput, String> {
    match command {
        Command::Endpoint(action) => endpoint::run(&sender, action, setup.server).await,
        // Carried out before, without a store.
        Command::Migrate { .. } => Err("not over a store".into()),
        Command::Send { event_type, data, lines, id, key, .. } => {
            let make = |data: &str| {
                let mut event = NewEvent::new(&event_type, setup.server, data).map_err(describe)?;
                if let Some(id) = &id {
                    event = event.id(id);
                }
                Ok::<_, String>(match &key {
                    Some(key) => event.idempotency_key(key),
                    None => event,
                })
            };
            if !event_type.trim().is_empty() && !registry.event_types().any(|known| known == event_type) {
                remark(&format!("neither Mambo's docs nor the registry name the event type `{event_type}`"));
            }
            if !lines {
                let taken = sender.send(make(&input::json(&data)?)?).await.map_err(describe)?;
                if !taken.is_new {
                    remark(&format!("event {} has this key, so this one was not taken", taken.event));
                } else if taken.deliveries == 0 {
                    remark("no enabled endpoint subscribes to it, so it is not delivered");
                }
                return Ok(CliOutput(true, taken.event.clone(), value(&taken)));
            }
            let reader: Box<dyn BufRead> = if data == "-" {
                Box::new(stdin().lock())
            } else {
                Box::new(std::io::BufReader::new(fs::File::open(&data).map_err(|error| format!("{data}: {error}"))?))
            };
            let bar = show::progress("events taken");
            for (number, line) in (1_usize..).zip(reader.lines()) {
                let here = |problem: String| format!("line {number}: {problem}; the lines before it are taken");
                let event = line.map_err(|error| error.to_string()).and_then(|line| make(&line)).map_err(here)?;
                let taken = sender.send(event).await.map_err(|error| here(describe(error)))?;
                print(if json { value(&taken).to_string() } else { taken.event });
                bar.inc(1);
            }
            bar.finish_and_clear();
            Ok(CliOutput(true, String::new(), json!({ "done": true })))
        }
        Command::Worker { once, status, max_in_flight, lease_seconds, schedule } => {
            logs();
            raise_limit();
            let mut worker = sender.worker(worker_options(max_in_flight, lease_seconds, schedule)).map_err(describe)?;
            if once {
                let attempts = worker.run_due_until(asked_to_stop()).await.map_err(describe)?;
                let text = show::counted(u64::try_from(attempts).unwrap_or(u64::MAX), "attempt", "attempts");
                return Ok(CliOutput(true, text, json!({ "attempts": attempts })));
            }
            if let Some(address) = status {
                crate::status::serve(address, sender.clone(), worker.metrics()).await?;
            }
            worker.run(asked_to_stop()).await;
            Ok(CliOutput(true, "stopped".into(), json!({ "stopped": true })))
        }
        Command::Log { endpoint, event, delivery, failed, limit } => {
            let mut query = LogQuery::default().limit(limit);
            (query.delivery, query.endpoint, query.event, query.only_failed) = (delivery, endpoint, event, failed);
            let lines = sender.store().log(query).await.map_err(describe)?;
            let text = lines.iter().map(show::line).collect::<Vec<_>>().join("\n");
            Ok(CliOutput(true, text, lines.iter().map(show::value).collect()))
        }
        Command::Stats => stats(&sender).await.map_err(describe),
        Command::Retry { delivery, dead, from_ms, until_ms, endpoint } => {
            let selection = match (delivery, dead, from_ms.zip(until_ms)) {
                (Some(delivery), ..) => Selection::One(delivery),
                (None, true, _) => Selection::Dead { endpoint },
                (None, false, Some((from, until))) => {
                    Selection::Range { from: UnixMillis(from), until: UnixMillis(until), endpoint }
                }
                (None, false, None) => return Err("which? --delivery, --dead or --from-ms and --until-ms".into()),
            };
            let count = sender.retry(selection).await.map_err(describe)?;
            let text = match count {
                0 => "no such delivery is delivered or dead, so none is tried again".into(),
                count => show::counted(count, "delivery is tried again", "deliveries are tried again"),
            };
            Ok(CliOutput(count > 0, text, json!({ "deliveries": count })))
        }
        Command::Prune { days, dead } => {
            let now = sender.store().now().await.map_err(describe)?.0;
            let before = UnixMillis(now.saturating_sub(DAY_MS.saturating_mul(days.into())));
            let count = sender
                .prune(if dead { Prune::before(before).with_dead() } else { Prune::before(before) })
                .await
                .map_err(describe)?;
            Ok(CliOutput(
                true,
                show::counted(count, "event is forgotten", "events are forgotten"),
                json!({ "events": count }),
            ))
        }
    }
}

/// Prints a warning to standard error, about a command that is carried out nevertheless.
fn remark(text: &str) {
    eprintln!("mambo-webhooks: {text}");
}

/// Lets this process have as many file descriptors as it may: each attempt takes one.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // A limit that cannot be raised is kept to.
    let _kept = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Logs to standard error, as `RUST_LOG` says.
fn logs() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
}

fn value(taken: &Enqueued) -> Value {
    json!({ "event": taken.event, "deliveries": taken.deliveries, "isNew": taken.is_new })
}

async fn stats<S: Store>(sender: &Sender<S>) -> Result<CliOutput, mambo_webhooks::send::SendError> {
    let DeliveryCounts { waiting, leased, delivered, dead, unreadable, .. } = sender.store().counts().await?;
    let since = UnixMillis(sender.store().now().await?.0.saturating_sub(DAY_MS));
    let health = sender.store().health(since).await?;
    let mut lines = vec![format!("waiting {waiting}  leased {leased}  delivered {delivered}  dead {dead}")];
    let rows = health.iter().map(crate::page::row).collect::<Vec<_>>();
    lines.extend(health.iter().map(show::health));
    let value = json!({
        "waiting": waiting, "leased": leased, "delivered": delivered, "dead": dead, "unreadableEndpoints": unreadable,
        "endpoints": rows
    });
    Ok(CliOutput(true, lines.join("\n"), value))
}
