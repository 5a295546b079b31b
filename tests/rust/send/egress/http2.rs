//! Receivers that speak HTTP/2 only, and those that speak both.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::{Reason, server};
use mambo_webhooks::send::store::LogLine;
use mambo_webhooks::send::{
    AddressPolicy, Endpoint, EndpointSettings, Failure, HttpOptions, LogQuery, Poster, Proxy, State, Store,
    WorkerOptions, now,
};
use mambo_webhooks::{OutboundEvent, Profile, Renderer, Shims, VersionPolicy};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::proxy::{TestProxy, Way};
use super::{SERVER, ping, result, sender};
use crate::send::receiver::{HOST, Receiver, tls};
use crate::send::scratch::Scratch;

/// What it does with each request.
#[derive(Clone, Copy)]
enum Manner {
    Answers,
    /// Answers 500 with this many bytes of headers and of a body.
    Long(usize, usize),
    /// Never answers.
    Silent,
    /// Refuses the request as one that it did not look at.
    Refuses,
    /// Says that it goes away, having looked at nothing.
    GoesAway,
    /// Answers the first request, then reads nothing more of the first connection, which stays open.
    FallsSilent,
}

/// What it saw: the protocol that each connection agreed on, and each request's headers and body.
#[derive(Default)]
struct Seen {
    protocols: Vec<Option<Vec<u8>>>,
    requests: Vec<(http::HeaderMap, Vec<u8>)>,
}

struct Http2 {
    port: u16,
    authority: Vec<u8>,
    seen: Arc<Mutex<Seen>>,
}

impl Http2 {
    async fn start(protocols: &[&str], manner: Manner) -> Self {
        let (acceptor, authority) = tls();
        let mut config = (**acceptor.config()).clone();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (port, seen) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Seen>>::default());
        let sees = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, sees) = (acceptor.clone(), Arc::clone(&sees));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
                    let is_first = {
                        let mut sees = sees.lock().unwrap();
                        sees.protocols.push(protocol);
                        sees.protocols.len() == 1
                    };
                    let Ok(mut connection) = server::handshake(stream).await else { return };
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        if matches!(manner, Manner::GoesAway) {
                            connection.abrupt_shutdown(Reason::NO_ERROR);
                            continue;
                        }
                        let served = tokio::spawn(serve(request, respond, manner, Arc::clone(&sees)));
                        if is_first && matches!(manner, Manner::FallsSilent) {
                            // The answer goes out while the connection is polled.
                            tokio::time::timeout(Duration::from_millis(300), connection.accept()).await.ok();
                            served.await.unwrap();
                            return std::future::pending().await;
                        }
                    }
                });
            }
        });
        Self { port, authority, seen }
    }

    fn url(&self) -> String {
        format!("https://{HOST}:{}/hook", self.port)
    }

    fn options(&self) -> HttpOptions {
        Receiver::options_without_root().extra_root(self.authority.clone())
    }

    fn protocols(&self) -> Vec<String> {
        let text = |name: &Option<Vec<u8>>| String::from_utf8(name.clone().unwrap_or_default()).unwrap();
        self.seen.lock().unwrap().protocols.iter().map(text).collect()
    }
}

