//! The settings of an endpoint: asked for, stored, and changed in part.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::limits::MAX_KEYS;
use crate::render::VersionPolicy;
use crate::time::UnixMillis;

/// The default of the most deliveries to one endpoint that are in flight at once.
const MAX_IN_FLIGHT: u32 = 8;

/// The settings of an endpoint, as they are stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointSettings {
    /// The URL.
    pub url: String,
    pub(crate) keys: Vec<StoredKey>,
    /// The release that it is pinned to; the newest one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pinned: Option<String>,
    /// The event types that it gets, `Activity*` being all that begin with `Activity`; all of them when absent.
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

/// A secret, because the sender signs with it. Sealed in a store that has a sealing key, otherwise stored in plain text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StoredKey {
    pub id: String,
    pub secret: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<i64>,
}

impl EndpointSettings {
    /// An endpoint at `url`, whose deliveries are signed with `secret`, UTF-8 text of at least 16 bytes. It gets every
    /// event type, at the latest version, unless other settings follow.
    #[must_use]
    pub fn new(url: &str, secret: &str) -> Self {
        let key = StoredKey { id: "1".to_owned(), secret: secret.to_owned().into(), not_after: None };
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

    /// The event types that it gets; `Activity*` stands for all that begin with `Activity`. Default: all, also those that
    /// come later.
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
        self.keys.push(StoredKey { id, secret: secret.to_owned().into(), not_after: None });
        if self.keys.len() > MAX_KEYS {
            return Err(crate::error::Error::KeysTooMany { count: self.keys.len(), allowed: MAX_KEYS });
        }
        Ok(())
    }

    /// Returns whether the endpoint subscribes to an event type.
    #[must_use]
    pub fn takes(&self, event_type: &str) -> bool {
        self.event_types.as_ref().is_none_or(|patterns| is_taken(patterns, event_type))
    }
}

/// What to change of an endpoint's settings; the rest stays, and so do its secrets.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsChange {
    /// Another URL. What waits goes there too.
    pub url: Option<String>,
    /// Another payload version.
    pub version_policy: Option<VersionPolicy>,
    /// Other event types; `Some(None)` for all of them.
    pub event_types: Option<Option<Vec<String>>>,
    /// Another rate; `Some(None)` for no limit.
    pub rate_per_second: Option<Option<NonZeroU32>>,
    /// Another number of deliveries under way at once.
    pub max_in_flight: Option<u32>,
    /// Other additional headers, in place of all.
    pub headers: Option<Vec<(String, String)>>,
}

impl SettingsChange {
    /// Changes settings.
    pub(crate) fn apply(self, settings: &mut EndpointSettings) {
        let Self { url, version_policy, event_types, rate_per_second, max_in_flight, headers } = self;
        if let Some(policy) = version_policy {
            *settings = settings.clone().version_policy(policy);
        }
        settings.url = url.unwrap_or_else(|| settings.url.clone());
        settings.event_types = event_types.unwrap_or_else(|| settings.event_types.clone());
        settings.rate_per_second = rate_per_second.unwrap_or(settings.rate_per_second);
        settings.max_in_flight = max_in_flight.unwrap_or(settings.max_in_flight);
        if let Some(headers) = headers {
            settings.headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        }
    }
}

/// Whether one of the patterns is the event type, or its beginning with `*` behind.
pub(crate) fn is_taken(patterns: &[String], event_type: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => event_type.starts_with(beginning),
        None => pattern == event_type,
    })
}

/// Shows which settings are changed: the values may hold a secret.
impl fmt::Debug for SettingsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, version_policy, event_types, rate_per_second, max_in_flight, headers } = self;
        f.debug_struct("SettingsChange")
            .field("url", &url.is_some())
            .field("version_policy", version_policy)
            .field("event_types", event_types)
            .field("rate_per_second", rate_per_second)
            .field("max_in_flight", max_in_flight)
            .field("headers", &headers.is_some())
            .finish()
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
