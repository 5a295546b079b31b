//! One attempt: render, sign, POST. And one more when it fails.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use reqwest::redirect;

use super::clock::now;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::render::{Outbound, Outgoing, Renderer};
use crate::time::UnixMillis;

/// How long a connection may take to come up.
const CONNECT_SECONDS: u64 = 5;
/// How long a whole attempt may take, answer included.
const TOTAL_SECONDS: u64 = 15;
/// How long to wait before the second attempt.
const RETRY_SECONDS: u64 = 1;

/// Sends events to endpoints.
#[derive(Clone, Debug)]
pub struct Sender {
    renderer: Renderer,
    client: reqwest::Client,
}

/// One POST and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was sent.
    pub outgoing: Outgoing,
    /// When it was signed.
    pub at: UnixMillis,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl Attempt {
    /// Whether the endpoint took the delivery.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl Sender {
    /// A sender that renders with `renderer`.
    ///
    /// # Errors
    /// When no TLS backend or root certificates can be set up.
    pub fn new(renderer: Renderer) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
            .timeout(Duration::from_secs(TOTAL_SECONDS))
            .user_agent(concat!("Mambo-Webhooks-Rust/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { renderer, client })
    }

    /// Sends an event: one attempt, and a second one if the first fails, signed afresh. Both are handed back.
    ///
    /// # Errors
    /// When the event cannot be rendered or signed: then nothing was sent.
    pub async fn send(&self, endpoint: &Endpoint, event: &Outbound<'_>) -> Result<Vec<Attempt>, Error> {
        let first = self.attempt(endpoint, event, now()).await?;
        if first.is_delivered() {
            return Ok(alloc::vec![first]);
        }
        tokio::time::sleep(Duration::from_secs(RETRY_SECONDS)).await;
        let second = self.attempt(endpoint, event, now()).await?;
        Ok(alloc::vec![first, second])
    }

    /// One attempt, signed at `at`.
    ///
    /// # Errors
    /// When the event cannot be rendered or signed: then nothing was sent.
    pub async fn attempt(&self, endpoint: &Endpoint, event: &Outbound<'_>, at: UnixMillis) -> Result<Attempt, Error> {
        let outgoing = self.renderer.render(event, endpoint.policy(), endpoint.keys(), at)?;
        let mut request = self.client.post(endpoint.url()).body(outgoing.body.clone());
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        let (status, error) = match request.send().await {
            Ok(answer) => (Some(answer.status().as_u16()), None),
            // Without the URL, which may hold a token of the endpoint's owner.
            Err(error) => (None, Some(error.without_url().to_string())),
        };
        Ok(Attempt { outgoing, at, status, error })
    }
}