async fn serve(
    request: http::Request<h2::RecvStream>,
    mut respond: server::SendResponse<Bytes>,
    manner: Manner,
    seen: Arc<Mutex<Seen>>,
) {
    let (parts, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(Ok(chunk)) = stream.data().await {
        stream.flow_control().release_capacity(chunk.len()).unwrap();
        body.extend_from_slice(&chunk);
    }
    seen.lock().unwrap().requests.push((parts.headers, body));
    match manner {
        Manner::Answers | Manner::GoesAway | Manner::FallsSilent => {
            // Long enough for requests that come together to be in flight together.
            tokio::time::sleep(Duration::from_millis(50)).await;
            respond.send_response(http::Response::new(()), true).ok();
        }
        Manner::Long(head, body) => {
            let response = http::Response::builder().status(500).header("x-long", "x".repeat(head)).body(()).unwrap();
            let Ok(mut stream) = respond.send_response(response, false) else { return };
            stream.send_data(Bytes::from(vec![b'y'; body]), true).ok();
            std::future::poll_fn(|context| stream.poll_reset(context)).await.ok();
        }
        Manner::Silent => tokio::time::sleep(Duration::from_secs(60)).await,
        Manner::Refuses => respond.send_reset(Reason::REFUSED_STREAM),
    }
}

#[tokio::test]
async fn a_receiver_that_speaks_http_2_only_is_delivered_to_over_one_connection() {
    let (scratch, receiver) = (Scratch::new(), Http2::start(&["h2"], Manner::Answers).await);
    let sender = sender(&scratch, receiver.options());
    let settings = EndpointSettings::new(&receiver.url(), "correct horse battery staple").header("X-Tenant", "7");
    sender.add_endpoint("e", settings).await.unwrap();
    let mut worker = sender.worker(WorkerOptions::default()).unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 1);
    for number in 0..20 {
        let event = mambo_webhooks::send::NewEvent::new("Other", SERVER, r#"{"a":1}"#).unwrap();
        sender.send(event.id(&format!("e-{number}"))).await.unwrap();
    }
    assert_eq!(worker.run_due().await.unwrap(), 20);
    let lines = sender.store().log(LogQuery::default().limit(50)).await.unwrap();
    assert!(lines.iter().all(|line| result(line) == (Some(200), None)), "{lines:?}");
    assert_eq!(receiver.protocols(), ["h2"], "one connection carried all, and the one over HTTP/1.1 agreed on nothing");
    let seen = receiver.seen.lock().unwrap();
    assert_eq!(seen.requests.len(), 21);
    let (headers, body) = &seen.requests[20];
    assert_eq!(
        (&headers["x-tenant"], &headers["content-type"]),
        (&"7".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(headers["content-length"].to_str().unwrap(), body.len().to_string());
}

#[tokio::test]
async fn a_receiver_that_speaks_both_keeps_http_1_1() {
    for protocols in [&["h2", "http/1.1"], &["http/1.1", "h2"]] {
        let receiver = Http2::start(protocols, Manner::Answers).await;
        // It serves HTTP/2 even so, so there is no answer over HTTP/1.1.
        ping(receiver.options(), &receiver.url()).await;
        assert_eq!(receiver.protocols(), ["http/1.1"]);
    }
}

async fn outcome(manner: Manner) -> LogLine {
    let receiver = Http2::start(&["h2"], manner).await;
    let line = ping(receiver.options(), &receiver.url()).await;
    assert!(receiver.seen.lock().unwrap().requests.len() <= 1, "no request is sent twice");
    line
}

#[tokio::test]
async fn answers_over_http_2_have_the_same_bounds() {
    assert_eq!(result(&outcome(Manner::Silent).await), (None, Some(Failure::TimedOut)));
    assert_eq!(result(&outcome(Manner::Refuses).await), (None, Some(Failure::ConnectionLost)));
    assert_eq!(result(&outcome(Manner::GoesAway).await), (None, Some(Failure::ConnectionLost)));
    assert_eq!(result(&outcome(Manner::Long(400_000, 0)).await), (Some(500), None));
    assert_eq!(result(&outcome(Manner::Long(500_000, 0)).await), (None, Some(Failure::ConnectionLost)));
    let line = outcome(Manner::Long(0, 1_000_000)).await;
    let answer = &line.attempt.answer;
    assert_eq!((result(&line), answer.body.len(), answer.is_truncated), ((Some(500), None), 16 * 1024, true));
}

#[tokio::test]
async fn http_2_goes_through_a_proxy_too() {
    let (receiver, proxy) = (Http2::start(&["h2"], Manner::Answers).await, TestProxy::start(Way::Connects).await);
    let line = ping(receiver.options().proxy(Proxy::new(&proxy.url()).unwrap()), &receiver.url()).await;
    assert_eq!((result(&line), proxy.heads().len()), ((Some(200), None), 2));
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up_while_requests_go_on() {
    let receiver = Http2::start(&["h2"], Manner::FallsSilent).await;
    let poster = Poster::new(&receiver.options()).unwrap();
    let settings = EndpointSettings::new(&receiver.url(), "correct horse battery staple");
    let allowed = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
    let endpoint = Endpoint::new("e".into(), settings, State::Enabled, &allowed).unwrap();
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    let post = async || {
        let event = OutboundEvent::new("Other", SERVER, "{}").id("e-1");
        let request = renderer.render(&event, VersionPolicy::Latest, endpoint.keys(), now()).unwrap();
        let answer = poster.post(&endpoint, request, "").await;
        (answer.status, answer.failure)
    };
    assert_eq!(post().await, (Some(200), None));
    let mut outcomes = Vec::new();
    while outcomes.len() < 30 && !outcomes.contains(&(Some(200), None)) {
        outcomes.push(post().await);
    }
    // Each waits until its time is over, until the connection is closed, which would else take all that comes.
    assert_eq!(
        (outcomes[0], outcomes.last()),
        ((None, Some(Failure::TimedOut)), Some(&(Some(200), None))),
        "{outcomes:?}"
    );
    assert_eq!(receiver.protocols(), ["h2", "h2"]);
}
