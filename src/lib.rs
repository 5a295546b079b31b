//! Receive and send Mambo.io webhooks.
//!
//! The core does no I/O: you bring headers, bytes, keys and the time; it validates signatures, refuses what is
//! stale, and brings payloads into the version you want. There is no clock, no randomness, no network, no file and
//! no global state in it, and no input makes it panic.
//!
//! What is known of Mambo's wire format and what is assumed is said in [`scheme`] and [`envelope`].

//!
// Its sender needs the feature that it is about.
#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// WORDS: names and numbers, no behaviour. A file uses only what stands above it in this list.
pub mod limits;

pub mod time;

pub mod release;

mod redact;

#[macro_use]
mod error_table;

pub mod error;

pub mod event;

// BYTES: exact text and tags.
pub mod encoding;

pub mod mac;

pub mod json;

// GRAMMAR: what a thing looks like on the wire, read and written in the same file.
pub mod key;

pub mod scheme;

pub mod header;

pub mod envelope;

pub mod profile;

// WORK: one verb each.
pub mod sign;

pub mod verify;

pub mod shim;

pub mod replay;

pub mod probe;

pub mod diagnose;

pub mod detect;

// FLOWS: the two directions, mirror images.
pub mod received;

pub mod receive;

pub mod render;

mod settings;

// EDGES: the only files that know a host.
#[cfg(feature = "send")]
pub mod send;

pub use error::{Code, Error, Fault};
pub use event::Event;
pub use key::{Key, KeyRing};
pub use profile::Profile;
pub use receive::{Receiver, Wanted};
pub use received::Received;
pub use release::Release;
pub use render::{Outbound, Outgoing, Policy, Renderer};
pub use shim::{Registry, Shims};
pub use time::{UnixMillis, Window};
pub use verify::{Headers, Verified, verify};
