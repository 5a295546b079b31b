//! Does the time of a refusal tell where a signature differs, or which key is near? Two classes of input, in random
//! order, compared by Welch's t as dudect does: |t| under 4.5 is no evidence of a leak.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark measures time, and fails by panicking"
)]

use std::hint::black_box;
use std::time::Instant;

use mambo_webhooks::internal::hex;
use mambo_webhooks::internal::{HmacKey, Tag, constant_time_eq};
use mambo_webhooks::key::Encoding;
use mambo_webhooks::key::SecretPolicy;
use mambo_webhooks::{Key, KeyRing, Receiver, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const BODY: &[u8] = br#"{"event":"Ping","data":{"message":"ping"}}"#;

fn main() {
    let count: usize = std::env::var("MAMBO_SAMPLES").map_or(400_000, |text| text.parse().unwrap());
    let tag: Tag = HmacKey::new(b"the first secret of two").tag(&[b"1700000000", b".", BODY]);
    let changed = |at: usize| {
        let mut other = tag;
        other[at] ^= 1;
        other
    };
    let (early, late) = (changed(0), changed(31));
    let compare = |class: bool| {
        let other = if class { &early } else { &late };
        for _ in 0..64 {
            black_box(constant_time_eq(black_box(&tag), black_box(other)));
        }
    };
    report("compare: first byte differs / last byte differs", &compare, count);

    let key = |id: &str, secret: &str| Key::new(id, secret, Encoding::Utf8, SecretPolicy::Strong).unwrap();
    let keys = KeyRing::new(vec![key("a", "the first secret of two"), key("b", "the second secret of two")]).unwrap();
    let receiver = Receiver::new(keys);
    let other = HmacKey::new(b"the second secret of two").tag(&[b"1700000000", b".", BODY]);
    let header = |near: &Tag| {
        let mut near = *near;
        near[31] ^= 1;
        format!("t=1700000000,v1={}", hex(&near))
    };
    let headers = [[("x-mambo-signature", header(&tag))], [("x-mambo-signature", header(&other))]];
    let select = |class: bool| {
        black_box(receiver.verify(&headers[usize::from(class)], BODY, NOW).is_err());
    };
    report("refusal: nearly fits the first key / nearly fits the second", &select, count);
}

/// Prints Welch's t of the two classes, the slowest tenth of all samples left out.
fn report(what: &str, act: &dyn Fn(bool), count: usize) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut samples: Vec<(bool, f64)> = Vec::with_capacity(count);
    for _ in 0..count {
        let class = random.bool();
        let start = Instant::now();
        act(class);
        samples.push((class, start.elapsed().as_secs_f64() * 1e9));
    }
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let limit = times[count * 9 / 10];
    let statistics = |wanted: bool| {
        let kept: Vec<f64> =
            samples.iter().filter(|(class, time)| *class == wanted && *time <= limit).map(|(_, time)| *time).collect();
        let mean = kept.iter().sum::<f64>() / kept.len() as f64;
        let variance = kept.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (kept.len() - 1) as f64;
        (mean, variance / kept.len() as f64)
    };
    let ((left, left_error), (right, right_error)) = (statistics(true), statistics(false));
    let t = (left - right) / (left_error + right_error).sqrt();
    println!("{what}: {left:.1} ns / {right:.1} ns, t = {t:.2} over {count} samples");
}
