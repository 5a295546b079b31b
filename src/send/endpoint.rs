//! Where deliveries go, and how.

use alloc::string::String;
use core::fmt;

use crate::key::KeyRing;
use crate::render::Policy;

/// A receiver of deliveries.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: String,
    keys: KeyRing,
    policy: Policy,
}

/// Why a URL is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlProblem {
    /// It cannot be read as a URL.
    Malformed,
    /// It is neither https, nor http to a loopback address with the permission for that.
    NotHttps,
    /// It carries a user name or password, which would end up in logs.
    UserInfo,
}

/// Whether plain http to this very machine is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// https only.
    #[default]
    Refused,
    /// Also `http://127.0.0.1`, `http://[::1]` and the like: for tests and demonstrations.
    Allowed,
}

impl Endpoint {
    /// An endpoint at `url`, which gets payloads under `policy`, signed with every valid key of `keys`.
    ///
    /// # Errors
    /// When the URL is not one to send secrets' signatures and personal data to.
    pub fn new(url: &str, keys: KeyRing, policy: Policy, loopback: Loopback) -> Result<Self, UrlProblem> {
        let parsed = reqwest::Url::parse(url).map_err(|_| UrlProblem::Malformed)?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(UrlProblem::UserInfo);
        }
        let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback = host.parse().is_ok_and(|address: core::net::IpAddr| address.is_loopback());
        match parsed.scheme() {
            "https" => {}
            "http" if is_loopback && loopback == Loopback::Allowed => {}
            _ => return Err(UrlProblem::NotHttps),
        }
        Ok(Self { url: parsed.into(), keys, policy })
    }

    /// The URL, as it is called.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The keys that sign.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Which payload version it gets.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the endpoint is not a URL",
            Self::NotHttps => "the endpoint is not https",
            Self::UserInfo => "the endpoint's URL carries a user name or password",
        })
    }
}

impl core::error::Error for UrlProblem {}
