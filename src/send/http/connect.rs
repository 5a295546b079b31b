//! Opens connections to receivers: the name's addresses are judged, then TCP or the proxy, then TLS.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::options::HttpOptions;
use super::proxy::Proxy;
use super::resolve::{Guarded, Unresolved};
use super::stream::{Io, Stream};
use super::trust::Tls;
use crate::send::error::SendError;
use crate::send::outcome::Failure;

/// Most addresses of a name that a proxy is asked for, one after the other.
const MAX_PROXY_TARGETS: usize = 4;
/// Most receivers that are remembered to speak HTTP/2 only.
const MAX_ONLY_HTTP2: usize = 4096;
/// When a connection on which nothing arrives is probed, again after the same time, and so often.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 3;
/// How long what was sent may stay without an acknowledgement of TCP.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const ACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Why no connection came up.
#[derive(Debug)]
pub(super) struct ConnectError(pub Failure);

/// What a handshake ended in.
enum Refusal {
    /// The receiver speaks the other version of HTTP only. Nothing of a request was sent.
    OtherProtocol,
    Failed(Failure),
}

/// Opens connections for the HTTP client.
#[derive(Clone)]
pub(super) struct Connector(Arc<Ways>);

struct Ways {
    guarded: Guarded,
    receivers: HttpConnector<Guarded>,
    proxies: HttpConnector<GaiResolver>,
    proxy: Option<Proxy>,
    tls: Tls,
    timeout: Duration,
    only_http2: Mutex<HashSet<String>>,
}

fn tcp<R>(resolver: R, timeout: Duration) -> HttpConnector<R> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(timeout));
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE));
    tcp.set_keepalive_retries(Some(KEEPALIVE_PROBES));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    tcp.set_tcp_user_timeout(Some(ACKNOWLEDGED));
    tcp
}

impl Connector {
    pub(super) fn new(options: &HttpOptions) -> Result<Self, SendError> {
        let guarded = Guarded { address_policy: options.address_policy.clone(), look_up: Arc::clone(&options.look_up) };
        Ok(Self(Arc::new(Ways {
            receivers: tcp(guarded.clone(), options.connect_timeout),
            // The proxy is the operator's: the system finds it as it finds every host.
            proxies: tcp(GaiResolver::new(), options.connect_timeout),
            guarded,
            proxy: options.proxy.clone(),
            tls: Tls::new(&options.extra_roots, options.only_roots, options.identity.as_deref())?,
            timeout: options.connect_timeout,
            only_http2: Mutex::default(),
        })))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let ways = Arc::clone(&self.0);
        Box::pin(async move { ways.connect(&uri).await.map_err(ConnectError) })
    }
}

impl Ways {
    /// Opens a connection over HTTP/1.1, and over HTTP/2 when the receiver agrees to that alone.
    async fn connect(&self, uri: &Uri) -> Result<Stream, Failure> {
        let end = Instant::now().checked_add(self.timeout).ok_or(Failure::ConnectFailed)?;
        if uri.scheme_str() != Some("https") {
            // Plain http leads to loopback only, where a proxy has no part.
            let (io, remote) = self.reach_directly(uri, end).await?;
            return Ok(Stream::new(io, Some(remote), false));
        }
        let receiver = target(uri);
        let is_http2 = self.only_http2.lock().unwrap_or_else(PoisonError::into_inner).contains(&receiver);
        match self.secured(uri, is_http2, end).await {
            Err(Refusal::OtherProtocol) => {}
            Err(Refusal::Failed(failure)) => return Err(failure),
            Ok(stream) => return Ok(stream),
        }
        let stream = self.secured(uri, !is_http2, end).await.map_err(|refusal| match refusal {
            Refusal::OtherProtocol => Failure::TlsFailed,
            Refusal::Failed(failure) => failure,
        })?;
        let mut only_http2 = self.only_http2.lock().unwrap_or_else(PoisonError::into_inner);
        if is_http2 {
            only_http2.remove(&receiver);
        } else {
            // A receiver that is forgotten costs one more handshake.
            if only_http2.len() >= MAX_ONLY_HTTP2 {
                only_http2.clear();
            }
            only_http2.insert(receiver);
        }
        Ok(stream)
    }

