//! Types of payloads, for each version, from samples and a registry: TypeScript, Rust and JSON Schema.
//!
//! samples → shapes of each version ([`collect`]) → types of no language ([`model`]) → text of one.

mod text;

mod known;

mod model;

mod name;

mod collect;

mod typescript;

mod rust;

mod json_schema;

pub use collect::{PayloadTypes, Sample};
