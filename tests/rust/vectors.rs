//! The shared vectors, through the public API: natively, and under WebAssembly in Node.

use mambo_webhooks::internal::HmacKey;
use mambo_webhooks::{Error, Receiver, UnixMillis};
use serde_json::{Value, json};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RECEIVE: &str = include_str!("../vectors/receive.json");
const HMAC: &str = include_str!("../vectors/hmac_sha256.json");

#[test]
fn deliveries_come_to_what_the_vectors_say() {
    let document: Value = serde_json::from_str(RECEIVE).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() >= 98, "vectors are missing: {}", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let found = outcome(case);
            (found != case["expect"]).then(|| format!("{}: {found}, expected {}", case["name"], case["expect"]))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn outcome(case: &Value) -> Value {
    let headers: Vec<(String, String)> = serde_json::from_value(case["headers"].clone()).unwrap();
    let body = case["body"].as_str().map_or_else(|| unhex(&case["bodyHex"]), |text| text.as_bytes().to_vec());
    let now = UnixMillis(case["now"].as_i64().unwrap());
    let receiver = match Receiver::from_json(&case["settings"].to_string()) {
        Ok(receiver) => receiver,
        Err(error) => return refusal(&error),
    };
    match receiver.receive(&headers, &body, now) {
        Ok(found) => json!({
            "type": found.event.event_type(),
            "id": found.id,
            "data": found.event.json(),
            "keyId": found.verified().key_id(),
            "receivedVersion": found.received_version.map(|version| version.to_string()),
            "deliveredVersion": found.delivered_version.map(|version| version.to_string()),
            "applied": found.applied,
            "timestamp": found.verified().timestamp().0,
        }),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &Error) -> Value {
    json!({ "code": error.code().as_str(), "fault": error.code().fault().as_str(), "message": error.to_string() })
}

#[test]
fn hmac_agrees_with_rfc_4231() {
    let document: Value = serde_json::from_str(HMAC).unwrap();
    for case in document["cases"].as_array().unwrap() {
        let tag = HmacKey::new(&unhex(&case["key"])).tag(&[&unhex(&case["data"])]);
        let expected = unhex(&case["tag"]);
        assert_eq!(tag[..expected.len()], expected, "case {}", case["name"]);
    }
}

fn unhex(digits: &Value) -> Vec<u8> {
    let digits = digits.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
