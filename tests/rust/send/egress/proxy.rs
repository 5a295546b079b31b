//! A proxy on loopback that takes CONNECT, as good or as bad as it is told to be.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What it does with each connection.
#[derive(Clone)]
pub enum Way {
    /// Connects to 127.0.0.1 at the port that is asked for.
    Connects,
    /// The same, over TLS.
    ConnectsOverTls(TlsAcceptor),
    /// Connects if the request has this line, and answers 407 if not.
    Asks(&'static str),
    /// Connects if this address is asked for, and answers 502 if not.
    ConnectsTo(&'static str),
    /// Answers these bytes and closes.
    Answers(&'static str),
    /// Reads the request and stays silent.
    Hangs,
}

/// A proxy. It ends with this handle.
pub struct TestProxy {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl TestProxy {
    pub async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (way, seen) = (way.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    if let Way::ConnectsOverTls(acceptor) = &way {
                        let Ok(socket) = acceptor.accept(socket).await else { return };
                        serve(socket, &Way::Connects, &seen).await;
                    } else {
                        serve(socket, &way, &seen).await;
                    }
                });
            }
        });
        Self { address, heads, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests; an entry is empty when a connection ended before its head did.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S>(mut socket: S, way: &Way, seen: &Mutex<Vec<String>>)
where
    S: AsyncReadExt + AsyncWriteExt + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8(head).unwrap();
    seen.lock().unwrap().push(head.clone());
    match way {
        Way::Answers(answer) => {
            socket.write_all(answer.as_bytes()).await.ok();
        }
        Way::Hangs => tokio::time::sleep(Duration::from_secs(60)).await,
        Way::Asks(line) if !head.lines().any(|found| found == *line) => {
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n";
            socket.write_all(answer).await.ok();
        }
        Way::ConnectsTo(address) if !head.starts_with(&format!("CONNECT {address}:")) => {
            socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.ok();
        }
        Way::Connects | Way::ConnectsOverTls(_) | Way::ConnectsTo(_) | Way::Asks(_) => {
            let target = head.split(' ').nth(1).unwrap();
            let port: u16 = target.rsplit_once(':').unwrap().1.parse().unwrap();
            let mut receiver = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            socket.write_all(b"HTTP/1.1 200 Connection established\r\nx-proxy: test\r\n\r\n").await.ok();
            copy_bidirectional(&mut socket, &mut receiver).await.ok();
        }
    }
    socket.shutdown().await.ok();
}
