//! A receiver with TLS that counts what comes in.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mambo_webhooks::{KeyRing, UnixMillis};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::SECRET;

/// One request, and when it came in.
struct Request {
    at: Instant,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A receiver with TLS that keeps connections open and takes everything, each request after a while.
pub struct Receiver {
    pub address: SocketAddr,
    pub authority: Vec<u8>,
    requests: Arc<Mutex<Vec<Request>>>,
    _task: JoinSet<()>,
}

impl Receiver {
    pub async fn start(address: &str, answer_after: Duration) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let (acceptor, authority) = tls(address);
        let (requests, address) = (Arc::new(Mutex::new(Vec::new())), listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        let seen = Arc::clone(&requests);
        task.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let mut bytes = Vec::new();
                    while let Some(request) = read(&mut stream, &mut bytes).await {
                        seen.lock().unwrap().push(request);
                        tokio::time::sleep(answer_after).await;
                        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, authority, requests, _task: task }
    }

    /// How often each event came in, with every signature verified. Pings are left out.
    pub fn counts(&self) -> HashMap<String, u32> {
        let core = mambo_webhooks::Receiver::new(KeyRing::single(SECRET).unwrap());
        let mut counts = HashMap::new();
        for Request { headers, body, .. } in self.requests.lock().unwrap().iter() {
            let (_, signature) = headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
            let seconds = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
            let received = core.receive(headers, body, UnixMillis::from_seconds(seconds)).unwrap();
            if received.event.event_type() == Some("Other") {
                *counts.entry(received.id.unwrap().into_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// How many requests came in.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// When requests came in.
    pub fn times(&self) -> Vec<Instant> {
        self.requests.lock().unwrap().iter().map(|request| request.at).collect()
    }

    pub fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }
}

/// A certificate for an address, and what trusts it.
fn tls(address: &str) -> (TlsAcceptor, Vec<u8>) {
    let own = rcgen::generate_simple_self_signed(vec![address.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), own.cert.pem().into_bytes())
}

/// Reads the next request of a connection; `bytes` holds what came in after the one before.
async fn read(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = std::str::from_utf8(&bytes[..end]).unwrap();
            let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
            let headers: Vec<(String, String)> = text.lines().skip(1).filter_map(pair).collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let whole = end + 4 + length.map_or(0, |(_, value)| value.parse().unwrap());
            if bytes.len() >= whole {
                let body = bytes[end + 4..whole].to_vec();
                bytes.drain(..whole);
                return Some(Request { at: Instant::now(), headers, body });
            }
        }
        let mut chunk = [0; 8192];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    }
}
