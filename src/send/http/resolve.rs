//! Names become addresses once, and only permitted ones: the addresses that were judged are those connected to.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use core::pin::Pin;
use core::time::Duration;

use hickory_resolver::TokioResolver;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::send::address::AddressPolicy;

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

/// A name that leads to an address that is not permitted. Found again in the chain of the client's error.
#[derive(Debug)]
pub(super) struct Refused;

/// A name without an address.
#[derive(Debug)]
pub(super) struct Unknown;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, address_policy) = ((self.look_up)(name.as_str().to_owned()), self.address_policy.clone());
        Box::pin(async move {
            let found = lookup.await.map_err(|_| Unknown)?;
            if found.is_empty() {
                return Err(Unknown.into());
            }
            // A single address that is not permitted suggests an attack, so no address of the name is used.
            if found.iter().any(|address| !address_policy.permits(address.ip())) {
                return Err(Refused.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host's address is not permitted")
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has no address")
    }
}

impl core::error::Error for Refused {}
impl core::error::Error for Unknown {}
