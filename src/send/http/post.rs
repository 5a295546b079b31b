//! One signed POST, bounded in time and in what is read of its answer.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use http::Request;
use http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::client::{Client, client, failure};
use super::connect::Connector;
use super::kept::{Budget, descriptors};
use super::options::HttpOptions;
use super::stream::Remote;
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
/// Most bytes of an answer that are kept in the log.
const KEPT_BYTES: usize = 16 * 1024;
/// The name under which the client posts.
const AGENT: &str = concat!("Mambo-Webhooks-Rust/", env!("CARGO_PKG_VERSION"));

/// Posts deliveries. Clones share its connections.
#[derive(Clone)]
pub struct Poster {
    /// Keeps idle connections.
    keeping: Client,
    /// Closes each connection after its request.
    closing: Client,
    budget: Arc<Budget>,
    address_policy: AddressPolicy,
    total_timeout: Duration,
}

impl Poster {
    /// # Errors
    /// `client_failed`, when TLS cannot be set up or a certificate is malformed.
    pub fn new(options: &HttpOptions) -> Result<Self, SendError> {
        let connector = Connector::new(options)?;
        Ok(Self {
            keeping: client(connector.clone(), usize::MAX),
            closing: client(connector, 0),
            budget: Arc::new(Budget::new(descriptors())),
            address_policy: options.address_policy.clone(),
            total_timeout: options.total_timeout,
        })
    }

    /// One attempt. It ends within the total timeout, and reads no more of the answer than is of use. An empty
    /// `traceparent` is left out.
    pub async fn post(&self, endpoint: &Endpoint, outgoing: SignedRequest, traceparent: &str) -> AttemptResponse {
        let started = Instant::now();
        let failed = |failure| AttemptResponse::without_response(failure, started.elapsed());
        // The connector does not ask a resolver for an address that is written out.
        if literal(endpoint.url()).is_some_and(|address| !self.address_policy.permits(address)) {
            return failed(Failure::AddressRefused);
        }
        let host = endpoint.url().host_str().unwrap_or_default();
        let kept = self.budget.keep(host, started);
        let client = if kept.is_some() { &self.keeping } else { &self.closing };
        let own = endpoint.settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let ours = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let trace = Some(("traceparent", traceparent)).filter(|(_, value)| !value.is_empty());
        let Some(request) = request(endpoint.url(), own.chain(ours).chain(trace), outgoing.body) else {
            return failed(Failure::ConnectionLost);
        };
        let end = started.checked_add(self.total_timeout).unwrap_or(started);
        let mut response = match timeout_at(end, client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return failed(failure(&error)),
            Err(_) => return failed(Failure::TimedOut),
        };
        let mut answer = AttemptResponse {
            status: Some(response.status().as_u16()),
            retry_after: retry_after(response.headers()),
            remote: response.extensions().get::<Remote>().map(|remote| remote.0.to_string()),
            ..AttemptResponse::default()
        };
        // The status decides the outcome; an error while reading the body only goes into the log.
        loop {
            let frame = timeout_at(end, response.body_mut().frame()).await;
            let chunk = match frame.map(Option::transpose) {
                Ok(Ok(Some(frame))) => frame.into_data().unwrap_or_default(),
                Ok(Ok(None)) => break,
                Ok(Err(_)) => {
                    answer.failure = Some(Failure::ConnectionLost);
                    break;
                }
                Err(_) => {
                    answer.failure = Some(Failure::TimedOut);
                    break;
                }
            };
            if answer.body.len().saturating_add(chunk.len()) > READ_BYTES {
                answer.is_truncated = true;
                break;
            }
            answer.body.extend_from_slice(&chunk);
        }
        answer.is_truncated |= answer.body.len() > KEPT_BYTES;
        answer.body.truncate(KEPT_BYTES);
        answer.elapsed = started.elapsed();
        answer
    }
}

/// A POST; `None` when the URL or a header is none of HTTP's.
fn request<'a>(
    url: &Url,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: Vec<u8>,
) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::post(url.as_str()).body(Full::new(Bytes::from(body))).ok()?;
    for (name, value) in headers {
        let (name, value) = (HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        request.headers_mut().append(name, value);
    }
    for (name, value) in [(USER_AGENT, AGENT), (ACCEPT, "*/*")] {
        request.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    Some(request)
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
