//! Diagnosis and detection of anything: bounded, and diagnosis says what receive says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::diagnose::{detect, field_hints};
use mambo_webhooks::{KeyRing, Receiver, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const SECRET: &str = "a secret of at least 16 bytes";

fuzz_target!(|input: (&[u8], &[u8], bool)| {
    let (value, body, elsewhere) = input;
    let receiver = Receiver::new(KeyRing::single(SECRET).unwrap());
    let headers = [(if elsewhere { "x-other" } else { "x-mambo-signature" }, value)];
    let diagnosis = receiver.diagnose(&headers, body, NOW);
    assert_eq!(diagnosis.error, receiver.verify(&headers, body, NOW).err());
    assert!(diagnosis.hashes <= 400, "{} hashes", diagnosis.hashes);
    assert!(!format!("{diagnosis}").contains(SECRET));
    assert_eq!(
        detect(&headers, body, &[SECRET], NOW).unwrap_or_default().profiles,
        [],
        "a forgery was taken for a delivery"
    );
    let _seen = field_hints(body);
});
