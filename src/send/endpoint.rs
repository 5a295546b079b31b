//! Endpoints in the form that the worker uses, made from settings that were checked.

use alloc::string::String;
use core::fmt;

use http::header::{HeaderName, HeaderValue};
use url::Url;

use super::address::AddressPolicy;
use super::error::SendError;
use super::settings::{EndpointSettings, StoredKey};
use super::state::State;
use super::tenant::{EndpointKey, Tenant};
use super::url::checked;
use crate::crypto::encoding::Encoding;
use crate::crypto::key::{Key, KeyRing, SecretPolicy};
use crate::render::VersionPolicy;
use crate::time::UnixMillis;

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
    /// The tenant that it belongs to.
    pub tenant: Tenant,
    /// The endpoint's id, of which a tenant has one.
    pub id: String,
    /// The endpoint's settings.
    pub settings: EndpointSettings,
    /// Whether deliveries go to it.
    pub state: State,
    url: Url,
    keys: KeyRing,
}

impl Endpoint {
    /// Reads settings: as asked for, or as stored.
    ///
    /// # Errors
    /// When deliveries may not go to the URL, when an endpoint may not set a header or all of its headers together are
    /// too large, when a limit is zero, when an event type has `*` before its end, or when a secret is refused.
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
        let patterns = settings.event_types.iter().flatten();
        if let Some(pattern) = patterns.into_iter().find(|pattern| is_misplaced(pattern)) {
            return Err(SendError::PatternRefused { pattern: pattern.clone() });
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
        Ok(Self { tenant: Tenant::default(), id, settings, state, url, keys })
    }

    /// An endpoint from stored settings. Its address is checked at each connection, not here: one endpoint that a
    /// stricter policy refuses must not make the others unreadable.
    pub(crate) fn from_settings(
        key: &EndpointKey,
        settings: EndpointSettings,
        state: State,
    ) -> Result<Self, SendError> {
        let everywhere =
            AddressPolicy::allowing(["0.0.0.0/0", "::/0"].iter().filter_map(|net| net.parse().ok()).collect());
        Ok(Self::new(key.id().into(), settings, state, &everywhere)?.of_tenant(key.tenant()))
    }

    /// Sets the tenant that it belongs to. Default: the default tenant.
    #[must_use]
    pub fn of_tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = tenant;
        self
    }

    /// The endpoint's key, which is unique among all tenants.
    #[must_use]
    pub fn key(&self) -> EndpointKey {
        self.tenant.endpoint(&self.id)
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

    /// Whether what waits for it goes out.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        matches!(self.state, State::Enabled | State::Leaving)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, id, settings, state, .. } = self;
        f.debug_struct("Endpoint")
            .field("tenant", tenant)
            .field("id", id)
            .field("settings", settings)
            .field("state", state)
            .finish_non_exhaustive()
    }
}

/// Whether an event type that is subscribed to has a `*` before its end, or is blank.
fn is_misplaced(pattern: &str) -> bool {
    pattern.trim().is_empty() || pattern.strip_suffix('*').unwrap_or(pattern).contains('*')
}
