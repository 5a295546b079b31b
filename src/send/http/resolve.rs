//! Names become addresses once, and only permitted ones: the addresses that were judged are those connected to.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use hickory_resolver::TokioResolver;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::send::address::AddressPolicy;
use crate::send::outcome::Failure;

/// How long a look-up may take in all.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one name server may take, and how often it is asked.
const SERVER_TIMEOUT: Duration = Duration::from_secs(2);
const SERVER_ATTEMPTS: usize = 2;
/// The longest time that an answer, also a negative one, is cached, even if its TTL is longer.
const CACHED_MOST: Duration = Duration::from_secs(60);
/// How many answers are kept.
const CACHE_SIZE: u64 = 4096;

/// A look-up under way.
pub type LookUpFuture = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, std::io::Error>> + Send>>;

/// Looks a name up; the ports are of no interest. The system's name servers by default, your own for private names.
pub(crate) type Resolver = Arc<dyn Fn(String) -> LookUpFuture + Send + Sync>;

/// The system's name servers and its file of hosts, asked without a thread for each name.
#[must_use]
pub(crate) fn system() -> Resolver {
    // Made at the first look-up, within the runtime whose timers it uses.
    let resolver: Arc<std::sync::OnceLock<Option<TokioResolver>>> = Arc::default();
    Arc::new(move |name| {
        let resolver = Arc::clone(&resolver);
        Box::pin(async move {
            let other = |error: &dyn fmt::Display| std::io::Error::other(alloc::format!("{error}"));
            let Some(resolver) = resolver.get_or_init(|| configured().ok()) else {
                return Err(other(&"the system's name servers are not known"));
            };
            // The dot at the end keeps the machine's search domains from making another name of it.
            let absolute = if name.ends_with('.') { name } else { [&name, "."].concat() };
            match tokio::time::timeout(LOOKUP_TIMEOUT, resolver.lookup_ip(absolute)).await {
                Ok(Ok(found)) => Ok(found.iter().map(|address| SocketAddr::new(address, 0)).collect()),
                Ok(Err(error)) => Err(other(&error)),
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            }
        })
    })
}

fn configured() -> Result<TokioResolver, hickory_resolver::net::NetError> {
    let mut builder = TokioResolver::builder_tokio()?;
    let options = builder.options_mut();
    options.timeout = SERVER_TIMEOUT;
    options.attempts = SERVER_ATTEMPTS;
    options.cache_size = CACHE_SIZE;
    options.positive_max_ttl = Some(CACHED_MOST);
    options.negative_max_ttl = Some(CACHED_MOST);
    builder.build()
}

/// The resolver that the HTTP client asks.
#[derive(Clone)]
pub(super) struct Guarded {
    pub address_policy: AddressPolicy,
    pub look_up: Resolver,
}

/// A name that leads to no address, or to one that is not permitted.
#[derive(Debug)]
pub(super) struct Unresolved(pub Failure);

impl Guarded {
    /// Looks a name up and judges every address of it.
    pub(super) async fn resolve(self, name: String) -> Result<Vec<SocketAddr>, Unresolved> {
        let found = (self.look_up)(name).await.unwrap_or_default();
        if found.is_empty() {
            return Err(Unresolved(Failure::HostUnknown));
        }
        // A single address that is not permitted suggests an attack, so no address of the name is used.
        if found.iter().any(|address| !self.address_policy.permits(address.ip())) {
            return Err(Unresolved(Failure::AddressRefused));
        }
        Ok(found)
    }
}

impl Service<Name> for Guarded {
    type Response = alloc::vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = self.clone().resolve(name.as_str().to_owned());
        Box::pin(async move { Ok(found.await?.into_iter()) })
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Unresolved {}
