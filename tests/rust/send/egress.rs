//! How deliveries leave, on real sockets: through a proxy, with a client certificate, over HTTP/2.

#[cfg(feature = "cli")]
mod command;
mod http2;
mod proxy;
mod trust;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mambo_webhooks::send::store::LogLine;
use mambo_webhooks::send::{
    AddressPolicy, EndpointSettings, Failure, HttpOptions, LogQuery, Proxy, Sender, Sqlite, Store, WorkerOptions,
};
use mambo_webhooks::{Profile, Renderer, Shims, Version};
use tokio::net::TcpListener;

use self::proxy::{TestProxy, Way};
use super::receiver::{HOST, Manner, Receiver, tls};
use super::scratch::Scratch;

const SERVER: Version = Version::new(8, 10, 2);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn sender(scratch: &Scratch, http: HttpOptions) -> Sender<Sqlite> {
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, http)
}

/// Adds an endpoint with a Ping, runs what is due, and returns the line of the log.
async fn ping(http: HttpOptions, url: &str) -> LogLine {
    let scratch = Scratch::new();
    let sender = sender(&scratch, http);
    sender.add_endpoint("e", EndpointSettings::new(url, "correct horse battery staple")).await.unwrap();
    assert_eq!(sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap(), 1);
    sender.store().log(LogQuery::default()).await.unwrap().remove(0)
}

fn result(line: &LogLine) -> (Option<u16>, Option<Failure>) {
    (line.attempt.answer.status, line.attempt.answer.failure)
}

