//! What `Debug` shows in the place of bodies, payloads and documents, which end up in logs.

use core::fmt;

/// A length.
pub(crate) struct Bytes(pub usize);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}
