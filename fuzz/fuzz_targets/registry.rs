//! The loader: any text is read or refused with problems, never both and never neither.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mambo_webhooks::shim::changelog;
use mambo_webhooks::{Error, Shims};

fuzz_target!(|text: &str| match Shims::from_json(text) {
    Ok(shims) => assert!(changelog(shims.registry()).starts_with("# Payload changes\n")),
    Err(Error::RegistryInvalid { count, first }) => assert!(count.0 > 0 && !first.is_empty()),
    Err(error) => panic!("{error}"),
});
