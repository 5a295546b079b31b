//! Any body, with and without an event type that the caller names: the data is the whole body or a value in it, and
//! nothing is lost.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::{Code, KeyRing, Receiver, UnixMillis, Verified};
use serde_json::value::RawValue;

fuzz_target!(|input: (bool, &[u8])| {
    let (is_named, body) = input;
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    let receiver = if is_named { receiver.event_type("ActivityCreated") } else { receiver };
    let text = std::str::from_utf8(body).map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    let received = match receiver.open(Verified::assume_verified(body, UnixMillis(0)), &[("none", "")]) {
        Ok(received) => received,
        Err(error) => {
            assert!(matches!(error.code(), Code::BodyNotUtf8 | Code::BodyNotJson), "{error}");
            let is_json = text.is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok());
            return assert!(!is_json, "refused: {text:?}");
        }
    };
    let (whole, data) = (text.unwrap().trim_ascii(), received.event.json());
    // serde has no text for a name with a lone surrogate.
    let members = serde_json::from_str::<BTreeMap<String, &RawValue>>(whole);
    if data != whole {
        let has_none = members.is_ok_and(|all| !all.contains_key("data") && !all.contains_key("payload"));
        assert!(whole.contains(data) && !has_none, "{whole}");
    }
    if is_named {
        assert!(
            received.event.event_type() == Some("ActivityCreated") || whole == r#"{"message":"ping"}"# || data == whole,
            "{whole}"
        );
    }
});
