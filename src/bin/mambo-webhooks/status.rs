//! A read-only status page, and metrics for Prometheus.

mod tiers;

mod histogram;

mod history;

mod trouble;

mod shared;

mod answer;

mod watch;

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mambo_webhooks::send::{Metrics, SendError, Sender, Store, Tenant};
use reqwest::Url;
use serde_json::{Value, json};

use self::answer::Filter;
use self::shared::Shared;
use self::tiers::Range;

const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// The page's files: path, content type, content.
const FILES: [(&str, &str, &str); 13] = [
    ("/", "text/html; charset=utf-8", include_str!("status/index.html")),
    ("/look.css", "text/css", include_str!("status/look.css")),
    ("/status.css", "text/css", include_str!("status/status.css")),
    ("/main.js", "text/javascript", include_str!("status/main.js")),
    ("/page.js", "text/javascript", include_str!("status/page.js")),
    ("/charts.js", "text/javascript", include_str!("status/charts.js")),
    ("/plot.js", "text/javascript", include_str!("status/plot.js")),
    ("/axes.js", "text/javascript", include_str!("status/axes.js")),
    ("/endpoints.js", "text/javascript", include_str!("status/endpoints.js")),
    ("/verdict.js", "text/javascript", include_str!("status/verdict.js")),
    ("/delivery.js", "text/javascript", include_str!("status/delivery.js")),
    ("/good.svg", "image/svg+xml", include_str!("status/good.svg")),
    ("/bad.svg", "image/svg+xml", include_str!("status/bad.svg")),
];

/// Serves the page from now on, until the process ends: about all tenants, or about one only.
pub async fn serve<S: Store>(
    address: SocketAddr,
    sender: Sender<S>,
    metrics: Arc<Metrics>,
    tenant: Option<Tenant>,
) -> Result<(), String> {
    let shared = Arc::new(Shared::new(sender, metrics, tenant));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    eprintln!("status page on http://{}/", listener.local_addr().map_err(|error| error.to_string())?);
    let mut app = Router::new();
    for (path, kind, text) in FILES {
        app = app.route(path, get(async move || ([(header::CONTENT_TYPE, kind)], text)));
    }
    let app = app
        .route("/snapshot", get(snapshot::<S>))
        .route("/charts", get(charts::<S>))
        .route("/delivery", get(delivery::<S>))
        .route("/metrics", get(metrics_text::<S>))
        .layer(from_fn(only_local))
        .with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, app).await });
    tokio::spawn(watch::watch(shared));
    Ok(())
}

/// Returns whether the Host header is `localhost` or an IP address: DNS rebinding would send another name.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}

async fn only_local(request: Request, next: Next) -> Response {
    let is_local = is_local(request.headers());
    let mut response = if is_local { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The value of a parameter of the query; empty if it is not there.
fn parameter(uri: &Uri, name: &str) -> String {
    let Ok(url) = Url::parse(&format!("http://localhost/?{}", uri.query().unwrap_or_default())) else {
        return String::new();
    };
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The tenant that a request is about. A pinned page answers about its own tenant, no matter what is asked for.
fn tenant<S>(shared: &Shared<S>, uri: &Uri) -> Option<Tenant> {
    shared.tenant.clone().or_else(|| Tenant::new(&parameter(uri, "tenant")).ok())
}

async fn snapshot<S: Store>(State(shared): State<Arc<Shared<S>>>, uri: Uri) -> Response {
    let snapshot = match shared.snapshot().await {
        Ok(snapshot) => snapshot,
        Err(error) => return failed(&error),
    };
    let filter = Filter {
        tenant: tenant(&shared, &uri),
        text: parameter(&uri, "find").to_lowercase(),
        skip: parameter(&uri, "skip").parse().unwrap_or(0),
    };
    let history = shared.history.lock().unwrap_or_else(PoisonError::into_inner);
    json_text(&answer::snapshot(&snapshot, &history, &filter, shared.tenant.as_ref()))
}

async fn charts<S: Store>(State(shared): State<Arc<Shared<S>>>, uri: Uri) -> Response {
    let tenant = if shared.tenant.is_some() { None } else { tenant(&shared, &uri) };
    let range = Range::named(&parameter(&uri, "range"));
    let history = shared.history.lock().unwrap_or_else(PoisonError::into_inner);
    json_text(&history.charts(tenant.as_ref(), range))
}

async fn delivery<S: Store>(State(shared): State<Arc<Shared<S>>>, uri: Uri) -> Response {
    let Ok(number) = parameter(&uri, "id").parse() else { return StatusCode::BAD_REQUEST.into_response() };
    match shared.delivery(number).await {
        Ok(lines) if lines.is_empty() => StatusCode::NOT_FOUND.into_response(),
        Ok(lines) => json_text(&answer::delivery(&lines)),
        Err(error) => failed(&error),
    }
}

async fn metrics_text<S: Store>(State(shared): State<Arc<Shared<S>>>) -> Response {
    match shared.metrics.scrape(shared.sender.store(), shared.tenant.as_ref()).await {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => failed(&error),
    }
}

fn json_text(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// A failure of the store, by its code: its message may name files or hosts.
fn failed(error: &SendError) -> Response {
    let text = json!({ "error": error.code() }).to_string();
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
