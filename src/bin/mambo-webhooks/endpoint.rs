//! Managing endpoints.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use mambo_webhooks::send::{DisableReason, Endpoint, EndpointSettings, Sender, SettingsChange, State, Store, Waiting};
use mambo_webhooks::{UnixMillis, Version, VersionPolicy};
use serde_json::json;

use crate::CliOutput;
use crate::input::{secret, text};
use crate::show::{self, describe};

#[derive(Subcommand)]
pub enum Action {
    /// Add an endpoint, signed with `MAMBO_SECRET`, and send it a Ping.
    Add {
        id: String,
        url: String,
        /// Pin it to a version; the newest one otherwise.
        #[arg(long)]
        pinned: Option<Version>,
        /// An event type that it gets, or the beginning of some, such as `Activity*`; all of them otherwise.
        #[arg(long = "type")]
        event_type: Vec<String>,
        /// Most attempts a second.
        #[arg(long)]
        rate: Option<NonZeroU32>,
        /// Most deliveries under way at once.
        #[arg(long)]
        max_in_flight: Option<u32>,
        /// An additional header: `Name: value`. Other users of this machine can read it: see `--headers`.
        #[arg(long, value_parser = read_header)]
        header: Vec<(String, String)>,
        /// A file with additional headers, one a line, for those that hold a secret; `-` for standard input.
        #[arg(long)]
        headers: Option<PathBuf>,
    },
    /// Every endpoint.
    List,
    /// Disable an endpoint; its deliveries wait until it is enabled.
    Disable { id: String },
    /// Send to it again.
    Enable { id: String },
    /// Sign with `MAMBO_SECRET` from now on, and with the secrets before it too for a while.
    Rotate {
        id: String,
        /// How long the old secrets sign too, in seconds; 0 revokes them now.
        #[arg(long, default_value_t = 86_400)]
        overlap_seconds: u32,
    },
    /// Send a Ping, once.
    Ping { id: String },
    /// Change some settings; what waits for it follows the new ones. Its secrets stay.
    Change(Box<Change>),
    /// Set aside as dead what waits for it.
    Cancel { id: String },
    /// Deliver to it what it missed since a time, with the whole schedule: while it was disabled or not there, and what is dead.
    Recover {
        id: String,
        /// From events that came in at this time on, in milliseconds since 1970.
        #[arg(long)]
        since_ms: i64,
    },
    /// Remove it with its secrets; what waits for it becomes dead, and its log stays.
    Remove {
        id: String,
        /// Deliver what waits first; it gets no new events meanwhile.
        #[arg(long)]
        deliver_waiting: bool,
    },
}

/// A header as it is written: `Name: value`.
fn read_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `Name: value`")?;
    Ok((name.trim().into(), value.trim().into()))
}

/// The headers of a file, one a line.
fn read_headers(file: Option<&Path>) -> Result<Vec<(String, String)>, String> {
    let file = file.map(text).transpose()?.unwrap_or_default();
    let lines = (1_usize..).zip(file.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line)| read_header(line).map_err(|problem| format!("--headers, line {number}: {problem}"));
    lines.map(read).collect()
}

/// What to change of an endpoint.
#[derive(clap::Args)]
pub struct Change {
    id: String,
    #[arg(long)]
    url: Option<String>,
    /// Pin it to a version.
    #[arg(long, conflicts_with = "latest")]
    pinned: Option<Version>,
    /// Let it follow the latest version.
    #[arg(long)]
    latest: bool,
    /// An event type that it gets, or the beginning of some, such as `Activity*`, in place of those so far.
    #[arg(long = "type", conflicts_with = "all_types")]
    event_type: Vec<String>,
    /// Let it get all event types.
    #[arg(long)]
    all_types: bool,
    /// Most attempts a second.
    #[arg(long, conflicts_with = "no_rate")]
    rate: Option<NonZeroU32>,
    /// Take its rate limit away.
    #[arg(long)]
    no_rate: bool,
    /// Most deliveries under way at once.
    #[arg(long)]
    max_in_flight: Option<u32>,
    /// A file with its additional headers, one a line, in place of those so far; `-` for standard input. An empty file takes
    /// them away.
    #[arg(long)]
    headers: Option<PathBuf>,
}

