//! Every test of the crate from outside of it. `cargo test --test rust NAME` runs those of one file.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::semicolon_if_nothing_returned,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and says how long it waited"
)]

// The shared vectors run under WebAssembly too; nothing else does.
mod vectors;

#[cfg(not(target_family = "wasm"))]
mod bounds;
#[cfg(not(target_family = "wasm"))]
mod claims;
#[cfg(all(not(target_family = "wasm"), feature = "cli"))]
mod cli;
#[cfg(all(not(target_family = "wasm"), feature = "commands"))]
mod commands;
#[cfg(not(target_family = "wasm"))]
mod compare;
#[cfg(not(target_family = "wasm"))]
mod detect;
#[cfg(not(target_family = "wasm"))]
mod diagnose;
#[cfg(not(target_family = "wasm"))]
mod diff;
#[cfg(not(target_family = "wasm"))]
mod drift;
#[cfg(not(target_family = "wasm"))]
mod encoding;
#[cfg(not(target_family = "wasm"))]
mod event;
#[cfg(not(target_family = "wasm"))]
mod flips;
#[cfg(not(target_family = "wasm"))]
mod json_scan;
#[cfg(not(target_family = "wasm"))]
mod layering;
#[cfg(not(target_family = "wasm"))]
mod messages;
#[cfg(not(target_family = "wasm"))]
mod providers;
#[cfg(not(target_family = "wasm"))]
mod redaction;
#[cfg(not(target_family = "wasm"))]
mod registry_check;
#[cfg(not(target_family = "wasm"))]
mod replay;
#[cfg(all(not(target_family = "wasm"), feature = "send"))]
mod send;
#[cfg(not(target_family = "wasm"))]
mod shape;
#[cfg(not(target_family = "wasm"))]
mod shim;
#[cfg(not(target_family = "wasm"))]
mod signed_text;
#[cfg(not(target_family = "wasm"))]
mod types;
#[cfg(not(target_family = "wasm"))]
mod words;
#[cfg(not(target_family = "wasm"))]
mod wycheproof;
