//! How the HTTP client reaches receivers: addresses, timeouts, certificates, proxy.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::proxy::Proxy;
use super::resolve::{LookUpFuture, Resolver, system};
use super::trust::Identity;
use crate::send::address::AddressPolicy;
use crate::send::error::SendError;

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
    /// Whether the system's authorities are not trusted.
    pub(crate) only_roots: bool,
    /// The certificate that the client shows.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The proxy that every https connection goes through.
    pub(crate) proxy: Option<Proxy>,
}

impl HttpOptions {
    /// Creates options with every default, to connect only to addresses that `address_policy` permits.
    #[must_use]
    pub fn new(address_policy: AddressPolicy) -> Self {
        let (connect_timeout, total_timeout) = (Duration::from_secs(5), Duration::from_secs(15));
        Self {
            address_policy,
            look_up: system(),
            connect_timeout,
            total_timeout,
            extra_roots: Vec::new(),
            only_roots: false,
            identity: None,
            proxy: None,
        }
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

    /// Adds the certificates of authorities, PEM, one or several, that are trusted beside the system's.
    #[must_use]
    pub fn extra_root(mut self, certificates: Vec<u8>) -> Self {
        self.extra_roots.push(certificates);
        self
    }

    /// Trusts the authorities given with [`Self::extra_root`] alone, none of the system's.
    #[must_use]
    pub const fn only_roots(mut self) -> Self {
        self.only_roots = true;
        self
    }

    /// Sets the certificate that the client shows to receivers that ask for one (mTLS): the chain, its first certificate
    /// first, and the private key, in PEM.
    ///
    /// # Errors
    /// `client_failed`, when a certificate or the key is missing or malformed.
    pub fn client_certificate(mut self, pem: &[u8]) -> Result<Self, SendError> {
        self.identity = Some(Arc::new(Identity::from_pem(pem)?));
        Ok(self)
    }

    /// Sets the proxy that every https connection goes through. None is taken from the environment.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Whether names are for the proxy to resolve, and their addresses for it to judge.
    pub(crate) fn leaves_names_to_the_proxy(&self) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.resolves_names)
    }
}

impl core::fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HttpOptions")
            .field("address_policy", &self.address_policy)
            .field("connect_timeout", &self.connect_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("extra_roots", &self.extra_roots.len())
            .field("only_roots", &self.only_roots)
            .field("has_client_certificate", &self.identity.is_some())
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
