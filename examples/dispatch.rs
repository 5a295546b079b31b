//! Dispatches five deliveries to one endpoint: three honest ones, a forged one and a stale one.
//!
//! `MAMBO_SECRET=… cargo run --features send --example dispatch -- http://127.0.0.1:8080/`

use std::error::Error;
use std::{env, fs};

use mambo_webhooks::key::KeyRing;
use mambo_webhooks::send::endpoint::Loopback;
use mambo_webhooks::send::{Endpoint, Sender, now};
use mambo_webhooks::{Outbound, Policy, Profile, Release, Renderer, Shims, UnixMillis};

const PINNED: Release = Release::new(8, 0, 3);
const SERVER: Release = Release::new(9, 0, 0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: dispatch URL")?;
    let registry = fs::read_to_string("examples/registry/payload-9.0.0.json")?;
    let renderer = Renderer::new(Profile::default(), Shims::from_json(&registry)?, SERVER)?;
    let sender = Sender::new(renderer)?;

    let keys = KeyRing::single(&env::var("MAMBO_SECRET")?)?;
    let endpoint = Endpoint::new(&url, keys, Policy::Pinned(PINNED), Loopback::Allowed)?;
    let forger = KeyRing::single("a secret that the receiver does not know")?;
    let other = Endpoint::new(&url, forger, Policy::Pinned(PINNED), Loopback::Allowed)?;

    let ping = event("Ping", r#"{"message":"ping"}"#);
    let activity = event("ActivityCreated", r#"{"uuid":"user-1","attrs":{"type":"behaviour","verb":"read"}}"#);
    // The server is at 9.0.0, so its payload has the new name; the pinned endpoint is sent the old one.
    let wallet = event("PointWalletUpdated", r#"{"newExampleField":"value"}"#);
    for event in [&ping, &activity, &wallet] {
        for attempt in sender.send(&endpoint, event).await? {
            report(event, "honest", &attempt.outgoing.body, attempt.status);
        }
    }
    let refused = sender.attempt(&other, &ping, now()).await?;
    report(&ping, "forged", &refused.outgoing.body, refused.status);
    let stale = sender.attempt(&endpoint, &ping, UnixMillis(now().0.saturating_sub(600_000))).await?;
    report(&ping, "stale", &stale.outgoing.body, stale.status);
    Ok(())
}

const fn event<'a>(kind: &'a str, data: &'a str) -> Outbound<'a> {
    Outbound { kind, id: None, time: None, version: SERVER, data }
}

fn report(event: &Outbound<'_>, what: &str, body: &[u8], status: Option<u16>) {
    let status = status.map_or("no answer".into(), |status| status.to_string());
    println!("{what}\t{}\t{}\t{status}", event.kind, String::from_utf8_lossy(body));
}
