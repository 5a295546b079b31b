//! Endpoints: the settings that a caller asks for, their stored form, and the form that the worker uses.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::address::AddressPolicy;
use super::error::SendError;
use super::url::checked;
use crate::crypto::encoding::Encoding;
use crate::crypto::key::{Key, KeyRing, SecretPolicy};
use crate::limits::MAX_KEYS;
use crate::render::VersionPolicy;
use crate::time::UnixMillis;

/// The default of the most deliveries to one endpoint that are in flight at once.
const MAX_IN_FLIGHT: u32 = 8;
/// Most headers of an endpoint's own, and most bytes of all of them.
const MAX_HEADERS: usize = 32;
const MAX_ALL_HEADERS_BYTES: usize = 8192;
/// Headers that the sender or the HTTP client sets itself.
const RESERVED: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// An endpoint with its settings. `Debug` shows neither secrets nor settings that may hold one.
#[derive(Clone)]
pub struct Endpoint {
    /// The endpoint's id.
    pub id: String,
    /// The endpoint's settings.
    pub settings: EndpointSettings,
    /// Whether deliveries go to it.
    pub state: State,
    url: Url,
    keys: KeyRing,
}

/// Whether deliveries go to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Deliveries go to the endpoint.
    Enabled,
    /// Deliveries wait until the endpoint is enabled.
    Disabled(DisableReason),
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisableReason {
    /// An operator said so.
    ByHand,
    /// The endpoint answered 410 Gone.
    Gone,
    /// Every attempt failed for days: see [`DisableRule`](crate::send::DisableRule).
    Failing,
}

/// The settings of an endpoint, as they are stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointSettings {
    /// The URL.
    pub url: String,
    keys: Vec<StoredKey>,
    /// The release that it is pinned to; the newest one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<String>,
    /// The event types that it gets; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    /// Most attempts a second; no limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<NonZeroU32>,
    /// Most deliveries under way at once.
    pub max_in_flight: u32,
    /// Additional headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A secret as it is stored: in plain text, because the sender signs with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredKey {
    id: String,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<i64>,
}

impl EndpointSettings {
    /// An endpoint at `url`, whose deliveries are signed with `secret`, UTF-8 text of at least 16 bytes. It gets every
    /// event type, at the latest version, unless other settings follow.
    #[must_use]
    pub fn new(url: &str, secret: &str) -> Self {
        let key = StoredKey { id: "1".to_owned(), secret: secret.to_owned(), not_after: None };
        let (url, max_in_flight) = (url.to_owned(), MAX_IN_FLIGHT);
        let keys = alloc::vec![key];
        Self { url, keys, pinned: None, event_types: None, rate_per_second: None, max_in_flight, headers: Vec::new() }
    }

    /// The payload version that is sent to the endpoint. Default: [`VersionPolicy::Latest`].
    #[must_use]
    pub fn version_policy(mut self, policy: VersionPolicy) -> Self {
        self.pinned = match policy {
            VersionPolicy::Pinned(release) => Some(release.to_string()),
            VersionPolicy::Latest => None,
        };
        self
    }

    /// The event types that it gets. Default: all, also those that come later.
    #[must_use]
    pub fn event_types(mut self, event_types: &[&str]) -> Self {
        self.event_types = Some(event_types.iter().map(|&event_type| event_type.to_owned()).collect());
        self
    }

    /// Most attempts a second. Default: no limit.
    #[must_use]
    pub const fn rate_per_second(mut self, rate: NonZeroU32) -> Self {
        self.rate_per_second = Some(rate);
        self
    }

    /// Most deliveries under way at once. Default: 8.
    #[must_use]
    pub const fn max_in_flight(mut self, most: u32) -> Self {
        self.max_in_flight = most;
        self
    }

    /// Adds a header to every delivery.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The settings as they are stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing strings, numbers and lists cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Adds a secret. Earlier secrets go on signing for `overlap`, to the millisecond; zero revokes them now.
    /// Where a signature header has room for one signature only, the new secret signs.
    ///
    /// # Errors
    /// `keys_too_many`, when that many secrets overlap.
    pub fn rotate_secret(
        &mut self,
        secret: &str,
        now: UnixMillis,
        overlap: Duration,
    ) -> Result<(), crate::error::Error> {
        // A key's validity includes its end, so the end of a revoked key is a millisecond ago.
        let overlap_ms = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        let overlap_until = UnixMillis(now.0.saturating_add(overlap_ms).saturating_sub(1));
        self.keys.retain(|key| key.not_after.is_none_or(|end| end >= now.0));
        for key in &mut self.keys {
            key.not_after = Some(key.not_after.map_or(overlap_until.0, |end| end.min(overlap_until.0)));
        }
        let numbers = self.keys.iter().filter_map(|key| key.id.parse::<u64>().ok());
        let id = numbers.max().unwrap_or(0).saturating_add(1).to_string();
        self.keys.push(StoredKey { id, secret: secret.to_owned(), not_after: None });
        if self.keys.len() > MAX_KEYS {
            return Err(crate::error::Error::KeysTooMany { count: self.keys.len(), allowed: MAX_KEYS });
        }
        Ok(())
    }

