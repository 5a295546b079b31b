//! The whole sender against receivers that fail in every way, on real sockets with TLS: each attempt ends in time, with
//! the right outcome.

mod rates;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mambo_webhooks::send::DisableReason;
use mambo_webhooks::send::store::Capacity;
use mambo_webhooks::send::store::LogLine;
use mambo_webhooks::send::{
    AddressPolicy, EndpointSettings, Failure, HttpOptions, LogQuery, NewEvent, Sender, Sqlite, State, Store,
    WorkerOptions,
};
use mambo_webhooks::{KeyRing, Profile, Renderer, Shims, Version};
use tokio::net::TcpListener;

use super::receiver::{HOST, Manner, Receiver};
use super::scratch::Scratch;

const SECRET: &str = "correct horse battery staple";
const SERVER: Version = Version::new(8, 10, 2);

fn sender(scratch: &Scratch, http: HttpOptions) -> Sender<Sqlite> {
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, http)
}

fn event() -> NewEvent {
    NewEvent::new("Other", SERVER, r#"{"a":1}"#).unwrap().id("e-1")
}

/// Sends one event and runs what is due; hands back its line in the log.
async fn dispatch(sender: &Sender<Sqlite>, url: &str) -> LogLine {
    sender.add_endpoint("e", EndpointSettings::new(url, SECRET).header("X-Tenant", "7")).await.unwrap();
    sender.send(event()).await.unwrap();
    assert_eq!(sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap(), 2, "the Ping and the event");
    let query = LogQuery::default().event("e-1").limit(10);
    let mut lines = sender.store().log(query).await.unwrap();
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

/// What came of one event: state, status, failure.
async fn outcome(manner: Manner) -> (&'static str, Option<u16>, Option<Failure>, LogLine) {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![manner]).await;
    let line = dispatch(&sender(&scratch, receiver.options()), &receiver.url()).await;
    assert!(line.attempt.answer.elapsed < Duration::from_millis(2500), "it ended in time: {line:?}");
    (line.state, line.attempt.answer.status, line.attempt.answer.failure, line)
}

fn says(answer: &str) -> Manner {
    Manner::Says(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

#[tokio::test]
async fn a_delivery_is_one_signed_post_that_the_receiver_takes() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![says("204 No Content")]).await;
    let line = dispatch(&sender(&scratch, receiver.options()), &receiver.url()).await;
    assert_eq!((line.state, line.attempt.answer.status, line.attempt.version), ("delivered", Some(204), Some(SERVER)));
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    let request =
        requests.iter().find(|request| String::from_utf8_lossy(&request.body).contains("\"id\":\"e-1\"")).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        r#"{"event":"Other","id":"e-1","version":"8.10.2","data":{"a":1}}"#
    );
    let value = |name: &str| request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    assert_eq!(value("content-type"), Some("application/json"));
    assert_eq!(value("user-agent"), Some(concat!("Mambo-Webhooks-Rust/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(value("x-tenant"), Some("7"));
    assert!(value("traceparent").is_some_and(|value| value.len() == 55 && value.starts_with("00-")));
    let core = mambo_webhooks::Receiver::new(KeyRing::single(SECRET).unwrap());
    let received = core.receive(&request.headers, &request.body, line.attempt.started).unwrap();
    assert_eq!((received.event.event_type(), received.id.as_deref()), (Some("Other"), Some("e-1")));
}

#[tokio::test]
async fn every_fault_of_a_receiver_has_its_outcome() {
    use Failure::{ConnectFailed, ConnectionLost, TimedOut, TlsFailed};
    let long = "x".repeat(1000);
    let long: &'static str = Box::leak(long.into_boxed_str());
    for (manner, expected) in [
        (says("200 OK"), ("delivered", Some(200), None)),
        (says("302 Found\r\nlocation: http://169.254.169.254/latest"), ("waiting", Some(302), None)),
        (says("308 Permanent Redirect\r\nlocation: /elsewhere"), ("waiting", Some(308), None)),
        (says("400 Bad Request"), ("waiting", Some(400), None)),
        (says("410 Gone"), ("dead", Some(410), None)),
        (says("500 Oops"), ("waiting", Some(500), None)),
        // What is odd about the rest of the head does not change the status.
        (says(&format!("200 OK{}", "\r\nx-note: 1".repeat(150))), ("delivered", Some(200), None)),
        (says("200 OK\r\nno colon here"), ("delivered", Some(200), None)),
        (says("200 OK\r\nx-note : 1"), ("delivered", Some(200), None)),
        (says("500 Oops\r\nno colon here"), ("waiting", Some(500), None)),
        // Where its body ends cannot be known, so no client reads it.
        (says("200 OK\r\ncontent-length: 2"), ("waiting", None, Some(ConnectionLost))),
        (Manner::Says("nonsense\r\n\r\n".into()), ("waiting", None, Some(ConnectionLost))),
        (Manner::Says(String::new()), ("waiting", None, Some(ConnectionLost))),
        (Manner::SaysAndResets(""), ("waiting", None, Some(ConnectionLost))),
        // The status was there: the receiver has the event.
        (
            Manner::SaysAndResets("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes."),
            ("delivered", Some(200), Some(ConnectionLost)),
        ),
        (
            Manner::SaysAndResets("HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\nten bytes."),
            ("waiting", Some(500), Some(ConnectionLost)),
        ),
        (Manner::Repeats("HTTP/1.1 200 OK\r\n", "x", 50), ("waiting", None, Some(TimedOut))),
        (
            Manner::Repeats("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", "x", 50),
            ("delivered", Some(200), Some(TimedOut)),
        ),
        (
            Manner::Repeats("HTTP/1.1 500 No\r\ncontent-length: 1000000\r\n\r\n", "x", 50),
            ("waiting", Some(500), Some(TimedOut)),
        ),
        (
            Manner::Repeats("HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n", "3e8\r\n", 5000),
            ("waiting", Some(500), Some(TimedOut)),
        ),
        (Manner::Repeats("HTTP/1.1 500 No\r\nconnection: close\r\n\r\n", long, 0), ("waiting", Some(500), None)),
        (Manner::Repeats("", "HTTP/1.1 103 Early Hints\r\n\r\n", 0), ("waiting", None, Some(TimedOut))),
        (Manner::Stalls, ("waiting", None, Some(ConnectFailed))),
        (Manner::Plain, ("waiting", None, Some(TlsFailed))),
    ] {
        let shown = format!("{manner:.200?}");
        let before = resident_kb();
        let (state, status, failure, line) = outcome(manner).await;
        assert_eq!((state, status, failure), expected, "{shown}");
        assert!(line.attempt.answer.body.len() <= 16 * 1024, "{shown}");
        let grown = resident_kb().saturating_sub(before);
        assert!(grown < 32 * 1024, "{shown} took {grown} kB of memory");
    }
}

/// The memory that this process holds.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_long_answer_is_kept_in_part_and_that_is_said() {
    let long: &'static str = Box::leak("y".repeat(1000).into_boxed_str());
    let (.., line) = outcome(Manner::Repeats("HTTP/1.1 500 No\r\nconnection: close\r\n\r\n", long, 0)).await;
    assert_eq!((line.attempt.answer.body.len(), line.attempt.answer.is_truncated), (16 * 1024, true));
    let (.., line) = outcome(Manner::Says("HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\nwhy?".into())).await;
    assert_eq!((line.attempt.answer.body.as_slice(), line.attempt.answer.is_truncated), (b"why?".as_slice(), false));
}

#[tokio::test]
async fn nobody_listens() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Stalls]).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{HOST}:{}/", closed.local_addr().unwrap().port());
    drop(closed);
    let line = dispatch(&sender(&scratch, receiver.options()), &url).await;
    assert_eq!((line.state, line.attempt.answer.failure), ("waiting", Some(Failure::ConnectFailed)));
}

