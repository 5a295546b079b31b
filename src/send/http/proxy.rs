//! A proxy that connections go through, and how it is asked for one: CONNECT.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use http::{HeaderValue, Uri};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::Url;

use crate::send::error::SendError;
use crate::send::outcome::Failure;

/// Most bytes of the head of a proxy's answer.
const MAX_HEAD_BYTES: usize = 8192;

/// A proxy that takes CONNECT, over http or https. It is the operator's, so its address is not judged.
#[derive(Clone)]
pub struct Proxy {
    pub(super) uri: Uri,
    pub(super) resolves_names: bool,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Creates a proxy at `http://host:port` or `https://host:port`.
    ///
    /// # Errors
    /// `client_failed`, when the URL is malformed or holds more than that, such as a user name and password.
    pub fn new(url: &str) -> Result<Self, SendError> {
        let refused = |what: &str| SendError::ClientFailed { what: ["the URL of the proxy ", what].concat() };
        let malformed = || refused("is not http://host:port or https://host:port");
        let url = Url::parse(url).map_err(|_| malformed())?;
        // The URL may be an argument of a program, which every user of the machine can read.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("holds a user name or password: give them apart"));
        }
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !matches!(url.scheme(), "http" | "https") {
            return Err(malformed());
        }
        let uri = url.as_str().parse().map_err(|_| malformed())?;
        Ok(Self { uri, resolves_names: false, authorization: None })
    }

    /// Sets the user name and password that the proxy asks for.
    ///
    /// # Errors
    /// `client_failed`, when the user name contains a colon.
    pub fn login(mut self, user: &str, password: &str) -> Result<Self, SendError> {
        if user.contains(':') {
            return Err(SendError::ClientFailed { what: "the user name for the proxy contains a colon".into() });
        }
        let encoded = Base64::encode_string([user, ":", password].concat().as_bytes());
        let mut value = HeaderValue::try_from(["Basic ", &encoded].concat())
            .map_err(|_| SendError::ClientFailed { what: "the login for the proxy fits in no header".into() })?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// Leaves names to the proxy: it resolves them, and has to refuse addresses of your networks. Without this, names are
    /// resolved here, their addresses are judged, and the proxy is told an address.
    #[must_use]
    pub const fn resolves_names(mut self) -> Self {
        self.resolves_names = true;
        self
    }

    /// Asks for a connection to `target`, `host:port`, on a new connection to the proxy.
    pub(super) async fn connect<C>(&self, connection: &mut C, target: &str) -> Result<(), Failure>
    where
        C: AsyncRead + AsyncWrite + Unpin,
    {
        let head = ["CONNECT ", target, " HTTP/1.1\r\nHost: ", target, "\r\n"].concat();
        let mut request = head.into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        let lost = |_| Failure::ProxyFailed;
        connection.write_all(&request).await.map_err(lost)?;
        connection.flush().await.map_err(lost)?;
        let mut head = Vec::new();
        // One byte at a time, since what follows the head is the receiver's; it comes once for each connection.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= MAX_HEAD_BYTES {
                return Err(Failure::ProxyFailed);
            }
            head.push(connection.read_u8().await.map_err(lost)?);
        }
        match status(&head) {
            Some(200..=299) => Ok(()),
            // What the proxy has against us is no fault of the receiver.
            Some(407) | None => Err(Failure::ProxyFailed),
            Some(_) => Err(Failure::ProxyRefused),
        }
    }
}

/// The status of a head of HTTP/1.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

impl core::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let url: String = self.uri.to_string();
        f.debug_struct("Proxy")
            .field("url", &url)
            .field("resolves_names", &self.resolves_names)
            .field("has_login", &self.authorization.is_some())
            .finish()
    }
}
