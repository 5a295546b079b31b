//! Names become addresses once, and only permitted ones: the addresses that were judged are those connected to.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use core::pin::Pin;
use core::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Guard;

const LOOKUP_SECONDS: u64 = 5;

/// A lookup under way.
pub type Lookup = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, std::io::Error>> + Send>>;

/// Looks a name up; the ports are of no interest. The system's resolver by default, your own for private names.
pub type LookUp = Arc<dyn Fn(String) -> Lookup + Send + Sync>;

/// The system's resolver.
#[must_use]
pub fn system() -> LookUp {
    Arc::new(|name| {
        Box::pin(async move {
            // The dot at the end keeps the machine's search domains from making another name of it.
            let absolute = if name.contains('.') && !name.ends_with('.') { [&name, "."].concat() } else { name };
            let lookup = tokio::net::lookup_host((absolute.as_str(), 0));
            match tokio::time::timeout(Duration::from_secs(LOOKUP_SECONDS), lookup).await {
                Ok(found) => found.map(Iterator::collect),
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            }
        })
    })
}

/// The resolver that the HTTP client asks.
pub(super) struct Guarded {
    pub guard: Guard,
    pub look_up: LookUp,
}

/// A name that leads to an address that is not permitted. Found again in the chain of the client's error.
#[derive(Debug)]
pub(super) struct Refused;

/// A name without an address.
#[derive(Debug)]
pub(super) struct Unknown;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, guard) = ((self.look_up)(name.as_str().into()), self.guard.clone());
        Box::pin(async move {
            let found = lookup.await.map_err(|_| Unknown)?;
            if found.is_empty() {
                return Err(Unknown.into());
            }
            // One that is not permitted among them is an attempt at something: none is taken.
            if found.iter().any(|address| !guard.permits(address.ip())) {
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
