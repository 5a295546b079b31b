//! Attempts as spans, at a collector on loopback that decodes what it gets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use mambo_webhooks::send::{EndpointSettings, NewEvent, Otlp, Sender, Sqlite, WorkerOptions};
use mambo_webhooks::{Profile, Renderer, Shims, Version};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use super::program::{Program, SECRET, text};
use super::receiver::{HOST, Manner, Receiver, Request};
use super::scratch::Scratch;

const SERVER: Version = Version::new(8, 10, 2);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The head of each request, and its body.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A collector on a thread apart, since the exporter's end is waited for.
struct Collector {
    url: String,
    requests: Requests,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Requests::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = BufReader::new(socket.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if socket.read_line(&mut head).unwrap() == 0 {
                        break;
                    }
                }
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
                let mut body = vec![0; length];
                socket.read_exact(&mut body).unwrap();
                seen.lock().unwrap().push((head, body));
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                socket.get_mut().write_all(answer).unwrap();
            }
        });
        Self { url, requests }
    }

    /// All spans, in the order in which they came, each with its service and scope.
    fn spans(&self) -> Vec<(String, String, Span)> {
        let mut spans = Vec::new();
        for (head, body) in self.requests.lock().unwrap().iter() {
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            assert!(head.to_lowercase().contains("content-type: application/x-protobuf\r\n"), "{head}");
            for group in ExportTraceServiceRequest::decode(body.as_slice()).unwrap().resource_spans {
                let service = attributes(&group.resource.unwrap().attributes)["service.name"].clone();
                for scoped in group.scope_spans {
                    let scope = scoped.scope.unwrap().name;
                    spans.extend(scoped.spans.into_iter().map(|span| (service.clone(), scope.clone(), span)));
                }
            }
        }
        spans
    }

    /// Everything that came, as text.
    fn text(&self) -> String {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(head, body)| format!("{head}{}", text(body))).collect()
    }
}

fn attributes(of: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    of.iter().map(|one| (one.key.clone(), text(one.value.as_ref().unwrap().value.as_ref().unwrap()))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    &request.headers.iter().find(|(found, _)| found == name).unwrap().1
}

/// Sends the events to an endpoint with spans going to the collector, without a Ping before.
async fn run(collector: &Collector, receiver: &Receiver, events: Vec<NewEvent>) {
    let scratch = Scratch::new();
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    let sender = Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, receiver.options());
    let settings = EndpointSettings::new(&receiver.url(), SECRET).header("X-Token", "header secret");
    sender.add_endpoint("e", settings).await.unwrap();
    let mut worker = sender.worker(WorkerOptions::default()).unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 1, "the Ping, which no span tells of");
    let otlp = Otlp::new(Some(&collector.url)).unwrap();
    let subscriber = tracing_subscriber::registry().with(otlp.layer());
    let guard = tracing::subscriber::set_default(subscriber);
    let count = events.len();
    for event in events {
        sender.send(event).await.unwrap();
    }
    assert_eq!(worker.run_due().await.unwrap(), count);
    drop(guard);
    otlp.shutdown().unwrap();
}

