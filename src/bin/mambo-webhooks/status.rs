//! A read-only status page, and metrics for Prometheus.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mambo_webhooks::send::{Metrics, SendError, Sender, Store};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::page::snapshot;

const SAMPLES: usize = 720;
const SAMPLE_SECONDS: u64 = 5;
/// The pause after a read, as a multiple of the read's duration: reads take at most a twentieth of the store's time.
const REST: u32 = 20;
const REST_LEAST: Duration = Duration::from_secs(1);
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Shared<S> {
    sender: Sender<S>,
    metrics: Arc<Metrics>,
    /// Pairs of a time and the waiting deliveries, for the last hour.
    backlog: Mutex<VecDeque<(i64, u64)>>,
    /// The latest snapshot, and the time until which it answers all requests.
    snapshot: tokio::sync::Mutex<Option<(Value, Instant)>>,
}

/// Serves the page from now on, until the process ends.
pub async fn serve<S: Store>(address: SocketAddr, sender: Sender<S>, metrics: Arc<Metrics>) -> Result<(), String> {
    let shared =
        Arc::new(Shared { sender, metrics, backlog: Mutex::default(), snapshot: tokio::sync::Mutex::default() });
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    eprintln!("status page on http://{}/", listener.local_addr().map_err(|error| error.to_string())?);
    let app = Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("status.html"))))
        .route("/status.js", get(async || file("text/javascript", include_str!("status.js"))))
        .route("/status.css", get(async || file("text/css", include_str!("status.css"))))
        .route("/snapshot", get(snapshots::<S>))
        .route("/metrics", get(metrics_text::<S>))
        .layer(from_fn(only_local))
        .with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, app).await });
    tokio::spawn(watch(shared));
    Ok(())
}

/// Looks at the backlog again and again.
async fn watch<S: Store>(shared: Arc<Shared<S>>) {
    loop {
        let began = Instant::now();
        let now = shared.sender.store().now().await;
        if let (Ok(now), Ok(counts)) = (now, shared.sender.store().counts(None).await) {
            let mut backlog = shared.backlog.lock().unwrap_or_else(PoisonError::into_inner);
            if backlog.len() >= SAMPLES {
                backlog.pop_front();
            }
            backlog.push_back((now.0, counts.waiting()));
        }
        tokio::time::sleep(Duration::from_secs(SAMPLE_SECONDS).max(began.elapsed().saturating_mul(REST))).await;
    }
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        text,
    )
}

/// Returns whether the Host header is `localhost` or an IP address: DNS rebinding would send another name.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}

async fn only_local(request: Request, next: Next) -> Response {
    if is_local(request.headers()) { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

async fn snapshots<S: Store>(State(shared): State<Arc<Shared<S>>>) -> Response {
    match fresh(&shared).await {
        Ok(mut value) => {
            let backlog: Vec<_> =
                shared.backlog.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
            let backlog = backlog.iter().map(|(when, waiting)| json!([when, waiting])).collect();
            if let Some(members) = value.as_object_mut() {
                members.insert("backlog".into(), backlog);
            }
            ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.code()).into_response(),
    }
}

/// A snapshot that is not too old; one request reads it, the others wait for that.
async fn fresh<S: Store>(shared: &Shared<S>) -> Result<Value, SendError> {
    let mut kept = shared.snapshot.lock().await;
    if let Some((value, _)) = kept.as_ref().filter(|(_, until)| Instant::now() < *until) {
        return Ok(value.clone());
    }
    let began = Instant::now();
    let value = snapshot(shared.sender.store()).await?;
    let rest = began.elapsed().saturating_mul(REST).max(REST_LEAST);
    *kept = Some((value.clone(), Instant::now().checked_add(rest).unwrap_or(began)));
    Ok(value)
}

async fn metrics_text<S: Store>(State(shared): State<Arc<Shared<S>>>) -> Response {
    match shared.metrics.scrape(shared.sender.store(), None).await {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.code()).into_response(),
    }
}
