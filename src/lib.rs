//! Receive and send [Mambo.io](https://mambo.io) webhooks: signatures validated, replays refused, payloads brought to
//! the version that your code wants.
//!
//! The core does no I/O: you bring headers, bytes, keys and the time. There is no clock, no randomness, no network, no
//! file and no global state in it; it is `no_std`, forbids `unsafe`, and no input makes it panic. What is known of
//! Mambo's wire format and what is assumed of it is said in [`profile`]; a [`Profile`] changes what is assumed.
//!
//! # Receive
//!
//! ```
//! use mambo_webhooks::{Event, KeyRing, Receiver, UnixMillis};
//!
//! # fn main() -> Result<(), mambo_webhooks::Error> {
//! let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?);
//! # let keys = KeyRing::single("a secret of at least 16 bytes")?;
//! # let body = br#"{"event":"ActivityCreated","data":{"uuid":"user-1"}}"#;
//! # let now = UnixMillis(1_700_000_000_000);
//! # let signature = mambo_webhooks::sign(&Default::default(), &keys, body, now)?;
//! # let headers = [("x-mambo-signature", signature)];
//! // `headers`: pairs of names and values, or an `http::HeaderMap` with feature `http`.
//! match receiver.receive(&headers, body, now) {
//!     Ok(received) => match &received.event {
//!         Event::ActivityCreated(data) => println!("{:?}", data.parse().map(|activity| activity.uuid)),
//!         other => println!("{:?} {}", other.event_type(), other.json()),
//!     },
//!     // The status to answer, and a sentence that holds neither secret nor body.
//!     Err(error) => println!("{} {}: {error}", error.http_status(), error.code()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`replay::process`] handles each delivery once, with a store of yours or in memory. [`Receiver::diagnose`] explains
//! a refusal.
//!
//! # Upgrade
//!
//! A registry document says once what changed between versions; data then comes in the shape that the code wants.
//!
//! ```
//! use mambo_webhooks::{KeyRing, Receiver, Version, Shims, UnixMillis, Verified, TargetVersion};
//!
//! # fn main() -> Result<(), mambo_webhooks::Error> {
//! let shims = Shims::from_json(
//!     r#"{"format":1,"versions":["9.0.0"],"changes":[{"id":"uuid","since":"9.0.0","on":{"model":"Activity"},
//!         "summary":"uuid is called userId.","lossy":"none","ops":[{"op":"rename","at":"/uuid","to":"userId"}]}]}"#,
//! )?;
//! let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?)
//!     .shims(shims)
//!     .pinned(Version::new(8, 10, 2))
//!     .target_version(TargetVersion::Latest);
//! # let body = br#"{"event":"ActivityCreated","data":{"uuid":"user-1"}}"#;
//! # let verified = Verified::assume_verified(body, UnixMillis(0));
//! # let received = receiver.open(verified, &[("none", "")])?;
//! assert_eq!(received.event.json(), r#"{"userId":"user-1"}"#);
//! # Ok(())
//! # }
//! ```
//!
//! # Send
//!
//! [`Renderer`] makes one signed request of an event. Feature `sqlite` adds a sender with a store in a file, `postgres`
//! one for several machines: `send::Sender` keeps events, signs, posts and retries them until each endpoint took them.
//! `cli` is the command line.
//!
//! # Examples
//!
//! [axum, receiving](https://docs.rs/crate/mambo-webhooks/latest/source/examples/axum_receiver.rs),
//! [axum, sending](https://docs.rs/crate/mambo-webhooks/latest/source/examples/axum_sender.rs) and
//! [a sender without a server](https://docs.rs/crate/mambo-webhooks/latest/source/examples/dispatch.rs). The pages on
//! the [protocol](https://docs.rs/crate/mambo-webhooks/latest/source/docs/PROTOCOL.md),
//! [versions](https://docs.rs/crate/mambo-webhooks/latest/source/docs/VERSIONS.md),
//! [security](https://docs.rs/crate/mambo-webhooks/latest/source/docs/SECURITY.md), the
//! [sender](https://docs.rs/crate/mambo-webhooks/latest/source/docs/SENDER.md) and [all
//! codes](https://docs.rs/crate/mambo-webhooks/latest/source/docs/CODES.md) come with the crate.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

/// The programs of the README, run as tests. The sender in it needs feature `sqlite`.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;

// WORDS: names and numbers, no behaviour. A file uses only what stands above it in this list.
mod limits;

mod time;

mod version;

mod redact;

pub mod error;

pub mod event;

// BYTES: exact text and tags.
mod json;

mod crypto;

// GRAMMAR: what a delivery looks like, read and written in the same file.
mod headers;

mod wire;

// WORK: one verb each.
mod sign;

mod verify;

pub mod shape;

pub mod shim;

pub mod replay;

pub mod diagnose;

// FLOWS: receiving and rendering, which mirror each other.
mod receive;

mod render;

#[cfg(feature = "commands")]
mod commands;

// EDGES: the only files that know a host.
#[cfg(feature = "send")]
pub mod send;

/// Secrets and keys: what a [`KeyRing`] is made of.
pub mod key {
    pub use crate::crypto::encoding::Encoding;
    pub use crate::crypto::key::{Key, KeyRing, Secret, SecretPolicy};
}

/// What a [`Profile`] says about the wire: everything that Mambo's public docs leave open.
pub mod profile {
    pub use crate::json::Pointer;
    pub use crate::wire::envelope::EnvelopePaths;
    pub use crate::wire::grammar::{Grammar, SequenceOrder, SignatureEncoding};
    pub use crate::wire::profile::Profile;
    pub use crate::wire::scheme::Scheme;
    pub use crate::wire::signed_text::SignedText;
    pub use crate::wire::timestamp::{TimestampSource, TimestampUnit};
}

/// What the WebAssembly module, the command line, tests and benchmarks share with the core. It is not part of the API:
/// any release may change it.
#[doc(hidden)]
pub mod internal {
    pub use crate::crypto::encoding::hex;
    pub use crate::crypto::hmac::{HmacKey, Tag, constant_time_eq};
    pub use crate::receive::event_key;
    pub use crate::verify::{CoreHmac, HmacProvider, Proof};
    pub use crate::wire::envelope::Envelope;
    pub use crate::wire::header::SignatureHeader;

    #[cfg(feature = "commands")]
    pub mod commands {
        pub use crate::commands::{Answer, Capture, Command, Infer, Received, Samples, receive, run};
    }

    pub mod json {
        pub use crate::json::format::{Style, reformat};
        pub use crate::json::{Doc, Node, Object, Problem, Problems, quoted, unquoted, valid};
    }

    pub mod limits {
        pub use crate::limits::*;
    }
}

pub use error::{Code, Error, Fault};
pub use event::Event;
pub use headers::Headers;
pub use key::{Key, KeyRing};
pub use profile::Profile;
pub use receive::{Received, Receiver, TargetVersion};
pub use render::{OutboundEvent, Renderer, SignedRequest, VersionPolicy};
pub use shim::{Registry, Shims};
pub use sign::{SignatureHeaders, sign, sign_headers};
pub use time::{Tolerance, UnixMillis};
pub use verify::{Verified, Verifier};
pub use version::Version;