fn event(id: &str) -> NewEvent {
    NewEvent::new("Other", SERVER, r#"{"text":"payload secret"}"#).unwrap().id(id)
}

#[tokio::test]
async fn an_attempt_is_a_child_span_of_the_caller_and_the_parent_of_the_receiver() {
    let (collector, receiver) = (Collector::start(), Receiver::start(vec![Manner::Says(OK.into())]).await);
    let caller = format!("00-{TRACE}-{CALLER}-01");
    run(&collector, &receiver, vec![event("e-1").traceparent(&caller)]).await;
    let spans = collector.spans();
    let [(service, scope, span)] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((service.as_str(), scope.as_str()), ("mambo-webhooks", "mambo-webhooks"));
    assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, CALLER));
    let sent = format!("00-{TRACE}-{}-01", hex(&span.span_id));
    let request = receiver.requests().remove(1);
    assert_eq!(header(&request, "traceparent"), sent);
    assert_eq!((span.name.as_str(), span.kind()), ("POST", SpanKind::Client));
    assert!(span.links.is_empty() && span.events.is_empty() && span.trace_state.is_empty());
    assert!(span.start_time_unix_nano > 0 && span.end_time_unix_nano >= span.start_time_unix_nano);
    assert_eq!(span.status.clone().map_or(StatusCode::Unset, |status| status.code()), StatusCode::Unset);
    let port = receiver.address.port().to_string();
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("mambo.attempt", "1"),
        ("mambo.delivery", "2"),
        ("mambo.endpoint", "e"),
        ("mambo.event", "e-1"),
        ("mambo.tenant", "default"),
        ("server.address", HOST),
        ("server.port", port.as_str()),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(attributes(&span.attributes), BTreeMap::from(expected));
    let all = collector.text();
    let signature = header(&request, "x-mambo-signature").split("v1=").nth(1).unwrap();
    for secret in [SECRET, "payload secret", "header secret", "/hook", "token=hidden", signature] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_failure_is_an_error_and_a_trace_that_the_caller_does_not_record_has_no_span() {
    let (collector, receiver) =
        (Collector::start(), Receiver::start(vec![Manner::Says(OK.into()), Manner::Says(BUSY.into())]).await);
    let ignored = format!("00-{TRACE}-{CALLER}-00");
    run(&collector, &receiver, vec![event("e-1"), event("e-2").traceparent(&ignored)]).await;
    let spans = collector.spans();
    let [(.., span)] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span.parent_span_id, Vec::<u8>::new());
    let found = attributes(&span.attributes);
    assert_eq!((found["http.response.status_code"].as_str(), found["error.type"].as_str()), ("503", "503"));
    let status = span.status.clone().unwrap();
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "503"));
    let sent: Vec<String> =
        receiver.requests().iter().skip(1).map(|one| header(one, "traceparent").to_owned()).collect();
    assert_eq!(
        sent.iter().filter(|sent| sent.starts_with(&ignored[..36]) && sent.ends_with("-00")).count(),
        1,
        "{sent:?}"
    );
    assert!(sent.contains(&format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id))), "{sent:?}");
}

#[tokio::test]
async fn no_answer_is_an_error_named_by_its_failure() {
    let (collector, receiver) =
        (Collector::start(), Receiver::start(vec![Manner::Says(OK.into()), Manner::Plain]).await);
    run(&collector, &receiver, vec![event("e-1")]).await;
    let found = attributes(&collector.spans()[0].2.attributes);
    assert_eq!((found["error.type"].as_str(), found.get("http.response.status_code")), ("tls_failed", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sends_its_spans_before_it_ends() {
    let (scratch, receiver) = (Scratch::new(), Receiver::start(vec![Manner::Says(OK.into())]).await);
    let by_option = Collector::start();
    let by_variable = Collector::start();
    let program = Program::new(scratch.file("store.db").display().to_string(), scratch.file("root.pem"), &receiver);
    let run = async |collector: &str, variable: Option<&str>| {
        let mut command = program.command("worker --once");
        command.args(Some(collector).filter(|url| !url.is_empty()).map(|url| format!("--otlp={url}")));
        command.envs(variable.map(|url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url))).env("OTEL_SERVICE_NAME", "ours");
        // A filter of the log is none of the spans.
        command.env("RUST_LOG", "error");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("attempt ended"), "{}", text(&output.stderr));
    };
    run(&by_option.url, Some(&by_variable.url)).await;
    assert_eq!((by_option.spans().len(), by_variable.spans().len()), (1, 0), "the option counts before the variable");
    let mut send = program.command(&format!("send --type Other --data {{}} --traceparent 00-{TRACE}-{CALLER}-01"));
    assert!(tokio::task::spawn_blocking(move || send.status().unwrap()).await.unwrap().success());
    run("", Some(&by_variable.url)).await;
    let spans = by_variable.spans();
    assert_eq!((spans.len(), spans[0].0.as_str()), (1, "ours"));
    assert_eq!((hex(&spans[0].2.trace_id).as_str(), hex(&spans[0].2.parent_span_id).as_str()), (TRACE, CALLER));
    // A collector that is not there costs spans, and no delivery.
    let mut send = program.command("send --type Other --data {}");
    assert!(tokio::task::spawn_blocking(move || send.status().unwrap()).await.unwrap().success());
    run("http://127.0.0.1:1", None).await;
    assert_eq!(receiver.requests().len(), 3);
}
