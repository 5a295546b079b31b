//! Explains refusals, and works out a profile from a captured delivery. Nothing here accepts a delivery.

pub(crate) mod variants;

mod explain;

mod detect;

pub(crate) use explain::explain;

pub use detect::{DetectedProfile, FieldHint, detect, field_hints};
pub use explain::{Cause, Diagnosis};
