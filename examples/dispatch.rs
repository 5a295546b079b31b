//! Dispatches to one endpoint through the sender, with a store in a file; then a forged delivery and a stale one.
//!
//! `MAMBO_SECRET=… cargo run --features sqlite --example dispatch -- http://127.0.0.1:8080/`

use std::error::Error;
use std::{env, fs, process};

use mambo_webhooks::send::{
    AddressPolicy, Endpoint, EndpointSettings, HttpOptions, LogQuery, NewEvent, Poster, Sender, Sqlite, State, Store,
    WorkerOptions, now,
};
use mambo_webhooks::{OutboundEvent, Profile, Renderer, Shims, UnixMillis, Version, VersionPolicy};

const PINNED: Version = Version::new(8, 0, 3);
const SERVER: Version = Version::new(9, 0, 0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: dispatch URL")?;
    let secret = env::var("MAMBO_SECRET")?;
    let registry = fs::read_to_string("examples/registry/payload-9.0.0.json")?;
    let renderer = Renderer::new(Profile::default(), Shims::from_json(&registry)?, SERVER)?;
    // Plain http to this very machine is for demonstrations; without this line only https to public hosts is taken.
    let policy = AddressPolicy::allowing(vec!["127.0.0.0/8".parse()?]);
    let http = HttpOptions::new(policy.clone());
    let file = env::temp_dir().join(format!("mambo-dispatch-{}.db", process::id()));

    let sender = Sender::new(Sqlite::open(&file)?, renderer.clone(), http.clone());
    // One at a time, so that the receiver prints them in order. Adding an endpoint sends it a Ping.
    let settings = EndpointSettings::new(&url, &secret).version_policy(VersionPolicy::Pinned(PINNED)).max_in_flight(1);
    sender.add_endpoint("demo", settings.clone()).await?;
    let activity = r#"{"uuid":"user-1","attrs":{"type":"behaviour","verb":"read"}}"#;
    sender.send(NewEvent::new("ActivityCreated", SERVER, activity)?).await?;
    // The server is at 9.0.0, so its payload has the new name; the pinned endpoint is sent the old one.
    sender.send(NewEvent::new("PointWalletUpdated", SERVER, r#"{"newExampleField":"value"}"#)?).await?;
    sender.worker(WorkerOptions::default())?.run_due().await?;
    let log = sender.store().log(LogQuery::default().limit(10)).await?;
    for line in log.iter().rev() {
        report("honest", &line.event_type, line.attempt.version, line.attempt.answer.status);
    }

    let poster = Poster::new(&http)?;
    let forger = EndpointSettings::new(&url, "a secret that the receiver does not know");
    let stale = UnixMillis(now().0.saturating_sub(600_000));
    for (what, settings, at) in [("forged", forger, now()), ("stale", settings, stale)] {
        let endpoint = Endpoint::new("demo".into(), settings, State::Enabled, &policy)?;
        let ping = OutboundEvent::new("Ping", SERVER, r#"{"message":"ping"}"#);
        let outgoing = renderer.render(&ping, endpoint.version_policy(), endpoint.keys(), at)?;
        let version = outgoing.version;
        let answer = poster.post(&endpoint, outgoing, "").await;
        report(what, "Ping", Some(version), answer.status);
    }
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(format!("{}{suffix}", file.display())).ok();
    }
    Ok(())
}

fn report(what: &str, event_type: &str, version: Option<Version>, status: Option<u16>) {
    let version = version.map_or("none".into(), |version| version.to_string());
    let status = status.map_or("no answer".into(), |status| status.to_string());
    println!("{what}\t{event_type}\t{version}\t{status}");
}
