//! The sender against real sockets: what it sends, when it tries again, and what it never does.

#![cfg(feature = "send")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use mambo_webhooks::send::endpoint::{Loopback, UrlProblem};
use mambo_webhooks::send::{Endpoint, Sender};
use mambo_webhooks::{KeyRing, Outbound, Policy, Profile, Receiver, Release, Renderer, Shims, UnixMillis};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECRET: &str = "correct horse battery staple";
const RELEASE: Release = Release::new(8, 10, 2);

/// What one request brought.
struct Request {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Answers one connection after the other with these statuses and hands back the requests.
async fn serve(listener: TcpListener, answers: &[&str]) -> Vec<Request> {
    let mut requests = Vec::new();
    for answer in answers {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let (headers, length) = loop {
            let mut chunk = [0; 4096];
            let read = socket.read(&mut chunk).await.unwrap();
            assert!(read > 0, "the request ended early");
            bytes.extend_from_slice(&chunk[..read]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let headers: Vec<(String, String)> = text
                .lines()
                .skip(1)
                .map(|line| line.split_once(": ").map(|(name, value)| (name.into(), value.into())).unwrap())
                .collect();
            let length: usize = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
            if bytes.len() >= end + 4 + length {
                break (headers, end + 4);
            }
        };
        requests.push(Request { headers, body: bytes[length..].to_vec() });
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
    }
    requests
}

fn sender() -> Sender {
    Sender::new(Renderer::new(Profile::default(), Shims::default(), RELEASE).unwrap()).unwrap()
}

const PING: Outbound<'_> =
    Outbound { kind: "Ping", id: Some("e-1"), time: Some("1"), version: RELEASE, data: r#"{"message":"ping"}"# };

async fn dispatch(answers: &[&str]) -> (Vec<Option<u16>>, Vec<Request>, Vec<UnixMillis>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let keys = KeyRing::single(SECRET).unwrap();
    let endpoint = Endpoint::new(&url, keys, Policy::Latest, Loopback::Allowed).unwrap();
    let sender = sender();
    let (attempts, requests) = tokio::join!(sender.send(&endpoint, &PING), serve(listener, answers));
    let attempts = attempts.unwrap();
    let statuses = attempts.iter().map(|attempt| attempt.status).collect();
    (statuses, requests, attempts.iter().map(|attempt| attempt.at).collect())
}

#[tokio::test]
async fn one_attempt_is_one_signed_post() {
    let (statuses, requests, at) = dispatch(&["204 No Content"]).await;
    assert_eq!(statuses, [Some(204)]);
    let Request { headers, body } = &requests[0];
    let expected = br#"{"event":"Ping","id":"e-1","version":"8.10.2","timestamp":1,"data":{"message":"ping"}}"#;
    assert_eq!(String::from_utf8_lossy(body), String::from_utf8_lossy(expected));
    let value = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    assert_eq!(value("content-type"), Some("application/json"));
    assert_eq!(value("user-agent"), Some(concat!("Mambo-Webhooks-Rust/", env!("CARGO_PKG_VERSION"))));
    let receiver = Receiver::new(KeyRing::single(SECRET).unwrap());
    let received = receiver.receive(headers, body, at[0]).unwrap();
    assert_eq!((received.event.kind(), received.id.as_deref()), (Some("Ping"), Some("e-1")));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_one_with_its_own_timestamp_and_signature() {
    let (statuses, requests, at) = dispatch(&["503 Service Unavailable", "200 OK"]).await;
    assert_eq!(statuses, [Some(503), Some(200)]);
    let receiver = Receiver::new(KeyRing::single(SECRET).unwrap());
    let keys: Vec<String> = requests
        .iter()
        .zip(&at)
        .map(|(Request { headers, body }, at)| receiver.receive(headers, body, *at).unwrap().verified().replay_key())
        .collect();
    assert_eq!(requests[0].body, requests[1].body);
    assert_ne!(keys[0], keys[1]);
    assert!(at[1].since(at[0]) >= 1000, "the second attempt waits a second");
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (statuses, requests, _) =
        dispatch(&["302 Found\r\nlocation: http://127.0.0.1:1/", "308 Permanent Redirect\r\nlocation: /b"]).await;
    assert_eq!(statuses, [Some(302), Some(308)]);
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn no_answer_is_told_without_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?token=hidden", listener.local_addr().unwrap());
    drop(listener);
    let keys = KeyRing::single(SECRET).unwrap();
    let endpoint = Endpoint::new(&url, keys, Policy::Latest, Loopback::Allowed).unwrap();
    let attempts = sender().send(&endpoint, &PING).await.unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.status).collect::<Vec<_>>(), [None, None]);
    assert!(attempts.iter().all(|attempt| !attempt.error.as_ref().unwrap().contains("hidden")));
}

#[test]
fn only_https_or_loopback_on_request_is_an_endpoint() {
    let problem =
        |url: &str, loopback| Endpoint::new(url, KeyRing::single(SECRET).unwrap(), Policy::Latest, loopback).err();
    assert_eq!(problem("https://example.com/hook", Loopback::Refused), None);
    assert_eq!(problem("http://127.0.0.1:1/", Loopback::Allowed), None);
    assert_eq!(problem("http://[::1]:1/", Loopback::Allowed), None);
    assert_eq!(problem("http://127.0.0.1:1/", Loopback::Refused), Some(UrlProblem::NotHttps));
    assert_eq!(problem("http://localhost/", Loopback::Allowed), Some(UrlProblem::NotHttps));
    assert_eq!(problem("http://example.com/", Loopback::Allowed), Some(UrlProblem::NotHttps));
    assert_eq!(problem("ftp://example.com/", Loopback::Allowed), Some(UrlProblem::NotHttps));
    assert_eq!(problem("https://user@example.com/", Loopback::Refused), Some(UrlProblem::UserInfo));
    assert_eq!(problem("example.com", Loopback::Refused), Some(UrlProblem::Malformed));
}