impl Change {
    fn settings(self) -> Result<SettingsChange, String> {
        let mut change = SettingsChange::default();
        change.url = self.url;
        change.version_policy = self.pinned.map(VersionPolicy::Pinned).or(self.latest.then_some(VersionPolicy::Latest));
        let types = Some(self.event_type).filter(|types| !types.is_empty());
        change.event_types = types.map(Some).or(self.all_types.then_some(None));
        change.rate_per_second = self.rate.map(Some).or(self.no_rate.then_some(None));
        change.max_in_flight = self.max_in_flight;
        if self.headers.is_some() {
            change.headers = Some(read_headers(self.headers.as_deref())?);
        }
        Ok(change)
    }
}

pub async fn run<S: Store>(sender: &Sender<S>, action: Action, server: Version) -> Result<CliOutput, String> {
    let done = |text: String, id: &str| Ok(CliOutput(true, text, json!({ "endpoint": id })));
    match action {
        Action::Add { id, url, pinned, event_type, rate, max_in_flight, header, headers } => {
            let mut settings = EndpointSettings::new(&url, &secret()?);
            if let Some(pinned) = pinned {
                // Without --server it is not known.
                if server != Version::new(0, 0, 0) && pinned > server {
                    return Err(format!("--pinned {pinned} is newer than the server, {server}"));
                }
                settings = settings.version_policy(VersionPolicy::Pinned(pinned));
            }
            if !event_type.is_empty() {
                settings = settings.event_types(&event_type.iter().map(String::as_str).collect::<Vec<_>>());
            }
            settings.rate_per_second = rate;
            settings.max_in_flight = max_in_flight.unwrap_or(settings.max_in_flight);
            for (name, value) in header.iter().chain(&read_headers(headers.as_deref())?) {
                settings = settings.header(name, value);
            }
            sender.add_endpoint(&id, settings).await.map_err(describe)?;
            done(format!("added {id}; a Ping is on its way to it"), &id)
        }
        Action::List => {
            let all = sender.endpoints().await.map_err(describe)?;
            let row = |endpoint: &Endpoint| {
                let version = match endpoint.version_policy() {
                    VersionPolicy::Pinned(version) => version.to_string(),
                    VersionPolicy::Latest => "latest".into(),
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
            Ok(CliOutput(true, text.collect::<Vec<_>>().join("\n"), value))
        }
        Action::Disable { id } => {
            sender.set_state(&id, State::Disabled(DisableReason::ByHand)).await.map_err(describe)?;
            done(format!("disabled {id}"), &id)
        }
        Action::Enable { id } => {
            sender.set_state(&id, State::Enabled).await.map_err(describe)?;
            done(format!("enabled {id}"), &id)
        }
        Action::Rotate { id, overlap_seconds } => {
            sender
                .rotate_secret(&id, &secret()?, Duration::from_secs(overlap_seconds.into()))
                .await
                .map_err(describe)?;
            done(format!("{id} is signed with the new secret"), &id)
        }
        Action::Remove { id, deliver_waiting } => {
            let waiting = if deliver_waiting { Waiting::Deliver } else { Waiting::Cancel };
            sender.remove_endpoint(&id, waiting).await.map_err(describe)?;
            let text = match waiting {
                Waiting::Cancel => format!("removed {id}"),
                Waiting::Deliver => format!("{id} gets nothing new, and is removed when what waits is delivered"),
            };
            done(text, &id)
        }
        Action::Change(change) => {
            let id = change.id.clone();
            let settings = change.settings()?;
            if settings == SettingsChange::default() {
                return Err("nothing to change: see --help".into());
            }
            sender.change_endpoint(&id, settings).await.map_err(describe)?;
            done(format!("changed {id}"), &id)
        }
        Action::Cancel { id } => {
            let count = sender.cancel(&id).await.map_err(describe)?;
            let text = show::counted(count, "delivery is cancelled", "deliveries are cancelled");
            Ok(CliOutput(true, text, json!({ "endpoint": id, "deliveries": count })))
        }
        Action::Recover { id, since_ms } => {
            let count = sender.recover(&id, UnixMillis(since_ms)).await.map_err(describe)?;
            let text = show::counted(count, "delivery is recovered", "deliveries are recovered");
            Ok(CliOutput(true, text, json!({ "endpoint": id, "deliveries": count })))
        }
        Action::Ping { id } => {
            let taken = sender.ping(&id).await.map_err(describe)?;
            done(format!("Ping {} is on its way to {id}", taken.event), &id)
        }
    }
}