#[tokio::test]
async fn a_certificate_for_another_name_or_by_nobody_is_refused() {
    for (host, trusted) in [("other.test", true), (HOST, false)] {
        let scratch = Scratch::new();
        let receiver = Receiver::start(vec![says("200 OK")]).await;
        let options = if trusted { receiver.options() } else { Receiver::options_without_root() };
        let url = receiver.url().replace(HOST, host);
        let line = dispatch(&sender(&scratch, options), &url).await;
        assert_eq!((line.state, line.attempt.answer.failure), ("waiting", Some(Failure::TlsFailed)), "{host}");
        assert!(receiver.requests().is_empty());
    }
}

#[tokio::test]
async fn gone_disables_and_what_comes_next_waits() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![says("410 Gone")]).await;
    let sender = sender(&scratch, receiver.options());
    dispatch(&sender, &receiver.url()).await;
    let health = sender.store().health(None, mambo_webhooks::UnixMillis(0)).await.unwrap().remove(0);
    assert_eq!(health.endpoint.unwrap().state, State::Disabled(DisableReason::Gone));
    assert_eq!(sender.send(event().id("e-2")).await.unwrap().deliveries, 0);
    sender.ping("e").await.unwrap();
    assert_eq!(sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap(), 1, "a Ping goes out even so");
}

