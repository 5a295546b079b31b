//! The module of the npm package. Everything it exports is in the core's `src/wasm.rs`.

extern crate mambo_webhooks as _;