    /// Returns whether the endpoint subscribes to an event type.
    #[must_use]
    pub fn takes(&self, event_type: &str) -> bool {
        self.event_types.as_ref().is_none_or(|event_types| event_types.iter().any(|own| own == event_type))
    }
}

impl Endpoint {
    /// Reads settings: as asked for, or as stored.
    ///
    /// # Errors
    /// When deliveries may not go to the URL, when an endpoint may not set a header or all of its headers together are
    /// too large, when a limit is
    /// zero, or when a secret is refused.
    pub fn new(
        id: String,
        settings: EndpointSettings,
        state: State,
        address_policy: &AddressPolicy,
    ) -> Result<Self, SendError> {
        SendError::refuse_blank("endpoint's id", &id)?;
        let url = checked(&settings.url, address_policy)?;
        let bytes = settings.headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
        if settings.headers.len() > MAX_HEADERS || bytes > MAX_ALL_HEADERS_BYTES {
            return Err(SendError::HeadersTooLarge { count: settings.headers.len(), bytes });
        }
        for (name, value) in &settings.headers {
            let well_formed = HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok();
            let lower = name.to_ascii_lowercase();
            if !well_formed || RESERVED.contains(&lower.as_str()) || lower.starts_with("proxy-") {
                return Err(SendError::HeaderRefused { name: name.clone() });
            }
        }
        if settings.max_in_flight == 0 {
            return Err(SendError::LimitZero { name: "max_in_flight" });
        }
        // The newest first: it signs where the profile's header has room for one signature.
        let keys = settings.keys.iter().rev().map(|StoredKey { id, secret, not_after }| {
            let key = Key::new(id, secret, Encoding::Utf8, SecretPolicy::Strong)?;
            Ok(key.valid(None, not_after.map(UnixMillis)))
        });
        let keys = KeyRing::new(keys.collect::<Result<_, crate::error::Error>>()?)?;
        if let Some(pinned) = &settings.pinned {
            let malformed = |_| crate::error::Error::OptionsInvalid {
                count: crate::error::ProblemCount(1),
                first: "expected a release such as 8.0.3 at /pinned".into(),
            };
            pinned.parse::<crate::version::Version>().map_err(malformed)?;
        }
        Ok(Self { id, settings, state, url, keys })
    }

    /// Reads a stored endpoint. Its address is checked at each connection, not here: one endpoint that a
    /// stricter policy refuses must not make the others unreadable.
    ///
    /// # Errors
    /// `endpoint_unreadable`, as when a newer release wrote it.
    pub fn from_stored(id: &str, settings: &str, state: &str) -> Result<Self, SendError> {
        let unread = || SendError::EndpointUnreadable { id: id.into() };
        let settings = serde_json::from_str(settings).map_err(|_| unread())?;
        let state = State::from_name(state).ok_or_else(unread)?;
        let everywhere =
            AddressPolicy::allowing(["0.0.0.0/0", "::/0"].iter().filter_map(|net| net.parse().ok()).collect());
        Self::new(id.into(), settings, state, &everywhere)
    }

    /// The URL, as it is called.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The keys that sign.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The payload version that is sent to the endpoint.
    #[must_use]
    pub fn version_policy(&self) -> VersionPolicy {
        let pinned = self.settings.pinned.as_ref().and_then(|pinned| pinned.parse().ok());
        pinned.map_or(VersionPolicy::Latest, VersionPolicy::Pinned)
    }

    /// Whether deliveries go to it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == State::Enabled
    }
}

impl State {
    /// The state's stable name, as it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled(DisableReason::ByHand) => "disabled",
            Self::Disabled(DisableReason::Gone) => "disabled_gone",
            Self::Disabled(DisableReason::Failing) => "disabled_failing",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Enabled,
            Self::Disabled(DisableReason::ByHand),
            Self::Disabled(DisableReason::Gone),
            Self::Disabled(DisableReason::Failing),
        ];
        all.into_iter().find(|state| state.as_str() == name)
    }
}

/// Shows the host, and the names of keys and headers: the rest may hold a secret.
impl fmt::Debug for EndpointSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.url).ok();
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let keys: Vec<&str> = self.keys.iter().map(|key| key.id.as_str()).collect();
        f.debug_struct("Settings")
            .field("host", &url.as_ref().and_then(Url::host_str))
            .field("keys", &keys)
            .field("pinned", &self.pinned)
            .field("event_types", &self.event_types)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, settings, state, .. } = self;
        f.debug_struct("Endpoint")
            .field("id", id)
            .field("settings", settings)
            .field("state", state)
            .finish_non_exhaustive()
    }
}
