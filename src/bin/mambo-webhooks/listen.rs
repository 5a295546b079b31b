//! A receiver that prints and saves what comes in.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use mambo_webhooks::internal::commands::{Capture, Received, receive};
use mambo_webhooks::internal::limits::MAX_BODY_BYTES;
use mambo_webhooks::send::now;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::CliOutput;
use crate::input::text;
use crate::save::{Folder, header_text};
use crate::show::{coloured, print, print_problem};

/// A sender that is slower with a body is answered 408.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests under way may take to end once the process is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Receive deliveries, print them, and save them on demand; every path takes POSTs. Without `MAMBO_SECRET` nothing is
/// verified.
#[derive(clap::Args)]
pub struct Listen {
    /// The address to listen on. Put a proxy with TLS before it: Mambo sends to https only.
    #[arg(default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Save each delivery in this folder: a folder for each, with the files `headers` and `body`.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// A profile, as JSON.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// How the secret in `MAMBO_SECRET` is written: utf8, hex or base64.
    #[arg(long, default_value = "utf8")]
    encoding: String,
}

/// What every request needs.
struct Listener {
    folder: Option<Folder>,
    /// `None` without a secret.
    how: Option<How>,
    is_json: bool,
}

struct How {
    profile: Option<String>,
    secret: Zeroizing<String>,
    encoding: String,
}

pub fn run(listen: &Listen, is_json: bool) -> Result<CliOutput, String> {
    let secret = std::env::var("MAMBO_SECRET").ok().filter(|secret| !secret.is_empty());
    let profile = listen.profile.as_deref().map(text).transpose()?;
    let how = secret.map(|secret| How { profile, secret: Zeroizing::new(secret), encoding: listen.encoding.clone() });
    let folder = listen.save.as_deref().map(Folder::open).transpose()?;
    let listener = Arc::new(Listener { folder, how, is_json });
    // A secret or profile that cannot be used is reported here, not at the first delivery.
    listener.receive(&[], b"")?;
    let app = Router::new()
        .fallback(post(|State(listener): State<Arc<Listener>>, headers: HeaderMap, request: Request| async move {
            match body_of(request).await {
                Ok(body) => listener.take(&headers, &body),
                Err(refused) => refused,
            }
        }))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(listener);
    crate::runtime::runtime()?.block_on(async {
        let problem = |error: std::io::Error| format!("{}: {error}", listen.address);
        let listener = tokio::net::TcpListener::bind(listen.address).await.map_err(problem)?;
        print_problem(format_args!("listening on {}", listener.local_addr().map_err(problem)?));
        let (tell, told) = tokio::sync::oneshot::channel();
        let stop = async move {
            crate::runtime::asked_to_stop().await;
            let _is_heard = tell.send(());
        };
        let late = async move {
            if told.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(STOP_TIMEOUT).await;
        };
        tokio::select! {
            served = axum::serve(listener, app).with_graceful_shutdown(stop).into_future() => served.map_err(problem),
            () = late => Ok(()),
        }
    })?;
    Ok(CliOutput(true, String::new(), Value::Null))
}

/// Reads a body, or returns what to answer in its place.
async fn body_of(request: Request) -> Result<Bytes, (StatusCode, String)> {
    let read = tokio::time::timeout(REQUEST_TIMEOUT, Bytes::from_request(request, &())).await;
    let read = read.map_err(|_| (StatusCode::REQUEST_TIMEOUT, String::new()))?;
    read.map_err(|rejection| {
        let is_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        (rejection.status(), if is_large { "body_too_large".into() } else { String::new() })
    })
}

impl Listener {
    fn receive(&self, headers: &[(String, String)], body: &[u8]) -> Result<Received, String> {
        let lines = header_text(headers);
        let capture = self.how.as_ref().map(|how| Capture {
            headers: lines,
            profile: how.profile.clone(),
            secret: how.secret.clone(),
            encoding: Some(how.encoding.clone()),
            now: now().0,
        });
        receive(capture.as_ref(), body)
    }

    fn take(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, String) {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let received = match self.receive(&headers, body) {
            Ok(received) => received,
            Err(problem) => return (StatusCode::INTERNAL_SERVER_ERROR, problem),
        };
        if let Some(folder) = &self.folder {
            if let Err(problem) = folder.save(&received.word, &headers, body) {
                print_problem(format_args!("mambo-webhooks: {problem}"));
                return (StatusCode::INTERNAL_SERVER_ERROR, String::new());
            }
        }
        if self.is_json {
            print(&received.json);
        } else {
            print(format_args!("{} {}", coloured(&received.word, received.is_yes), received.text));
        }
        let status = StatusCode::from_u16(received.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, if received.is_yes { String::new() } else { received.word })
    }
}
