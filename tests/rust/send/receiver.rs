//! A receiver on loopback with TLS, as good or as bad as it is told to be.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mambo_webhooks::send::{AddressPolicy, HttpOptions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;

/// The name in the receiver's certificate.
pub const HOST: &str = "receiver.test";

/// What it does with each request.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Sends these bytes and closes.
    Says(String),
    /// Waits so many milliseconds, then sends these bytes and closes.
    SaysAfter(u64, &'static str),
    /// Sends these bytes, then resets the connection.
    SaysAndResets(&'static str),
    /// Sends the first bytes, then the others, again and again, so many milliseconds apart.
    Repeats(&'static str, &'static str, u64),
    /// Never says a word, not even of TLS.
    Stalls,
    /// Speaks no TLS.
    Plain,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A receiver. It ends with this handle.
pub struct Receiver {
    pub address: SocketAddr,
    pub requests: Arc<Mutex<Vec<Request>>>,
    pub authority: Vec<u8>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts one. It answers with the manners in turn, then with the last of them.
    pub async fn start(manners: Vec<Manner>) -> Self {
        Self::start_with(manners, None).await
    }

    /// Starts one that demands a certificate of the client, if a verifier is given.
    pub async fn start_with(manners: Vec<Manner>, verifier: Option<Arc<dyn ClientCertVerifier>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (acceptor, authority) = tls_with(verifier);
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut manners = manners.into_iter();
            let mut manner = manners.next().unwrap();
            loop {
                let Ok((socket, _)) = listener.accept().await else { return };
                let now = manner.clone();
                manner = manners.next().unwrap_or(manner);
                tokio::spawn(serve(socket, acceptor.clone(), now, Arc::clone(&seen)));
            }
        });
        Self { address, requests, authority, task }
    }

    pub fn url(&self) -> String {
        format!("https://{HOST}:{}/hook?token=hidden", self.address.port())
    }

    /// Options under which it can be reached by its name, with short timeouts.
    pub fn options(&self) -> HttpOptions {
        Self::options_without_root().extra_root(self.authority.clone())
    }

    pub fn options_without_root() -> HttpOptions {
        HttpOptions::new(AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]))
            .look_up(|_name| Box::pin(async { Ok(vec![([127, 0, 0, 1], 0).into()]) }))
            .connect_timeout(Duration::from_millis(700))
            .total_timeout(Duration::from_millis(1500))
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// TLS with a new certificate for the host and for 127.0.0.1, and that certificate.
pub fn tls() -> (TlsAcceptor, Vec<u8>) {
    tls_with(None)
}

fn tls_with(verifier: Option<Arc<dyn ClientCertVerifier>>) -> (TlsAcceptor, Vec<u8>) {
    let own = rcgen::generate_simple_self_signed(vec![HOST.to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = match verifier {
        Some(verifier) => config.with_client_cert_verifier(verifier),
        None => config.with_no_client_auth(),
    };
    let config = config.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), own.cert.pem().into_bytes())
}

async fn serve(socket: TcpStream, acceptor: TlsAcceptor, manner: Manner, seen: Arc<Mutex<Vec<Request>>>) {
    match manner {
        Manner::Stalls => {
            let _held = socket;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        Manner::Plain => {
            let mut socket = socket;
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.ok();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        manner => {
            let Ok(mut stream) = acceptor.accept(socket).await else { return };
            let Some(request) = read(&mut stream).await else { return };
            seen.lock().unwrap().push(request);
            behave(&mut stream, &manner).await.ok();
            if matches!(manner, Manner::SaysAndResets(_)) {
                // What is not sent yet is thrown away, and the peer is told so by RST.
                stream.get_ref().0.set_zero_linger().ok();
            } else {
                stream.shutdown().await.ok();
            }
        }
    }
}

async fn behave(stream: &mut (impl AsyncWrite + Unpin), manner: &Manner) -> std::io::Result<()> {
    match manner {
        Manner::Says(text) => stream.write_all(text.as_bytes()).await,
        Manner::SaysAfter(ms, text) => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            stream.write_all(text.as_bytes()).await
        }
        Manner::SaysAndResets(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(())
        }
        Manner::Repeats(first, then, ms) => {
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(then.as_bytes()).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(*ms)).await;
            }
        }
        Manner::Stalls | Manner::Plain => Ok(()),
    }
}

/// Reads one request; nothing when the sender goes away before its end.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers: Vec<(String, String)> = text.lines().skip(1).filter_map(pair).collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return Some(Request { headers, body: bytes[end + 4..].to_vec() });
        }
    }
}
