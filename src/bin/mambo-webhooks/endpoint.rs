//! Managing endpoints.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use mambo_webhooks::send::{DisableReason, Endpoint, EndpointSettings, Sender, State, Store};
use mambo_webhooks::{Version, VersionPolicy};
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
        /// An event type that it gets; all of them otherwise.
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
    /// Remove it with its secrets; what waits for it becomes dead, and its log stays.
    Remove { id: String },
}

/// A header as it is written: `Name: value`.
fn read_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `Name: value`")?;
    Ok((name.trim().into(), value.trim().into()))
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
            let file = headers.as_deref().map(text).transpose()?.unwrap_or_default();
            let mut all = header;
            for (number, line) in (1_usize..).zip(file.lines()).filter(|(_, line)| !line.trim().is_empty()) {
                all.push(read_header(line).map_err(|problem| format!("--headers, line {number}: {problem}"))?);
            }
            for (name, value) in &all {
                settings = settings.header(name, value);
            }
            sender.add_endpoint(&id, settings).await.map_err(describe)?;
            done(format!("added {id}; a Ping is on its way to it"), &id)
        }
        Action::List => {
            let all = sender.store().endpoints().await.map_err(describe)?;
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
        Action::Remove { id } => {
            sender.remove_endpoint(&id).await.map_err(describe)?;
            done(format!("removed {id}"), &id)
        }
        Action::Ping { id } => {
            let taken = sender.ping(&id).await.map_err(describe)?;
            done(format!("Ping {} is on its way to {id}", taken.event), &id)
        }
    }
}
