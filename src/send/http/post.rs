//! One signed POST, bounded in time and in what is read of its answer.

use alloc::string::String;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, redirect};
use tokio::time::Instant;

use super::kept::{Budget, IDLE_TIMEOUT, descriptors};
use super::resolve::{Guarded, LookUpFuture, Refused, Resolver, Unknown, system};
use crate::render::SignedRequest;
use crate::send::address::AddressPolicy;
use crate::send::clock::now;
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::outcome::{AttemptResponse, Failure};
use crate::send::url::literal;
use crate::time::UnixMillis;

/// Most bytes of an answer that are read.
const READ_BYTES: usize = 64 * 1024;
/// Most headers of an answer that are taken; their bytes are bounded by the client.
const MAX_ANSWER_HEADERS: usize = 4096;
/// Most bytes of an answer that are kept in the log.
const KEPT_BYTES: usize = 16 * 1024;

/// How deliveries are posted.
#[derive(Clone)]
pub struct HttpOptions {
    /// Which addresses may be connected to.
    pub(crate) address_policy: AddressPolicy,
    /// How names become addresses.
    pub(crate) look_up: Resolver,
    /// How long a connection may take to come up. Default: 5 s.
    pub(crate) connect_timeout: Duration,
    /// How long a whole attempt may take, its answer included. Default: 15 s.
    pub(crate) total_timeout: Duration,
    /// Certificates of authorities, PEM, that are trusted beside the system's: a private network's own.
    pub(crate) extra_roots: Vec<Vec<u8>>,
}

impl HttpOptions {
    /// Creates options with every default, to connect only to addresses that `address_policy` permits.
    #[must_use]
    pub fn new(address_policy: AddressPolicy) -> Self {
        let (connect_timeout, total_timeout) = (Duration::from_secs(5), Duration::from_secs(15));
        Self { address_policy, look_up: system(), connect_timeout, total_timeout, extra_roots: Vec::new() }
    }

    /// Sets how names become addresses. Default: the system's resolver.
    #[must_use]
    pub fn look_up(mut self, look_up: impl Fn(String) -> LookUpFuture + Send + Sync + 'static) -> Self {
        self.look_up = Arc::new(look_up);
        self
    }

    /// Sets how long a connection may take to come up.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long a whole attempt may take, its answer included.
    #[must_use]
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Adds the certificate of an authority, PEM, that is trusted beside the system's.
    #[must_use]
    pub fn extra_root(mut self, certificate: Vec<u8>) -> Self {
        self.extra_roots.push(certificate);
        self
    }
}

/// Posts deliveries. Clones share its connections.
#[derive(Clone)]
pub struct Poster {
    /// Keeps idle connections.
    keeping: reqwest::Client,
    /// Closes each connection after its request.
    closing: reqwest::Client,
    budget: Arc<Budget>,
    address_policy: AddressPolicy,
}

impl Poster {
    /// # Errors
    /// `client_failed`, when TLS cannot be set up or a certificate is malformed.
    pub fn new(options: &HttpOptions) -> Result<Self, SendError> {
        let (keeping, closing) = (client(options, usize::MAX)?, client(options, 0)?);
        let budget = Arc::new(Budget::new(descriptors()));
        Ok(Self { keeping, closing, budget, address_policy: options.address_policy.clone() })
    }

