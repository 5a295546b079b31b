//! What payloads look like, without their values, and how a payload differs from those before it.
//!
//! A [`Shape`] lists the members and types of one payload, or of several merged. It holds no value, and no name of a
//! member that looks like an id. A map by other data, such as first names, keeps its names unless there are over 128.
//!
//! A [`DriftWatch`] learns the shape of each event type and version from the payloads that a receiver gets, and reports
//! each difference once.
//!
//! ```
//! use mambo_webhooks::shape::DriftWatch;
//!
//! let mut watch = DriftWatch::default();
//! assert_eq!(watch.observe("ActivityCreated", Some("9.0.0"), r#"{"points":1}"#), []);
//! let drifts = watch.observe("ActivityCreated", Some("9.0.0"), r#"{"points":"1"}"#);
//! assert_eq!(drifts[0].to_string(), "/points is text, expected integer");
//! assert_eq!(watch.observe("ActivityCreated", Some("9.0.0"), r#"{"points":"1"}"#), []);
//! ```

pub(crate) mod kinds;

mod name;

pub(crate) mod tree;

mod observe;

mod document;

mod drift;

mod watch;

mod watch_document;

pub use crate::json::Problem;
pub use drift::{Drift, DriftKind};
pub use tree::Shape;
pub use watch::DriftWatch;
