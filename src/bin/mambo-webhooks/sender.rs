//! The sender's commands, over either store.

use std::net::SocketAddr;

use clap::Subcommand;
use mambo_webhooks::Registry;
use mambo_webhooks::send::{LocalKeys, SealReport, Sender, Sqlite, Store};
use serde_json::json;

use crate::CliOutput;
use crate::runtime::{asked_to_stop, raise_limit, runtime};
use crate::setup::{Setup, worker_options};
use crate::show::{describe, remark};
use crate::traces::Traces;
use crate::{endpoint, history, intake, show, tenant};

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
        /// The trace that the spans of its deliveries belong to, as W3C's Trace Context writes it. Another text is left out,
        /// as that standard asks.
        #[arg(long, conflicts_with = "url")]
        traceparent: Option<String>,
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
        #[command(flatten)]
        keep: tenant::Keep,
        #[command(flatten)]
        traces: Traces,
    },
    /// Seal the secrets of endpoints that stand in the store in plain text or under an older key, for stores that exist and
    /// after a new key was put first. Workers may run meanwhile.
    Seal {
        /// Seal the data of all events too.
        #[arg(long)]
        payloads: bool,
        /// Print a line with a new key of this id, for a file of keys, and do nothing else.
        #[arg(long, value_name = "ID", conflicts_with = "payloads")]
        new_key: Option<String>,
    },
    /// Bring the tables of a PostgreSQL database to this release, with a role that may create tables.
    Migrate {
        /// The role that senders and workers have, which then may read and write the tables.
        #[arg(long)]
        grant_to: Option<String>,
    },
    #[command(flatten)]
    History(history::Command),
    /// Manage the limits of tenants and how long their events are kept.
    #[command(subcommand)]
    Tenant(tenant::Action),
}

pub fn run(command: Command, setup: &Setup, json: bool) -> Result<CliOutput, String> {
    if let Command::Send { event_type, data, id, url: Some(url), encoding, .. } = command {
        return crate::test_delivery::post(&url, event_type, id, &data, encoding, setup);
    }
    if let Command::Seal { new_key: Some(id), .. } = &command {
        let line = LocalKeys::new_line(id).map_err(describe)?;
        return Ok(CliOutput(true, line.to_string(), json!({ "key": line.as_str() })));
    }
    let sealer = setup.sealer()?;
    if sealer.is_none() && matches!(command, Command::Seal { .. }) {
        return Err("seal needs --sealing-key or MAMBO_SEALING_KEY".into());
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
            let store = postgres::connect(location, sealer).await?;
            return act(Sender::new(store, renderer, http), command, setup, &registry, json).await;
        }
        // A name that was mistyped must not become an empty store.
        let may_create = matches!(command, Command::Endpoint(endpoint::Action::Add { .. }));
        let store = if may_create { Sqlite::open(location) } else { Sqlite::open_existing(location) };
        let store = store.map_err(describe)?;
        let store = match sealer {
            Some(sealer) => store.sealed(sealer),
            None => store,
        };
        act(Sender::new(store, renderer, http), command, setup, &registry, json).await
    })
}

#[cfg(feature = "postgres")]
mod postgres {
    use mambo_webhooks::send::{Postgres, Sealer};

    use crate::show::describe;

    pub async fn connect(url: &str, sealer: Option<Sealer>) -> Result<Postgres, String> {
        let store = Postgres::connect(url).await.map_err(describe)?;
        Ok(match sealer {
            Some(sealer) => store.sealed(sealer),
            None => store,
        })
    }

    pub async fn migrate(url: &str, grant_to: Option<&str>) -> Result<(), String> {
        Postgres::migrate(url, grant_to).await.map_err(describe)
    }
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "the same signatures as with the feature")]
mod postgres {
    const WITHOUT: &str = "this program was built without the feature `postgres`";

    pub async fn connect(
        _: &str,
        _: Option<mambo_webhooks::send::Sealer>,
    ) -> Result<mambo_webhooks::send::Sqlite, String> {
        Err(WITHOUT.into())
    }

    pub async fn migrate(_: &str, _: Option<&str>) -> Result<(), String> {
        Err(WITHOUT.into())
    }
}

async fn act<S: Store + Clone>(
    sender: Sender<S>,
    command: Command,
    setup: &Setup,
    registry: &Registry,
    json: bool,
) -> Result<CliOutput, String> {
    let sender = sender.for_tenant(&setup.tenant.clone().unwrap_or_default());
    let say_plain = || {
        if !setup.has_sealing_key() {
            remark("secrets are stored in plain text; seal them with --sealing-key: see `seal --help`");
        }
    };
    match command {
        Command::Endpoint(action) => {
            let stores_secret = matches!(action, endpoint::Action::Add { .. } | endpoint::Action::Rotate { .. });
            let done = endpoint::run(&sender, action, setup.server).await?;
            if stores_secret {
                say_plain();
            }
            Ok(done)
        }
        // Carried out before, without a store.
        Command::Migrate { .. } => Err("not over a store".into()),
        Command::Seal { payloads, .. } => {
            let SealReport { endpoints, events, skipped, problem } = sender.seal(payloads).await.map_err(describe)?;
            let text = [
                show::counted(endpoints, "endpoint is sealed", "endpoints are sealed"),
                show::counted(events, "event is sealed", "events are sealed"),
            ];
            if let Some(problem) = problem {
                let left = show::counted(skipped, "value is", "values are");
                remark(&format!("{left} left as before; first: {}", describe(problem)));
            }
            let value = json!({ "endpoints": endpoints, "events": events, "skipped": skipped });
            Ok(CliOutput(skipped == 0, text.join("\n"), value))
        }
        Command::Send { event_type, data, lines, id, key, traceparent, .. } => {
            let event = intake::Event { name: event_type, data, id, key, traceparent, is_known: false };
            let is_known = registry.event_types().any(|known| known == event.name);
            intake::send(&sender, intake::Event { is_known, ..event }, lines, setup.server, json).await
        }
        Command::Worker { once, status, max_in_flight, lease_seconds, schedule, keep, traces } => {
            let traces = traces.start()?;
            raise_limit();
            let options = worker_options(max_in_flight, lease_seconds, schedule).retention(keep.retention());
            let mut worker = sender.worker(options).map_err(describe)?;
            say_plain();
            if once {
                let attempts = worker.run_due_until(asked_to_stop()).await;
                traces.finish();
                let attempts = attempts.map_err(describe)?;
                let text = show::counted(u64::try_from(attempts).unwrap_or(u64::MAX), "attempt", "attempts");
                return Ok(CliOutput(true, text, json!({ "attempts": attempts })));
            }
            if let Some(address) = status {
                crate::status::serve(address, sender.clone(), worker.metrics(), setup.tenant.clone()).await?;
            }
            worker.run(asked_to_stop()).await;
            traces.finish();
            Ok(CliOutput(true, "stopped".into(), json!({ "stopped": true })))
        }
        Command::History(command) => history::run(&sender, command, setup.tenant.clone()).await,
        Command::Tenant(action) => tenant::run(&sender, action).await,
    }
}