    /// One attempt. It ends within the total timeout, and reads no more of the answer than is of use. An empty
    /// `traceparent` is left out.
    pub async fn post(&self, endpoint: &Endpoint, outgoing: SignedRequest, traceparent: &str) -> AttemptResponse {
        let started = Instant::now();
        // The client does not ask a resolver for an address that is written out.
        if literal(endpoint.url()).is_some_and(|address| !self.address_policy.permits(address)) {
            return AttemptResponse::without_response(Failure::AddressRefused, started.elapsed());
        }
        let host = endpoint.url().host_str().unwrap_or_default();
        let kept = self.budget.keep(host, started);
        let client = if kept.is_some() { &self.keeping } else { &self.closing };
        let mut request = client.post(endpoint.url().clone()).body(outgoing.body);
        let own = endpoint.settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let ours = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let trace = Some(("traceparent", traceparent)).filter(|(_, value)| !value.is_empty());
        for (name, value) in own.chain(ours).chain(trace) {
            request = request.header(name, value);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return AttemptResponse::without_response(failure(&error), started.elapsed()),
        };
        let mut answer = AttemptResponse {
            status: Some(response.status().as_u16()),
            retry_after: retry_after(response.headers()),
            remote: response.remote_addr().map(|address| address.to_string()),
            ..AttemptResponse::default()
        };
        // The status decides the outcome; an error while reading the body only goes into the log.
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if answer.body.len().saturating_add(chunk.len()) <= READ_BYTES => {
                    answer.body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    answer.is_truncated = true;
                    break;
                }
                Ok(None) => break,
                Err(error) => {
                    answer.failure = Some(failure(&error));
                    break;
                }
            }
        }
        answer.is_truncated |= answer.body.len() > KEPT_BYTES;
        answer.body.truncate(KEPT_BYTES);
        answer.elapsed = started.elapsed();
        answer
    }
}

/// A client that keeps so many idle connections to a host.
fn client(options: &HttpOptions, idle_per_host: usize) -> Result<reqwest::Client, SendError> {
    let failed = |error: reqwest::Error| SendError::ClientFailed { what: error.to_string() };
    let roots: Result<Vec<_>, _> = options.extra_roots.iter().map(|pem| Certificate::from_pem(pem)).collect();
    let guarded = Guarded { address_policy: options.address_policy.clone(), look_up: Arc::clone(&options.look_up) };
    let mut builder = reqwest::Client::builder()
        // One attempt is one POST to the host that was named: no redirect, no retry, no proxy, no second try on
        // another protocol.
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        // The status decides, also where the rest of the head is odd.
        .http1_max_headers(MAX_ANSWER_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .dns_resolver(guarded)
        .pool_max_idle_per_host(idle_per_host)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .user_agent(concat!("Mambo-Webhooks-Rust/", env!("CARGO_PKG_VERSION")));
    let roots = roots.map_err(failed)?;
    if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(failed)
}

/// Classifies an error of the HTTP client by its cause.
fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn core::error::Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            found = Some(Failure::AddressRefused);
        } else if inner.is::<Unknown>() {
            found = Some(Failure::HostUnknown);
        } else if is_tls(inner) {
            found = Some(Failure::TlsFailed);
        }
        cause = inner.source();
    }
    found.unwrap_or_else(|| match (error.is_connect(), error.is_timeout()) {
        (true, _) => Failure::ConnectFailed,
        (false, true) => Failure::TimedOut,
        (false, false) => Failure::ConnectionLost,
    })
}

/// Errors of rustls come inside of I/O errors, which do not name them as their source.
fn is_tls(error: &(dyn core::error::Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}

/// The wait that the header asks for: whole seconds or an HTTP date, else nothing.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large for u64 means the longest wait.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = UnixMillis::from(httpdate::parse_http_date(text).ok()?);
    // A date that is over asks for no wait.
    Some(Duration::from_millis(u64::try_from(date.since(now())).unwrap_or(0)))
}

impl core::fmt::Debug for Poster {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Poster").field("address_policy", &self.address_policy).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HttpOptions")
            .field("address_policy", &self.address_policy)
            .field("connect_timeout", &self.connect_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("extra_roots", &self.extra_roots.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_or_nothing() {
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(wait("0"), Some(Duration::ZERO));
        assert_eq!(wait(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(wait("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        for bad in ["", "-5", "1.5", "soon", "5 s", "+5", "0x10", "Wed, 21 Oct"] {
            assert_eq!(wait(bad), None, "{bad}");
        }
        let ahead = httpdate::fmt_http_date(
            std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now().0).unwrap() + 100_000),
        );
        let range = Duration::from_secs(98)..=Duration::from_secs(100);
        assert!(range.contains(&wait(&ahead).unwrap()));
    }
}
