//! What every delivery passes, compiled to be fast and not as small as can be. The functions behind these are the core's,
//! marked `#[inline]`: they are compiled where they are called, so this crate's profile counts for them, and only for
//! these calls.

use mambo_webhooks::verify::{MacProvider, Proof, Verified};
use mambo_webhooks::{Error, Headers, Receiver, UnixMillis};

/// [`Receiver::prove`].
///
/// # Errors
/// As it does.
#[inline(never)]
pub fn prove<'p>(
    receiver: &'p Receiver,
    mac: &dyn MacProvider,
    value: &'p [u8],
    body: &[u8],
    now: UnixMillis,
) -> Result<Proof<'p>, Error> {
    receiver.prove(mac, value, body, now)
}

/// [`Receiver::verify_by`].
///
/// # Errors
/// As it does.
#[inline(never)]
pub fn verify<'a>(
    receiver: &Receiver,
    mac: &dyn MacProvider,
    headers: &dyn Headers,
    body: &'a [u8],
    now: UnixMillis,
) -> Result<Verified<'a>, Error> {
    receiver.verify_by(mac, headers, body, now)
}
