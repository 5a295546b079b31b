//! Any body under any valid registry: the engine and the reference interpreter agree, and JSON stays JSON.
#![no_main]

#[allow(dead_code, reason = "the laws use more of it")]
#[path = "../../tests/rust/shim/generate.rs"]
mod generate;
#[path = "../../tests/rust/shim/reference.rs"]
mod reference;
#[path = "../../tests/rust/shim/reference_convert.rs"]
mod reference_convert;
#[path = "../../tests/rust/shim/reference_ops.rs"]
mod reference_ops;

use generate::Case;
use libfuzzer_sys::fuzz_target;
use mambo_webhooks::Shims;
use mambo_webhooks::shim::{Strictness, apply};
use serde_json::Value;

fuzz_target!(|input: (u64, &str)| {
    let (seed, text) = input;
    let case = Case::new(seed);
    let Ok(shims) = Shims::from_json(&case.registry) else {
        return;
    };
    let body = if serde_json::from_str::<Value>(text).is_ok() { text } else { &case.body };
    for (from, to) in [(case.low, case.high), (case.high, case.low)] {
        let plan = shims.plan("Thing", from, to);
        let found = apply(plan, body, Strictness::Lenient).unwrap();
        let value: Value = serde_json::from_str(&found.data).unwrap();
        let input: Value = serde_json::from_str(body).unwrap();
        if is_exact(&input) {
            let (from, to) = (from.to_string(), to.to_string());
            let (expected, losses) = reference::interpret(&case.registry, "Thing", &from, &to, &input);
            assert_eq!(value, expected, "{} {body}", case.registry);
            assert!(case.repeats || body == text || losses.len() == found.losses.len(), "{} {body}", case.registry);
        }
    }
});

/// A generic value holds no big or fractional number as it stands, so bodies with one are not compared.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64(),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(map) => map.values().all(is_exact),
        _ => true,
    }
}
