//! Explains why a delivery is refused, and infers the profile from a captured one. Nothing here accepts a delivery.

mod forms;

mod variants;

mod cause;

mod explain;

mod field_hints;

mod detect;

mod undecided;

pub(crate) use explain::explain;

pub use cause::Cause;
pub use detect::{DetectedProfile, Detection, detect};
pub use explain::Diagnosis;
pub use field_hints::{FieldHint, field_hints};
pub use undecided::{Undecided, undecided};
