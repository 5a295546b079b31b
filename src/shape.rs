//! What payloads look like, without their values, and how a payload differs from those before it.
//!
//! A [`Shape`] lists the members and types of one payload, or of several merged. It holds no value, and no name of a
//! member that looks like an id, so it holds no personal data.
//!
//! ```
//! use mambo_webhooks::shape::Shape;
//!
//! let known = Shape::of(r#"{"points":1}"#).unwrap();
//! let drifts = known.drifts(&Shape::of(r#"{"points":"1"}"#).unwrap());
//! assert_eq!(drifts[0].to_string(), "/points is text, expected integer");
//! ```

pub(crate) mod kinds;

mod name;

pub(crate) mod tree;

mod observe;

mod document;

mod drift;

pub use crate::json::Problem;
pub use drift::{Drift, DriftKind};
pub use tree::Shape;
