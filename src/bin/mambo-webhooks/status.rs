//! A read-only status page, and metrics for Prometheus.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use mambo_webhooks::send::meter::Meter;
use mambo_webhooks::send::{Sender, Store};

use crate::page::snapshot;

const SAMPLES: usize = 720;
const SAMPLE_SECONDS: u64 = 5;
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Shared<S> {
    sender: Sender<S>,
    meter: Arc<Meter>,
    /// When, and how many waited: the last hour.
    backlog: Mutex<VecDeque<(i64, u64)>>,
}

/// Serves the page from now on, until the process ends.
pub async fn serve<S: Store>(address: SocketAddr, sender: Sender<S>, meter: Arc<Meter>) -> Result<(), String> {
    let shared = Arc::new(Shared { sender, meter, backlog: Mutex::default() });
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    eprintln!("status page on http://{}/", listener.local_addr().map_err(|error| error.to_string())?);
    let app = Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("status.html"))))
        .route("/status.js", get(async || file("text/javascript", include_str!("status.js"))))
        .route("/status.css", get(async || file("text/css", include_str!("status.css"))))
        .route("/snapshot", get(look::<S>))
        .route("/metrics", get(metrics::<S>))
        .with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, app).await });
    tokio::spawn(watch(shared));
    Ok(())
}

/// Looks at the backlog again and again.
async fn watch<S: Store>(shared: Arc<Shared<S>>) {
    loop {
        if let Ok(counts) = shared.sender.store().counts().await {
            let mut backlog = shared.backlog.lock().unwrap_or_else(PoisonError::into_inner);
            if backlog.len() >= SAMPLES {
                backlog.pop_front();
            }
            backlog.push_back((shared.sender.store().now().0, counts.waiting));
        }
        tokio::time::sleep(Duration::from_secs(SAMPLE_SECONDS)).await;
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

/// Whether somebody asks for this machine by its own name. A page elsewhere that had its name point here would not.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}

async fn look<S: Store>(State(shared): State<Arc<Shared<S>>>, headers: HeaderMap) -> axum::response::Response {
    if !is_local(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let backlog: Vec<_> = shared.backlog.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
    match snapshot(shared.sender.store(), &backlog).await {
        Ok(snapshot) => ([(header::CONTENT_TYPE, "application/json")], snapshot.to_string()).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.code()).into_response(),
    }
}

async fn metrics<S: Store>(State(shared): State<Arc<Shared<S>>>) -> axum::response::Response {
    match shared.sender.store().counts().await {
        Ok(counts) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], shared.meter.text(counts)).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.code()).into_response(),
    }
}
