//! A header that is read can be printed and read again, and means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::internal::SignatureHeader;
use mambo_webhooks::profile::Scheme;

fuzz_target!(|value: &[u8]| {
    let scheme = Scheme::default();
    if let Ok(header) = SignatureHeader::parse(&scheme, value) {
        let printed = SignatureHeader::print(
            &scheme,
            header.timestamp.as_ref().map_or("", |timestamp| timestamp.text),
            &header.signatures,
        );
        assert_eq!(SignatureHeader::parse(&scheme, printed.as_bytes()).unwrap(), header);
    }
});