#[tokio::test]
async fn the_proxy_is_told_the_address_that_was_judged_and_tls_names_the_host() {
    let (receiver, proxy) =
        (Receiver::start(vec![Manner::Says(OK.into())]).await, TestProxy::start(Way::Connects).await);
    let line = ping(receiver.options().proxy(Proxy::new(&proxy.url()).unwrap()), &receiver.url()).await;
    assert_eq!(result(&line), (Some(200), None));
    let target = receiver.address;
    assert_eq!(proxy.heads(), [format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")]);
    assert_eq!(line.attempt.answer.remote, Some(target.to_string()));
    let host = receiver.requests()[0].headers.iter().find(|(name, _)| name == "host").unwrap().1.clone();
    assert_eq!(host, format!("{HOST}:{}", target.port()));
}

#[tokio::test]
async fn a_proxy_over_tls_is_used_like_another() {
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let (acceptor, authority) = tls();
    let proxy = TestProxy::start(Way::ConnectsOverTls(acceptor)).await;
    let through = Proxy::new(&format!("https://{}", proxy.address)).unwrap();
    let line = ping(receiver.options().extra_root(authority).proxy(through.clone()), &receiver.url()).await;
    assert_eq!((result(&line), proxy.heads().len()), ((Some(200), None), 1));
    // A proxy whose certificate is not trusted gets nothing, not even the receiver's address.
    let line = ping(receiver.options().proxy(through), &receiver.url()).await;
    assert_eq!((result(&line), proxy.heads().len()), ((None, Some(Failure::ProxyFailed)), 1));
}

#[tokio::test]
async fn a_login_is_given_to_the_proxy_and_shown_nowhere() {
    const LINE: &str = "Proxy-Authorization: Basic bWFtYm86aG9yc2U6YmF0dGVyeQ==";
    let (receiver, proxy) =
        (Receiver::start(vec![Manner::Says(OK.into())]).await, TestProxy::start(Way::Asks(LINE)).await);
    let plain = Proxy::new(&proxy.url()).unwrap();
    let login = plain.clone().login("mambo", "horse:battery").unwrap();
    for shown in [format!("{login:?}"), format!("{:?}", receiver.options().proxy(login.clone()))] {
        assert!(shown.contains("has_login: true") && !shown.contains("horse") && !shown.contains("bWFt"), "{shown}");
    }
    let line = ping(receiver.options().proxy(login), &receiver.url()).await;
    assert_eq!(result(&line), (Some(200), None));
    assert!(receiver.requests()[0].headers.iter().all(|(name, _)| name != "proxy-authorization"));
    for refused in [plain.clone(), plain.login("mambo", "wrong").unwrap()] {
        let line = ping(receiver.options().proxy(refused), &receiver.url()).await;
        assert_eq!(result(&line), (None, Some(Failure::ProxyFailed)));
    }
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn every_fault_of_a_proxy_has_its_failure() {
    use Failure::{ProxyFailed, ProxyRefused};
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let long: &'static str = Box::leak(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(9000)).into_boxed_str());
    for (way, expected) in [
        (Way::Answers("HTTP/1.1 403 Forbidden\r\n\r\n"), ProxyRefused),
        (Way::Answers("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nno."), ProxyRefused),
        (Way::Answers("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n"), ProxyRefused),
        (Way::Hangs, ProxyRefused),
        (Way::Answers("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), ProxyFailed),
        (Way::Answers(""), ProxyFailed),
        (Way::Answers("HTTP/1.1 200 OK\r\n"), ProxyFailed),
        (Way::Answers("SSH-2.0-OpenSSH_9.2\r\n\r\n"), ProxyFailed),
        (Way::Answers(long), ProxyFailed),
    ] {
        let proxy = TestProxy::start(way).await;
        let line = ping(receiver.options().proxy(Proxy::new(&proxy.url()).unwrap()), &receiver.url()).await;
        assert_eq!(result(&line), (None, Some(expected)));
    }
    // The proxy agrees and closes, so that no TLS comes up.
    let proxy = TestProxy::start(Way::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let line = ping(receiver.options().proxy(Proxy::new(&proxy.url()).unwrap()), &receiver.url()).await;
    assert_eq!(result(&line), (None, Some(Failure::ConnectFailed)));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let line = ping(receiver.options().proxy(Proxy::new(&url).unwrap()), &receiver.url()).await;
    assert_eq!(result(&line), (None, Some(ProxyFailed)));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_before_a_byte_reaches_the_proxy() {
    let (receiver, proxy) =
        (Receiver::start(vec![Manner::Says(OK.into())]).await, TestProxy::start(Way::Connects).await);
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    // The first answer, when the endpoint is added, is permitted.
    let rebinding = move |_| -> mambo_webhooks::send::LookUpFuture {
        let first = count.fetch_add(1, Ordering::Relaxed) == 0;
        let permitted = ([127, 0, 0, 1], 0).into();
        Box::pin(async move { Ok(if first { vec![permitted] } else { vec![permitted, ([10, 0, 0, 7], 0).into()] }) })
    };
    let http = receiver.options().look_up(rebinding).proxy(Proxy::new(&proxy.url()).unwrap());
    assert_eq!(result(&ping(http, &receiver.url()).await), (None, Some(Failure::AddressRefused)));
    assert_eq!((proxy.heads(), asked.load(Ordering::Relaxed)), (Vec::<String>::new(), 2));
}

#[tokio::test]
async fn a_proxy_is_asked_for_four_addresses_of_a_name_and_for_ipv4_first() {
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let networks = ["127.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
    let asked = |addresses: &[&str], proxy: &TestProxy| {
        let found: Vec<SocketAddr> = addresses.iter().map(|one| SocketAddr::new(one.parse().unwrap(), 0)).collect();
        let http = HttpOptions::new(AddressPolicy::allowing(networks.to_vec())).extra_root(receiver.authority.clone());
        let http = http.look_up(move |_| {
            let found = found.clone();
            Box::pin(async { Ok(found) })
        });
        http.proxy(Proxy::new(&proxy.url()).unwrap())
    };
    let hosts = |proxy: &TestProxy| -> Vec<String> {
        let host = |head: &String| head.split(' ').nth(1).unwrap().rsplit_once(':').unwrap().0.to_owned();
        proxy.heads().iter().map(host).collect()
    };
    let proxy = TestProxy::start(Way::ConnectsTo("[::1]")).await;
    let line = ping(asked(&["::1", "127.0.0.9", "127.0.0.8"], &proxy), &receiver.url()).await;
    assert_eq!(result(&line), (Some(200), None));
    assert_eq!(hosts(&proxy), ["127.0.0.9", "127.0.0.8", "[::1]"]);
    let proxy = TestProxy::start(Way::ConnectsTo("127.0.0.1")).await;
    let five = ["127.0.0.9", "127.0.0.8", "127.0.0.7", "127.0.0.6", "127.0.0.1"];
    let line = ping(asked(&five, &proxy), &receiver.url()).await;
    assert_eq!(result(&line), (None, Some(Failure::ProxyRefused)));
    assert_eq!(hosts(&proxy), five[..4]);
}

#[tokio::test]
async fn a_proxy_that_resolves_names_is_told_names_and_addresses_are_judged_still() {
    let (receiver, proxy) =
        (Receiver::start(vec![Manner::Says(OK.into())]).await, TestProxy::start(Way::Connects).await);
    let through = Proxy::new(&proxy.url()).unwrap().resolves_names();
    let http = receiver.options().look_up(|name| panic!("{name} is looked up here")).proxy(through);
    let line = ping(http.clone(), &receiver.url()).await;
    assert_eq!((result(&line), line.attempt.answer.remote.as_deref()), ((Some(200), None), None));
    let target = format!("{HOST}:{}", receiver.address.port());
    assert_eq!(proxy.heads(), [format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")]);
    let scratch = Scratch::new();
    let settings = EndpointSettings::new("https://10.0.0.7/", "correct horse battery staple");
    let refused = sender(&scratch, http).add_endpoint("e", settings).await.unwrap_err();
    assert_eq!((refused.code(), proxy.heads().len()), ("address_refused", 1));
}

#[tokio::test]
async fn a_redirect_is_not_followed_through_the_proxy_and_plain_http_does_not_go_there() {
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let (receiver, proxy) =
        (Receiver::start(vec![Manner::Says(redirect.into())]).await, TestProxy::start(Way::Connects).await);
    let http = receiver.options().proxy(Proxy::new(&proxy.url()).unwrap());
    assert_eq!(result(&ping(http.clone(), &receiver.url()).await), (Some(307), None));
    assert_eq!(proxy.heads().len(), 1);
    let scratch = Scratch::new();
    let settings = EndpointSettings::new("http://receiver.test/", "correct horse battery staple");
    let refused = sender(&scratch, http.clone()).add_endpoint("e", settings).await.unwrap_err();
    assert_eq!(refused.code(), "url_not_https");
    let plain = Receiver::start(vec![Manner::Plain]).await;
    let line = ping(http, &format!("http://{}/", plain.address)).await;
    assert_eq!((result(&line), proxy.heads().len()), ((Some(400), None), 1));
}

#[test]
fn the_url_of_a_proxy_is_a_scheme_a_host_and_a_port() {
    for good in ["http://proxy:3128", "https://10.0.0.1", "http://[::1]:8080/"] {
        assert!(Proxy::new(good).is_ok(), "{good}");
    }
    for bad in ["proxy:3128", "socks5://proxy", "http://proxy/path", "http://proxy/?a", "http://user:horse@proxy", ""] {
        let error = Proxy::new(bad).unwrap_err();
        assert!(error.code() == "client_failed" && !error.to_string().contains("horse"), "{bad}: {error}");
    }
}
