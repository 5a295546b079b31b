//! Verifying one delivery, side by side with other crates and with the bare hash. Prints JSON: a list of
//! `{task, bytes, times}`, where `times` has nanoseconds per call for each round of each contestant.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use mambo_webhooks::{KeyRing, Receiver, UnixMillis};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SECRET: &str = "a secret of more than sixteen bytes";
const SIZES: [usize; 5] = [200, 2_000, 20_000, 200_000, 1_000_000];

/// A contestant: a name and what it does once.
type Contestant<'a> = (&'static str, Box<dyn Fn() + 'a>);

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let count = if quick { 11 } else { 41 };
    let results: Vec<Value> = SIZES.iter().take(if quick { 3 } else { 5 }).map(|bytes| verify(*bytes, count)).collect();
    println!("{}", Value::from(results));
}

fn verify(bytes: usize, count: usize) -> Value {
    let body = body(bytes);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let tag = |text: &[&[u8]]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
        text.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let seconds = now.to_string();
    let signature = tag(&[seconds.as_bytes(), b".", &body]);
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let value = format!("t={seconds},v1={hex}");

    let receiver = Receiver::new(KeyRing::single(SECRET).expect("long enough"));
    let headers = [("x-mambo-signature", value.as_bytes())];
    let millis = UnixMillis(i64::try_from(now).expect("this century") * 1000);

    let standard = standardwebhooks::Webhook::from_bytes(SECRET.into()).expect("a key");
    let svix = svix::webhooks::Webhook::from_bytes(SECRET.into()).expect("a key");
    let at = i64::try_from(now).expect("this century");
    let standard_headers = named("webhook", &standard.sign("msg_1", at, &body).expect("signed"), &seconds);
    let svix_headers = named("svix", &svix.sign("msg_1", at, &body).expect("signed"), &seconds);

    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    let contestants: Vec<Contestant<'_>> = vec![
        ("ours", Box::new(|| drop(black_box(receiver.verify(&headers, black_box(&body), millis).expect("genuine"))))),
        ("standardwebhooks", Box::new(|| standard.verify(black_box(&body), &standard_headers).expect("genuine"))),
        ("svix", Box::new(|| svix.verify(black_box(&body), &svix_headers).expect("genuine"))),
        ("hmac alone", Box::new(|| {
            let mut mac = mac.clone();
            mac.update(seconds.as_bytes());
            mac.update(b".");
            mac.update(black_box(&body));
            mac.verify_slice(&signature).expect("genuine");
        })),
        ("ring alone", Box::new(|| {
            let mut context = ring::hmac::Context::with_key(&ring_key);
            context.update(seconds.as_bytes());
            context.update(b".");
            context.update(black_box(&body));
            black_box(context.sign());
        })),
        ("sha2 alone", Box::new(|| drop(black_box(Sha256::digest(black_box(&body)))))),
    ];
    json!({"task": "verify", "bytes": bytes, "times": rounds(&contestants, count)})
}

fn named(prefix: &str, signature: &str, seconds: &str) -> HeaderMap {
    let values = [("id", "msg_1"), ("signature", signature), ("timestamp", seconds)];
    let name = |name: &str| format!("{prefix}-{name}").parse::<http::HeaderName>().expect("a name");
    values.iter().map(|(each, value)| (name(each), value.parse().expect("a value"))).collect()
}

/// Text that no hash is faster for: its content does not matter, its length does.
fn body(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..bytes).map(|_| random.alphanumeric() as u8).collect()
}

/// Each contestant's time in each round; they take turns, so that what the machine does meanwhile hits all alike.
fn rounds(contestants: &[Contestant<'_>], count: usize) -> BTreeMap<&'static str, Vec<f64>> {
    let time = |act: &dyn Fn(), calls: u32| {
        let start = Instant::now();
        (0..calls).for_each(|_| act());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    };
    let calls: Vec<u32> = contestants
        .iter()
        .map(|(_, act)| {
            time(act, 20);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few milliseconds of calls")]
            let calls = (4e6 / time(act, 20)) as u32;
            calls.max(1)
        })
        .collect();
    let mut times: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for _ in 0..count {
        for ((name, act), calls) in contestants.iter().zip(&calls) {
            times.entry(name).or_default().push(time(act, *calls));
        }
    }
    times
}
