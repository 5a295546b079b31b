//! What `Debug` shows of everything that holds a body, a payload, a signature or a secret: nothing of it.
use mambo_webhooks::internal::Envelope;
use mambo_webhooks::internal::SignatureHeader;
use mambo_webhooks::internal::json::{Doc, Node, Problems};
use mambo_webhooks::profile::EnvelopePaths;
use mambo_webhooks::shim::{Strictness, apply};
use mambo_webhooks::{KeyRing, Profile, Receiver, Renderer, Shims, UnixMillis, Verified, Version};
use mambo_webhooks::{OutboundEvent, VersionPolicy};

const SECRET: &str = "correct horse battery staple";
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const DATA: &str = r#"{"email":"jane@example.com"}"#;

#[test]
fn debug_shows_lengths_and_names() {
    let (server, keys) = (Version::new(9, 0, 0), KeyRing::single(SECRET).unwrap());
    let renderer = Renderer::new(Profile::default(), Shims::default(), server).unwrap();
    let time = r#"{"user":"jane"}"#;
    let outbound = OutboundEvent::new("Ping", server, DATA).id("e-1").time(time);
    let outgoing = renderer.render(&outbound, VersionPolicy::Latest, &keys, NOW).unwrap();
    let (_, value) = outgoing.headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
    let receiver = Receiver::new(keys.clone());
    let verified = receiver.verify(&outgoing.headers, &outgoing.body, NOW).unwrap();
    let received = receiver.receive(&outgoing.headers, &outgoing.body, NOW).unwrap();
    let mut node = Node::new(DATA);
    let closed = format!("{node:?}");
    node.open_object();
    let shims = Shims::default();
    let shimmed = apply(shims.plan("Ping", server, server), DATA, Strictness::Lenient).unwrap();
    let shown = [
        format!("{outbound:?}"),
        format!("{outgoing:?}"),
        format!("{verified:?}"),
        format!("{received:?}"),
        format!("{:?}", Verified::assume_verified(DATA.as_bytes(), NOW)),
        format!("{:?}", SignatureHeader::parse(&Profile::default().scheme, value.as_bytes()).unwrap()),
        format!("{:?}", Envelope::parse(&EnvelopePaths::default(), &outgoing.body).unwrap()),
        format!("{:?}", Doc::parse(DATA, &mut Problems::default()).unwrap()),
        format!("{closed} {node:?} {shimmed:?} {keys:?} {receiver:?}"),
    ];
    let signature = value.rsplit('=').next().unwrap();
    let numbers = "101, 109, 97, 105, 108";
    for text in &shown {
        for hidden in ["jane", "email", numbers, signature, SECRET] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    let expected = r#"OutboundEvent { event_type: "Ping", id: Some("e-1"), version: Version { major: 9, minor: 0, patch: 0 }, data: 28 bytes, .. }"#;
    assert_eq!(shown.first().map(String::as_str), Some(expected));
}
