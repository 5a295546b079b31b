//! A rename in a body, against parsing it into a generic JSON value, editing, and printing: both in one run, in turns.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    reason = "a benchmark measures time, and fails by panicking"
)]

use std::hint::black_box;
use std::time::Instant;

use mambo_webhooks::shim::{Strictness, apply};
use mambo_webhooks::{Shims, Version};
use serde_json::Value;

const ROUNDS: usize = 41;
const EXAMPLE: &str = include_str!("../examples/registry/payload-9.0.0.json");

/// A wallet of about so many bytes, with the member to rename in the middle.
fn body(bytes: usize) -> String {
    let filler = |name: &str| {
        let entry = r#"{"id":"5f2b1c","amount":12345.67,"reason":"completed a mission","tags":["a","b"]}"#;
        let count = bytes.div_ceil(2).div_ceil(entry.len());
        format!("\"{name}\":[{}]", vec![entry; count].join(","))
    };
    format!("{{{},\"exampleField\":\"value\",{}}}", filler("before"), filler("after"))
}

/// The median of nanoseconds a call takes, for each of two, measured in turns.
fn medians(first: &dyn Fn(), second: &dyn Fn(), calls: u32) -> (f64, f64) {
    let time = |act: &dyn Fn()| {
        let start = Instant::now();
        for _ in 0..calls {
            act();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    };
    let (mut left, mut right): (Vec<f64>, Vec<f64>) = (0..ROUNDS).map(|_| (time(first), time(second))).unzip();
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(ROUNDS / 2).copied().unwrap_or_default()
    };
    (median(&mut left), median(&mut right))
}

fn main() {
    let shims = Shims::from_json(EXAMPLE).unwrap();
    let (old, new) = (Version::new(8, 0, 3), Version::new(9, 0, 0));
    let plan = shims.plan("PointWalletUpdated", old, new);
    println!("{:<10}{:>14}{:>18}{:>10}", "body", "shim", "serde_json::Value", "ratio");
    for size in [200, 2_000, 8_000, 20_000, 200_000] {
        let body = body(size);
        let ours = || {
            black_box(apply(plan, black_box(&body), Strictness::Lenient).unwrap());
        };
        let theirs = || {
            let mut value: Value = serde_json::from_str(black_box(&body)).unwrap();
            let object = value.as_object_mut().unwrap();
            let field = object.remove("exampleField").unwrap();
            object.insert("newExampleField".into(), field);
            black_box(value.to_string());
        };
        let calls = u32::try_from(4_000_000 / body.len()).unwrap().max(4);
        let (shim, value) = medians(&ours, &theirs, calls);
        println!("{:<10}{:>11.2} µs{:>15.2} µs{:>10.3}", body.len(), shim / 1000.0, value / 1000.0, shim / value);
    }
    let identity = shims.plan("PointWalletUpdated", new, new);
    for size in [200, 200_000] {
        let body = body(size);
        let call = || {
            black_box(apply(identity, black_box(&body), Strictness::Lenient).unwrap());
        };
        let (once, again) = medians(&call, &call, 100_000);
        println!("identity plan, {} bytes: {once:.1} ns and {again:.1} ns", body.len());
    }
}
