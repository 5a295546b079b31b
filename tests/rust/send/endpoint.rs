//! What an endpoint may be set to: URLs in every spelling, headers, limits, secrets.

use std::time::Duration;

use mambo_webhooks::profile::{Grammar, Scheme, SequenceOrder};
use mambo_webhooks::send::{AddressPolicy, Endpoint, EndpointSettings, NewEvent, SendError, State};
use mambo_webhooks::sign;
use mambo_webhooks::{KeyRing, OutboundEvent, Profile, Receiver, Renderer, Shims, UnixMillis, Version, VersionPolicy};

const SECRET: &str = "correct horse battery staple";

fn made(settings: EndpointSettings, address_policy: &AddressPolicy) -> Result<Endpoint, SendError> {
    Endpoint::new("e".into(), settings, State::Enabled, address_policy)
}

fn problem(url: &str) -> Option<SendError> {
    made(EndpointSettings::new(url, SECRET), &AddressPolicy::public_only()).err()
}

#[test]
fn a_url_is_https_to_a_public_host_and_holds_no_secret() {
    use SendError::{AddressRefused, UrlFragment, UrlMalformed, UrlNotHttps, UrlUserInfo};
    for (url, expected) in [
        ("https://example.com/hook?a=b", None),
        ("https://8.8.8.8:8443/", None),
        ("example.com", Some(UrlMalformed)),
        ("http://example.com/", Some(UrlNotHttps)),
        ("http://127.0.0.1/", Some(UrlNotHttps)),
        ("ftp://example.com/", Some(UrlNotHttps)),
        ("https://user@example.com/", Some(UrlUserInfo)),
        ("https://:pass@example.com/", Some(UrlUserInfo)),
        ("https://example.com/#part", Some(UrlFragment)),
    ] {
        assert_eq!(problem(url), expected, "{url}");
    }
    // One address in the spellings that parsers of URLs take.
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "①②⑦.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "10.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "100.64.0.1",
        "0.0.0.0",
    ] {
        assert_eq!(problem(&format!("https://{host}/")), Some(AddressRefused), "{host}");
    }
}

#[test]
fn plain_http_goes_to_a_permitted_loopback_address_and_nowhere_else() {
    let address_policy = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
    let problem = |url: &str| made(EndpointSettings::new(url, SECRET), &address_policy).err();
    assert_eq!(problem("http://127.0.0.1:1/"), None);
    assert_eq!(problem("https://10.1.2.3/"), None);
    assert_eq!(problem("http://10.1.2.3/"), Some(SendError::UrlNotHttps));
    assert_eq!(problem("http://localhost/"), Some(SendError::UrlNotHttps));
    assert_eq!(problem("http://[::1]/"), Some(SendError::UrlNotHttps));
}

#[test]
fn headers_that_are_not_the_endpoint_s_to_set() {
    let with = |name: &str, value: &str| {
        made(EndpointSettings::new("https://example.com/", SECRET).header(name, value), &AddressPolicy::public_only())
            .err()
    };
    assert_eq!(with("X-Tenant", "7"), None);
    for name in ["Host", "content-type", "Proxy-Authorization", "traceparent", "bad name", ""] {
        let expected = SendError::HeaderRefused { name: name.to_ascii_lowercase() };
        assert_eq!(with(name, "v"), Some(expected), "{name}");
    }
    assert_eq!(with("x-a", "line\nend"), Some(SendError::HeaderRefused { name: "x-a".into() }));
}

#[test]
fn debug_shows_no_secret() {
    let endpoint = made(EndpointSettings::new("https://example.com/", SECRET), &AddressPolicy::public_only()).unwrap();
    assert!(!format!("{endpoint:?}").contains("horse"));
}

#[test]
fn a_short_secret_and_a_limit_of_nothing_are_refused() {
    let address_policy = AddressPolicy::public_only();
    let short = made(EndpointSettings::new("https://example.com/", "short"), &address_policy).unwrap_err();
    assert_eq!(short.code(), "secret_short");
    let zero =
        made(EndpointSettings::new("https://example.com/", SECRET).max_in_flight(0), &address_policy).unwrap_err();
    assert_eq!(zero.to_string(), "max_in_flight is 0, needs at least 1");
}

