//! A receiver that prints events: to see what comes in.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use mambo_webhooks::internal::limits::MAX_BODY_BYTES;
use mambo_webhooks::send::now;
use mambo_webhooks::{Fault, KeyRing, Receiver};
use serde_json::{Value, json};

use crate::CliOutput;
use crate::input::{read_profile, secret};
use crate::show::{coloured, print};

/// Receive deliveries and print them; every path takes POSTs.
#[derive(clap::Args)]
pub struct Listen {
    /// The address to listen on. Put a proxy with TLS before it: Mambo sends to https only.
    #[arg(default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// A profile, as JSON.
    #[arg(long)]
    profile: Option<std::path::PathBuf>,
}

pub fn run(listen: &Listen, json: bool) -> Result<CliOutput, String> {
    let keys = KeyRing::single(&secret()?).map_err(|error| error.to_string())?;
    let receiver = Receiver::new(keys).profile(read_profile(listen.profile.as_deref())?);
    let receiver = Arc::new(receiver.map_err(|error| error.to_string())?);
    let app = Router::new()
        .fallback(post(move |State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes| async move {
            take(&receiver, &headers, &body, json)
        }))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(receiver);
    crate::sender::runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen.address).await.map_err(|error| error.to_string())?;
        eprintln!("listening on {}", listener.local_addr().map_err(|error| error.to_string())?);
        let served = axum::serve(listener, app).with_graceful_shutdown(crate::sender::asked_to_stop()).await;
        served.map_err(|error| error.to_string())
    })?;
    Ok(CliOutput(true, String::new(), Value::Null))
}

fn take(receiver: &Receiver, headers: &HeaderMap, body: &[u8], is_json: bool) -> (StatusCode, &'static str) {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    match receiver.receive(&headers, body, now()) {
        Ok(received) => {
            let event_type = received.event.event_type().unwrap_or("an event without a type");
            let data = received.event.json();
            if is_json {
                print(json!({ "ok": true, "type": event_type, "id": received.id, "data": data }));
            } else {
                print(format_args!("{} {data}", coloured(event_type, true)));
            }
            (StatusCode::NO_CONTENT, "")
        }
        Err(error) => {
            let (code, message) = (error.code().as_str(), error.to_string());
            if is_json {
                print(json!({ "ok": false, "code": code, "message": message }));
            } else {
                print(format_args!("{} {message}\n{}", coloured(code, false), error.code().advice()));
            }
            let is_peer = error.code().fault() == Fault::Peer;
            (if is_peer { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR }, code)
        }
    }
}
