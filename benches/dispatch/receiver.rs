//! A receiver with TLS in a separate process, so that its work is not the sender's.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The names in a receiver's certificate, beside 127.0.0.1.
const NAMES: &str = "*.receiver.test";
/// Most bytes of a body that are printed.
const PRINTED: usize = 200;

/// The receiver's process.
pub struct Receiver {
    child: Child,
    port: String,
    pub certificate: Vec<u8>,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Receiver {
    /// Answers every request with 204 after `delay_ms`.
    pub fn start(delay_ms: u64) -> Self {
        Self::with(&["receive", &delay_ms.to_string()])
    }

    /// Answers at once, and prints a line for each request: see [`Self::lines`].
    pub fn printing() -> Self {
        Self::with(&["receive", "0", "print"])
    }

    fn with(words: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap();
        let certificate = lines.next().unwrap().unwrap().replace('|', "\n").into_bytes();
        Self { child, port, certificate, lines: Some(lines) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}/hook", self.port)
    }

    /// Its URL with a name in the domain of its certificate.
    pub fn named(&self, name: &str) -> String {
        format!("https://{name}.receiver.test:{}/hook", self.port)
    }

    /// The certificate as one word of a command line.
    pub fn certificate_word(&self) -> String {
        String::from_utf8(self.certificate.clone()).unwrap().replace('\n', "|")
    }

    /// What it prints: when it had read a request, in microseconds since 1970, a space, and the beginning of the body.
    pub fn lines(&mut self) -> impl Iterator<Item = (i64, String)> + Send + use<> {
        self.lines.take().unwrap().map_while(Result::ok).map(|line| {
            let (at, body) = line.split_once(' ').unwrap();
            (at.parse().unwrap(), body.to_owned())
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Microseconds since 1970.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// The receiver's process: prints its port, then its certificate.
pub async fn receive(delay_ms: u64, prints: bool) {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), NAMES.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}\n{}", listener.local_addr().unwrap().port(), own.cert.pem().replace('\n', "|"));
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(socket, acceptor.clone(), Duration::from_millis(delay_ms), prints));
    }
}

/// Answers the requests of one connection.
async fn answer(socket: TcpStream, acceptor: TlsAcceptor, delay: Duration, prints: bool) {
    socket.set_nodelay(true).unwrap();
    let Ok(mut stream) = acceptor.accept(socket).await else { return };
    let (mut buffer, mut filled) = (vec![0_u8; 64 * 1024], 0);
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await else { return };
        filled += read;
        let Some(end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let whole = end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
        while filled < whole.min(buffer.len()) {
            let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await else { return };
            filled += read;
        }
        // What is larger than the buffer is read and forgotten.
        let (mut rest, mut scratch) = (whole.saturating_sub(filled), [0_u8; 16 * 1024]);
        while rest > 0 {
            let Ok(read @ 1..) = stream.read(&mut scratch).await else { return };
            rest = rest.saturating_sub(read);
        }
        if prints {
            let body = String::from_utf8_lossy(&buffer[end + 4..filled.min(end + 4 + PRINTED)]).into_owned();
            let mut output = std::io::stdout().lock();
            writeln!(output, "{} {body}", now_us()).unwrap();
            output.flush().unwrap();
        }
        filled = 0;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
            return;
        }
    }
}
