//! Explains why a delivery is refused, and infers the profile from a captured one. Nothing here accepts a delivery.

pub(crate) mod variants;

mod explain;

mod detect;

pub(crate) use explain::explain;

pub use detect::{DetectedProfile, FieldHint, detect, field_hints};
pub use explain::{Cause, Diagnosis};