#[test]
fn a_rotated_endpoint_is_signed_with_the_new_secret_and_with_the_old_one_where_there_is_room() {
    let (new, now) = ("a second secret of length", UnixMillis(1_700_000_000_000));
    let mut settings = EndpointSettings::new("https://example.com/", SECRET);
    settings.rotate_secret(new, now, Duration::from_secs(60)).unwrap();
    let endpoint = made(settings, &AddressPolicy::public_only()).unwrap();
    let header = |scheme: &Scheme| sign(scheme, endpoint.keys(), b"body", now).unwrap();
    let signed = |scheme: &Scheme, secret: &str| sign(scheme, &KeyRing::single(secret).unwrap(), b"body", now).unwrap();
    let pairs = Scheme::default();
    let (_, new_signature) = signed(&pairs, new).split_once(',').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (_, old_signature) = signed(&pairs, SECRET).split_once(',').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(header(&pairs), format!("t=1700000000,{new_signature},{old_signature}"));
    let grammar = Grammar::Sequence { delimiter: ',', order: SequenceOrder::TimestampFirst };
    let sequence = Scheme { grammar, ..Scheme::default() };
    assert_eq!(header(&sequence), signed(&sequence, new));
    assert_ne!(header(&sequence), signed(&sequence, SECRET));
}

#[test]
fn blank_names_are_refused() {
    let event = |event_type: &str| NewEvent::new(event_type, Version::new(9, 0, 0), "{}").unwrap();
    for blank in ["", " ", "\t\n"] {
        let refused = |event: NewEvent| event.named().unwrap_err().to_string();
        assert_eq!(refused(event(blank)), "the event type is blank");
        assert_eq!(refused(event("Ping").id(blank)), "the event id is blank");
        assert_eq!(refused(event("Ping").idempotency_key(blank)), "the idempotency key is blank");
        let settings = EndpointSettings::new("https://example.com/", SECRET);
        let endpoint =
            Endpoint::new(blank.into(), settings, State::Enabled, &AddressPolicy::public_only()).unwrap_err();
        assert_eq!((endpoint.code(), endpoint.to_string()), ("text_blank", "the endpoint's id is blank".into()));
    }
    assert!(event("Ping").id("1").idempotency_key("k").named().is_ok());
}

#[test]
fn what_can_be_sent_a_receiver_with_defaults_takes() {
    let version = Version::new(9, 0, 0);
    let data = |bytes: usize| format!("{{\"text\":\"{}\"}}", "x".repeat(bytes - 11));
    let largest = data(1_032_192);
    assert!(NewEvent::new("ActivityCreated", version, &largest).is_ok());
    let refused = NewEvent::new("ActivityCreated", version, &data(1_032_193)).unwrap_err();
    assert_eq!(refused.to_string(), "the data is 1032193 bytes, allowed 1032192");
    let (keys, now) = (KeyRing::single(SECRET).unwrap(), UnixMillis(1_700_000_000_000));
    let renderer = Renderer::new(Profile::default(), Shims::default(), version).unwrap();
    let outbound = OutboundEvent::new("ActivityCreated", version, &largest).id("e-1");
    let sent = renderer.render(&outbound, VersionPolicy::Latest, &keys, now).unwrap();
    let receiver = Receiver::new(keys);
    assert_eq!(receiver.receive(&sent.headers, &sent.body, now).unwrap().event.json(), largest);
}

#[test]
fn an_event_newer_than_the_server_is_not_made_older_unless_it_is_pinned() {
    let shims = Shims::from_json(include_str!("../../../examples/registry/payload-9.0.0.json")).unwrap();
    let keys = KeyRing::single(SECRET).unwrap();
    let renderer = Renderer::new(Profile::default(), shims, Version::new(0, 0, 0)).unwrap();
    let (data, version) = (r#"{"newExampleField":1}"#, Version::new(9, 0, 0));
    let outbound = OutboundEvent::new("PointWalletUpdated", version, data);
    let body = |policy| {
        let sent = renderer.render(&outbound, policy, &keys, UnixMillis(0)).unwrap();
        (sent.version, String::from_utf8(sent.body).unwrap())
    };
    let sent =
        |version, data| (version, format!(r#"{{"event":"PointWalletUpdated","version":"{version}","data":{data}}}"#));
    assert_eq!(body(VersionPolicy::Latest), sent(version, data));
    let old = Version::new(8, 0, 3);
    assert_eq!(body(VersionPolicy::Pinned(old)), sent(old, r#"{"exampleField":1}"#));
    // A pin that the server does not reach yet claims no more than the server knows.
    assert_eq!(body(VersionPolicy::Pinned(Version::new(99, 0, 0))), sent(version, data));
}
