//! The HTTP client: one request is one POST to the host that was named, within bounds.

use core::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client as Pooled, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::{ConnectError, Connector};
use super::kept::IDLE_TIMEOUT;
use crate::send::outcome::Failure;

/// Most headers of an answer over HTTP/1.1 that are taken; their bytes are bounded by the client.
const MAX_ANSWER_HEADERS: usize = 4096;
/// Most bytes of the headers of an answer over HTTP/2: as many as the client takes over HTTP/1.1.
const MAX_HEAD_BYTES: u32 = 408 * 1024;
/// Bytes that a receiver may send ahead on a request over HTTP/2, and on a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// When a connection over HTTP/2 on which nothing arrives is probed, and how long the receiver has to answer. Its requests
/// fail then, and the next one opens another connection.
const PING_INTERVAL: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Follows no redirect, and sends a request again only if no byte of it was written.
pub(super) type Client = Pooled<Connector, Full<Bytes>>;

/// A client that keeps so many idle connections to a host.
pub(super) fn client(connector: Connector, idle_per_host: usize) -> Client {
    Pooled::builder(TokioExecutor::new())
        // The status decides, also where the rest of the head is odd.
        .http1_max_headers(MAX_ANSWER_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http2_max_header_list_size(MAX_HEAD_BYTES)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .pool_max_idle_per_host(idle_per_host)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}

/// Classifies an error of the client by its cause.
pub(super) fn failure(error: &Error) -> Failure {
    let mut cause: Option<&(dyn core::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(ConnectError(failure)) = inner.downcast_ref() {
            return *failure;
        }
        // A receiver that misses the client's certificate says so after the handshake.
        if is_tls(inner) {
            return Failure::TlsFailed;
        }
        cause = inner.source();
    }
    if error.is_connect() { Failure::ConnectFailed } else { Failure::ConnectionLost }
}

/// Returns whether TLS failed. Errors of rustls come inside of I/O errors, which do not name them as their source.
fn is_tls(error: &(dyn core::error::Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.is_some_and(<dyn core::error::Error + Send + Sync>::is::<rustls::Error>)
}
