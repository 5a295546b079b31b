//! Any header with any body: nothing unsigned is accepted, and nothing signed is refused for its signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::profile::Scheme;
use mambo_webhooks::sign;
use mambo_webhooks::{Code, KeyRing, Receiver, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fuzz_target!(|input: (&[u8], &[u8])| {
    let (value, body) = input;
    let keys = KeyRing::single("a secret of at least 16 bytes").unwrap();
    let receiver = Receiver::new(keys.clone());
    assert!(receiver.receive(&[("x-mambo-signature", value)], body, NOW).is_err(), "a forgery was accepted");
    let signature = sign(&Scheme::default(), &keys, body, NOW).unwrap();
    if let Err(error) = receiver.receive(&[("x-mambo-signature", signature)], body, NOW) {
        assert!(matches!(error.code(), Code::BodyNotJson | Code::BodyNotUtf8 | Code::BodyTooLarge), "{error}");
    }
});
