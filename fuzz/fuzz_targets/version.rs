//! Any version in a body or a header: what cannot be read is unknown, and changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::internal::json::quoted;
use mambo_webhooks::{KeyRing, Profile, Receiver, Shims, TargetVersion, UnixMillis, Verified, Version};

const REGISTRY: &str = r#"{"format":1,"versions":["8.0.0","9.0.0"],"changes":[{"id":"c","since":"9.0.0",
    "on":{"event":"Ping"},"summary":"s","lossy":"none","ops":[{"op":"wrap","at":"/points","key":"value"}]}]}"#;
const DATA: &str = r#"{"points":{"value":5}}"#;

fuzz_target!(|input: (bool, &str)| {
    let (in_header, version) = input;
    let profile = Profile::from_json(r#"{"envelope":{"versionHeader":"x-version"}}"#).unwrap();
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap()).profile(profile).unwrap();
    let receiver = receiver
        .shims(Shims::from_json(REGISTRY).unwrap())
        .pinned(Version::new(8, 0, 0))
        .target_version(TargetVersion::Latest);
    let (member, header) =
        if in_header { (String::new(), version) } else { (format!(",\"version\":{}", quoted(version)), "") };
    let body = format!("{{\"event\":\"Ping\"{member},\"data\":{DATA}}}");
    let headers: &[(&str, &str)] = if in_header { &[("x-version", header)] } else { &[] };
    let received = receiver.open(Verified::assume_verified(body.as_bytes(), UnixMillis(0)), &headers).unwrap();
    let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    let known = parts.filter(|parts| parts.len() == 3 && format!("{}.{}.{}", parts[0], parts[1], parts[2]) == version);
    match known {
        Some(parts) => assert_eq!(received.received_version, Some(Version::new(parts[0], parts[1], parts[2]))),
        None => assert_eq!(
            (received.received_version, received.delivered_version, received.event.json()),
            (None, None, DATA)
        ),
    }
});
