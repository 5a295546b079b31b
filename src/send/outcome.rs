//! What an attempt means: for its delivery, and for its endpoint. Pure.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::schedule::Schedule;
use crate::time::UnixMillis;
use crate::version::Version;

/// Why an attempt brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The event could not be rendered at the endpoint's version, or not signed.
    RenderFailed,
    /// The host has no address.
    HostUnknown,
    /// The host's address is one that deliveries must not go to.
    AddressRefused,
    /// No connection came up, or none in time.
    ConnectFailed,
    /// The certificate or the handshake was refused.
    TlsFailed,
    /// No answer in time.
    TimedOut,
    /// The connection broke, or what came is no HTTP.
    ConnectionLost,
    /// The proxy cannot be reached, refused our login, or does not answer as a proxy. No fault of the endpoint.
    ProxyFailed,
    /// The proxy did not connect to the receiver: it refused, or did not in time.
    ProxyRefused,
    /// The process that made the attempt died, again and again.
    WorkerLost,
    /// The endpoint was removed while the delivery waited.
    EndpointRemoved,
    /// A caller cancelled the delivery.
    Cancelled,
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptResponse {
    /// The status; `None` when there was no answer.
    pub status: Option<u16>,
    /// Why there was no answer, or not all of it.
    pub failure: Option<Failure>,
    /// How long to wait, if the receiver asked for it.
    pub retry_after: Option<Duration>,
    /// The beginning of the answer's body.
    pub body: Vec<u8>,
    /// Whether the rest of the body was cut off.
    pub is_truncated: bool,
    /// How long the attempt took.
    pub elapsed: Duration,
    /// The address that was connected to.
    pub remote: Option<String>,
}

/// One POST and how it ended: a line of the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The attempt's number within its delivery, from 1.
    pub number: u32,
    /// Whether a caller asked for it, outside of the schedule.
    pub is_manual: bool,
    /// When it was signed.
    pub started: UnixMillis,
    /// The payload's version; `None` when nothing was rendered.
    pub version: Option<Version>,
    /// What was answered.
    pub answer: AttemptResponse,
}

impl AttemptRecord {
    /// The line of a delivery that is set aside without another attempt.
    #[must_use]
    pub fn set_aside(why: Failure, attempts: u32, is_manual: bool, now: UnixMillis) -> Self {
        let (number, answer) = (attempts.saturating_add(1), AttemptResponse::without_response(why, Duration::ZERO));
        Self { number, is_manual, started: now, version: None, answer }
    }
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The endpoint took it.
    Delivered,
    /// The delivery is tried again after this time.
    Retry(Duration),
    /// The delivery is kept, and not tried again until a caller asks.
    Dead,
}

/// What an attempt says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: a caller asked for the attempt, or the fault is ours.
    None,
    /// The endpoint works.
    Works,
    /// The endpoint fails.
    Fails,
    /// The endpoint is gone for good: it answered 410.
    Gone,
}

/// When an endpoint that only fails is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisableRule {
    /// The time without a success that it takes at least. Default: 5 days.
    pub failing: Duration,
    /// The number of failed attempts that it takes at least. Default: 10.
    pub failures: u32,
}

impl DisableRule {
    /// Creates a rule that disables an endpoint once every attempt has failed for `failing`, at least `failures` times.
    #[must_use]
    pub const fn new(failing: Duration, failures: u32) -> Self {
        Self { failing, failures }
    }
}

impl Default for DisableRule {
    fn default() -> Self {
        Self { failing: Duration::from_secs(5 * 86_400), failures: 10 }
    }
}

impl AttemptResponse {
    /// An attempt that got no response.
    #[must_use]
    pub fn without_response(failure: Failure, elapsed: Duration) -> Self {
        Self { failure: Some(failure), elapsed, ..Self::default() }
    }

    /// Whether the endpoint took the delivery: 2xx, nothing else.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Classifies the answer to attempt `number` of the schedule.
#[must_use]
pub fn classify(
    answer: &AttemptResponse,
    number: u32,
    is_manual: bool,
    schedule: &Schedule,
    random_permille: u32,
) -> (Next, Effect) {
    if answer.is_delivered() {
        return (Next::Delivered, if is_manual { Effect::None } else { Effect::Works });
    }
    if is_manual {
        return (Next::Dead, Effect::None);
    }
    if answer.status == Some(410) {
        return (Next::Dead, Effect::Gone);
    }
    let asked = matches!(answer.status, Some(429 | 503)).then_some(answer.retry_after).flatten();
    let next = schedule.next(number, asked, random_permille).map_or(Next::Dead, Next::Retry);
    // An event that we cannot render and a proxy that we cannot use are no fault of the endpoint.
    let is_ours = matches!(answer.failure, Some(Failure::RenderFailed | Failure::ProxyFailed));
    let effect = if is_ours { Effect::None } else { Effect::Fails };
    (next, effect)
}

impl Failure {
    /// Every failure.
    pub const ALL: [Self; 12] = [
        Self::RenderFailed,
        Self::HostUnknown,
        Self::AddressRefused,
        Self::ConnectFailed,
        Self::TlsFailed,
        Self::TimedOut,
        Self::ConnectionLost,
        Self::ProxyFailed,
        Self::ProxyRefused,
        Self::WorkerLost,
        Self::EndpointRemoved,
        Self::Cancelled,
    ];

    /// The failure's stable name, as in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RenderFailed => "render_failed",
            Self::HostUnknown => "host_unknown",
            Self::AddressRefused => "address_refused",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::ConnectionLost => "connection_lost",
            Self::ProxyFailed => "proxy_failed",
            Self::ProxyRefused => "proxy_refused",
            Self::WorkerLost => "worker_lost",
            Self::EndpointRemoved => "endpoint_removed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The failure of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.as_str() == name)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
