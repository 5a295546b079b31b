//! Inputs other than options: a body, headers and the current time.

use js_sys::Uint8Array;
use mambo_webhooks::internal::limits::MAX_SIGNED_LITERAL_BYTES;
use mambo_webhooks::{Error, Headers, UnixMillis};

/// A body in JavaScript's memory, no larger than is allowed.
#[derive(Clone, Copy)]
pub(crate) struct Body<'b> {
    array: &'b Uint8Array,
    length: usize,
}

impl<'b> Body<'b> {
    /// Refuses a body that is too large before any of it is copied: this module's memory never shrinks.
    pub(crate) fn new(array: &'b Uint8Array, allowed: usize) -> Result<Self, Error> {
        let bytes = usize::try_from(array.length()).unwrap_or(usize::MAX);
        if bytes > allowed { Err(Error::BodyTooLarge { allowed }) } else { Ok(Self { array, length: bytes }) }
    }

    pub(crate) const fn length(self) -> usize {
        self.length
    }

    pub(crate) const fn array(self) -> &'b Uint8Array {
        self.array
    }

    /// Copies the body.
    pub(crate) fn to_vec(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.append_to(&mut bytes);
        bytes
    }

    /// Copies all of it behind what is in `bytes`.
    pub(crate) fn append_to(self, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.resize(start.saturating_add(self.length), 0);
        if let Some(room) = bytes.get_mut(start..) {
            self.array.copy_to(room);
        }
    }

    /// Copies the body's first bytes: as many as a literal of a signed text has at most.
    pub(crate) fn head(self) -> Vec<u8> {
        let end = u32::try_from(MAX_SIGNED_LITERAL_BYTES.min(self.length)).unwrap_or_default();
        self.array.subarray(0, end).to_vec()
    }
}

/// Headers as text: a name on a line, its value on the next, and so on.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'h>(pub(crate) &'h str);

impl Headers for Lines<'_> {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        let mut lines = self.0.split('\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            act(name, value.as_bytes());
        }
    }
}

/// The time that a number of JavaScript stands for: milliseconds since 1970.
///
/// # Errors
/// `now_invalid`.
pub(crate) fn milliseconds(now: f64) -> Result<UnixMillis, Error> {
    // Every whole number of this size is exact in an f64, so the cast below changes nothing.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if now.is_finite() && now.abs() <= LARGEST && now % 1.0 == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just checked")]
        return Ok(UnixMillis(now as i64));
    }
    Err(Error::NowInvalid)
}
