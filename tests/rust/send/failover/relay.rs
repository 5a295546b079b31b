//! A relay to a database that makes the way to it longer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A relay to a database that delays what is sent, in each direction. It ends with this handle.
pub struct Relay {
    /// The database's URL with the relay's address.
    pub url: String,
    _task: JoinSet<()>,
}

impl Relay {
    pub async fn start(url: &str, delay: Duration) -> Self {
        let (user, rest) = url.split_once('@').unwrap();
        let (database, name) = rest.split_once('/').unwrap();
        let database: SocketAddr = database.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{name}", listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(database).await.unwrap();
                for socket in [&client, &server] {
                    socket.set_nodelay(true).unwrap();
                }
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                pass_on(from_client, to_server, delay);
                pass_on(from_server, to_client, delay);
            }
        });
        Self { url, _task: task }
    }
}

/// Passes on what comes in, each piece after the same delay: a longer way, not a narrower one.
fn pass_on(
    mut from: impl AsyncRead + Send + Unpin + 'static,
    mut to: impl AsyncWrite + Send + Unpin + 'static,
    delay: Duration,
) {
    let (underway, mut arrived) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            if underway.send((tokio::time::Instant::now() + delay, chunk[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((due, piece)) = arrived.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        to.shutdown().await.ok();
    });
}
