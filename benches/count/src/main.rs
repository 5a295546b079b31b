//! `count TASK TIMES`: does one thing so often. The difference between two counts of instructions, by the difference
//! between two numbers of times, is what one costs: no clock, so a busy machine gives the same.

use std::hint::black_box;

use mambo_webhooks::internal::SignatureHeader;
use mambo_webhooks::profile::Scheme;
use mambo_webhooks::shim::Shims;
use mambo_webhooks::{KeyRing, Receiver, Version, UnixMillis, TargetVersion};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const REGISTRY: &str = r#"{"format":1,"versions":["8.0.3","8.10.2"],
    "events":{"ActivityCreated":{"model":"Activity"}},"models":{"Activity":{}},
    "changes":[{"id":"verb-to-action","since":"8.10.2","on":{"model":"Activity"},"summary":"verb is called action",
    "lossy":"none","ops":[{"op":"rename","at":"/attrs/verb","to":"action"}]}]}"#;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, task, times] = &arguments[..] else {
        panic!("count TASK TIMES");
    };
    let times: usize = times.parse().expect("a number of times");
    let keys = KeyRing::single("a secret of more than sixteen bytes").expect("long enough");
    let receiver = Receiver::new(keys.clone());
    let upgrading = receiver.clone().shims(Shims::from_json(REGISTRY).expect("valid")).target_version(TargetVersion::Exactly(Version::new(8, 10, 2)));
    let (size, act): (usize, &dyn Fn(&[(&str, &str)], &[u8])) = match task.as_str() {
        "verify200" => (200, &|headers, body| drop(black_box(receiver.verify(&headers, body, NOW).expect("genuine")))),
        "verify20000" => (20_000, &|headers, body| drop(black_box(receiver.verify(&headers, body, NOW).expect("genuine")))),
        "upgrade2000" => (2_000, &|headers, body| drop(black_box(upgrading.receive(&headers, body, NOW).expect("genuine")))),
        _ => panic!("which task?"),
    };
    let body = body(size);
    let scheme = Scheme::default();
    let signature = mambo_webhooks::sign(&scheme, &keys, &body, NOW).expect("signed");
    assert!(SignatureHeader::parse(&scheme, signature.as_bytes()).is_ok());
    let headers = [("host", "example.com"), ("x-mambo-signature", signature.as_str())];
    for _ in 0..times {
        act(black_box(&headers), black_box(&body));
    }
}

/// An activity with a note that fills it up.
fn body(bytes: usize) -> Vec<u8> {
    let event = |note: &str| {
        format!(
            r#"{{"event":"ActivityCreated","id":"e1","version":"8.0.3","data":{{"attrs":{{"verb":"read"}},"note":"{note}"}}}}"#
        )
    };
    event(&"x".repeat(bytes - event("").len())).into_bytes()
}