#[tokio::test]
async fn a_wait_that_the_receiver_asks_for_counts_if_it_is_one() {
    let date = httpdate_in(3600);
    for (header, least, most) in [
        ("retry-after: 60", 60_000, 66_000),
        (date.as_str(), 3_598_000, 3_960_000),
        ("retry-after: 99999999", 86_400_000, 87_300_000),
        ("retry-after: 1", 5000, 7000),
        ("retry-after: soon", 5000, 7000),
        ("retry-after: -60", 5000, 7000),
        ("retry-after:", 5000, 7000),
    ] {
        for (status, least, most) in
            [("429 Slow Down", least, most), ("503 Busy", least, most), ("500 Oops", 5000, 7000)]
        {
            let scratch = Scratch::new();
            let receiver = Receiver::start(vec![says(&format!("{status}\r\n{header}"))]).await;
            let sender = sender(&scratch, receiver.options());
            let line = dispatch(&sender, &receiver.url()).await;
            let nothing = Capacity { deliveries: 0, slow: 0, bytes: 0 };
            let found = sender.store().claim(nothing, Duration::from_secs(60)).await.unwrap();
            let due = found.now.0 + i64::try_from(found.due_in.unwrap().as_millis()).unwrap();
            let wait = due - line.attempt.started.0;
            assert!((least..most + 1500).contains(&wait), "{status} {header}: {wait} ms");
        }
    }
}

fn httpdate_in(seconds: u64) -> String {
    let at = std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(mambo_webhooks::send::now().0).unwrap());
    format!("retry-after: {}", httpdate::fmt_http_date(at + Duration::from_secs(seconds)))
}

/// A listener that nothing may ever connect to.
async fn canary() -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU32::new(0)));
    let seen = Arc::clone(&count);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, count)
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_inside() {
    let scratch = Scratch::new();
    let (port, canary) = canary().await;
    let sender = sender(&scratch, HttpOptions::new(AddressPolicy::public_only()));
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "169.254.169.254",
    ] {
        let added = sender.add_endpoint("e", EndpointSettings::new(&format!("https://{host}:{port}/"), SECRET)).await;
        // A machine may not know every one of these names; none of them may be taken and then connected to.
        if let Err(problem) = added {
            assert_eq!(problem.code(), "address_refused", "{host}");
        } else {
            assert!(host.starts_with("localhost."), "{host} was taken");
            sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap();
        }
    }
    assert_eq!(canary.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_judged_whenever_it_is_connected_to() {
    let scratch = Scratch::new();
    let (port, canary) = canary().await;
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let options = HttpOptions::new(AddressPolicy::public_only()).look_up(move |_name| {
        // A public address for the first look-up, this machine afterwards: what an attacker's name server does.
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { [93, 184, 216, 34] } else { [127, 0, 0, 1] };
        Box::pin(async move { Ok(vec![(address, 0).into()]) })
    });
    let url = format!("https://rebinding.test:{port}/");
    let line = dispatch(&sender(&scratch, options.clone()), &url).await;
    assert_eq!((line.state, line.attempt.answer.failure), ("waiting", Some(Failure::AddressRefused)));
    assert!(asked.load(Ordering::SeqCst) >= 3);
    // One address that is not permitted among public ones is enough.
    let options =
        options.look_up(|_| Box::pin(async { Ok(vec![([93, 184, 216, 34], 0).into(), ([10, 0, 0, 1], 0).into()]) }));
    let scratch = Scratch::new();
    let problem = sender(&scratch, options).add_endpoint("e", EndpointSettings::new(&url, SECRET)).await.unwrap_err();
    assert_eq!(problem.code(), "address_refused");
    assert_eq!(canary.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endpoint_stored_under_a_wider_guard_is_not_connected_to_under_a_stricter_one() {
    let scratch = Scratch::new();
    let (port, canary) = canary().await;
    let wide = HttpOptions::new(AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]));
    let settings = EndpointSettings::new(&format!("https://127.0.0.1:{port}/"), SECRET);
    sender(&scratch, wide).add_endpoint("e", settings).await.unwrap();
    let strict = sender(&scratch, HttpOptions::new(AddressPolicy::public_only()));
    strict.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap();
    let line = strict.store().log(LogQuery::default().limit(1)).await.unwrap().remove(0);
    assert_eq!(line.attempt.answer.failure, Some(Failure::AddressRefused));
    assert_eq!(canary.load(Ordering::SeqCst), 0);
}
