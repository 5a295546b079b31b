//! A service on axum with the sender inside. What its customers do becomes webhooks for the endpoints that are in its
//! store: `cargo run --features sqlite --example axum_sender -- webhooks.db 8081`, then
//! `curl -d '{"uuid":"user-1"}' http://127.0.0.1:8081/activities`. `mambo-webhooks endpoint add` adds endpoints.

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use mambo_webhooks::send::{AddressPolicy, HttpOptions, NewEvent, SendError, Sender, Sqlite, WorkerOptions};
use mambo_webhooks::{Profile, Renderer, Shims, Version};
use tokio::sync::oneshot;

const SERVER: Version = Version::new(9, 0, 0);

/// Answers when the event is on disk: from there it goes out, now or after the next start.
async fn activities(State(sender): State<Arc<Sender<Sqlite>>>, data: String) -> Result<String, StatusCode> {
    let event =
        NewEvent::new("ActivityCreated", SERVER, &data).map_err(|error| told(&error, StatusCode::BAD_REQUEST))?;
    let sent = sender.send(event).await.map_err(|error| told(&error, StatusCode::SERVICE_UNAVAILABLE))?;
    Ok(sent.event)
}

fn told(error: &SendError, status: StatusCode) -> StatusCode {
    eprintln!("{}: {error}", error.code());
    status
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [file, port] =
        [(1, "webhooks.db"), (2, "8081")].map(|(place, default)| env::args().nth(place).unwrap_or(default.into()));
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER)?;
    // Plain http to this very machine is for trying it out: without it, only https to public hosts is taken.
    let http = HttpOptions::new(AddressPolicy::allowing(vec!["127.0.0.0/8".parse()?]));
    let sender = Arc::new(Sender::new(Sqlite::open(&file)?, renderer, http));

    let (stop, stopped) = oneshot::channel::<()>();
    let worker = sender.worker(WorkerOptions::default())?;
    let working = tokio::spawn(async move { worker.run(async { drop(stopped.await) }).await });

    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    eprintln!("listening on {}", listener.local_addr()?.port());
    let app = Router::new().route("/activities", post(activities)).with_state(sender);
    axum::serve(listener, app).with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?;
    // Ctrl-C: what is under way ends first. However it ends, what is not delivered waits in the store for the next
    // start.
    drop(stop);
    working.await?;
    Ok(())
}