    async fn secured(&self, uri: &Uri, is_http2: bool, end: Instant) -> Result<Stream, Refusal> {
        let reached = match &self.proxy {
            Some(proxy) => self.reach_through(proxy, uri, end).await,
            None => self.reach_directly(uri, end).await.map(|(io, remote)| (io, Some(remote))),
        };
        let (io, remote) = reached.map_err(Refusal::Failed)?;
        let config = if is_http2 { &self.tls.http2 } else { &self.tls.http1 };
        let io = handshake(config, uri, io, end).await?;
        Ok(Stream::new(io, remote, is_http2))
    }

    async fn reach_directly(&self, uri: &Uri, end: Instant) -> Result<(Box<dyn Io>, SocketAddr), Failure> {
        let connected = timeout_at(end, self.receivers.clone().call(uri.clone())).await;
        let tcp = connected.map_err(|_| Failure::ConnectFailed)?.map_err(|error| {
            let cause = core::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Unresolved>());
            cause.map_or(Failure::ConnectFailed, |unresolved| unresolved.0)
        })?;
        let tcp: TcpStream = tcp.into_inner();
        let remote = tcp.peer_addr().map_err(|_| Failure::ConnectFailed)?;
        Ok((Box::new(tcp), remote))
    }

    /// Resolves and judges the name here, and has the proxy connect to one of its addresses.
    async fn reach_through(
        &self,
        proxy: &Proxy,
        uri: &Uri,
        end: Instant,
    ) -> Result<(Box<dyn Io>, Option<SocketAddr>), Failure> {
        let (host, port) = (bare_host(uri), uri.port_u16().unwrap_or(443));
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => alloc::vec![SocketAddr::new(address, port)],
            Err(_) if proxy.resolves_names => {
                return Ok((self.tunnel(proxy, &target(uri), end).await?, None));
            }
            Err(_) => self.judged(host, port, end).await?,
        };
        let mut failure = Failure::HostUnknown;
        for address in addresses.into_iter().take(MAX_PROXY_TARGETS) {
            match self.tunnel(proxy, &address.to_string(), end).await {
                Err(Failure::ProxyRefused) => failure = Failure::ProxyRefused,
                tunnel => return Ok((tunnel?, Some(address))),
            }
        }
        Err(failure)
    }

    async fn judged(&self, host: &str, port: u16, end: Instant) -> Result<Vec<SocketAddr>, Failure> {
        let found = timeout_at(end, self.guarded.clone().resolve(host.to_string())).await;
        let found = found.map_err(|_| Failure::ConnectFailed)?.map_err(|unresolved| unresolved.0)?;
        let mut addresses: Vec<SocketAddr> =
            found.into_iter().map(|address| SocketAddr::new(address.ip(), port)).collect();
        // A proxy without IPv6 is asked for an IPv4 address first.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }

    async fn tunnel(&self, proxy: &Proxy, target: &str, end: Instant) -> Result<Box<dyn Io>, Failure> {
        let connected = timeout_at(end, self.proxies.clone().call(proxy.uri.clone())).await;
        let lost = || Failure::ProxyFailed;
        let mut io: Box<dyn Io> = Box::new(connected.map_err(|_| lost())?.map_err(|_| lost())?.into_inner());
        if proxy.uri.scheme_str() == Some("https") {
            io = handshake(&self.tls.proxy, &proxy.uri, io, end).await.map_err(|_| lost())?;
        }
        // A proxy that takes the request and stays silent waits for the receiver.
        timeout_at(end, proxy.connect(&mut io, target)).await.map_err(|_| Failure::ProxyRefused)??;
        Ok(io)
    }
}

/// Agrees on TLS with the host that a URI names.
async fn handshake(
    config: &Arc<ClientConfig>,
    uri: &Uri,
    io: Box<dyn Io>,
    end: Instant,
) -> Result<Box<dyn Io>, Refusal> {
    let failed = |_| Refusal::Failed(Failure::TlsFailed);
    let name = ServerName::try_from(bare_host(uri).to_string()).map_err(failed)?;
    match timeout_at(end, TlsConnector::from(Arc::clone(config)).connect(name, io)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => Refusal::OtherProtocol,
            Some(_) => Refusal::Failed(Failure::TlsFailed),
            None => Refusal::Failed(Failure::ConnectFailed),
        }),
        Err(_) => Err(Refusal::Failed(Failure::ConnectFailed)),
    }
}

/// The host without the brackets of an IPv6 address.
fn bare_host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_matches(['[', ']'])
}

/// The host and port that a URI leads to.
fn target(uri: &Uri) -> String {
    alloc::format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443))
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for ConnectError {}
