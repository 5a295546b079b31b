//! Signing: body bytes, keys and a time become a header value. The mirror of `verify`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::hmac::Tag;
use crate::crypto::key::KeyRing;
use crate::error::Error;
use crate::time::UnixMillis;
use crate::wire::header::SignatureHeader;
use crate::wire::scheme::Scheme;

/// The signature header's value for `body`, signed at `now` with every key that is valid then; with the
/// first of them where the grammar has room for one signature only.
///
/// # Errors
/// `keys_inactive` when no key is valid at `now`; `timestamp_negative` when `now` is before 1970.
///
/// ```
/// use mambo_webhooks::{KeyRing, UnixMillis, sign};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let value = sign(&Default::default(), &keys, b"{}", UnixMillis(1_700_000_000_000))?;
/// assert!(value.starts_with("t=1700000000,v1="));
/// # Ok(())
/// # }
/// ```
pub fn sign(scheme: &Scheme, keys: &KeyRing, body: &[u8], now: UnixMillis) -> Result<String, Error> {
    if now.0 < 0 {
        return Err(Error::TimestampNegative);
    }
    let timestamp = scheme.unit.print(now);
    let separator = scheme.separators.first().map_or("", String::as_str);
    let tags: Vec<Tag> =
        keys.valid(now).map(|key| key.mac().tag(&[timestamp.as_bytes(), separator.as_bytes(), body])).collect();
    if tags.is_empty() {
        return Err(Error::KeysInactive { keys: keys.keys().len() });
    }
    Ok(SignatureHeader::print(scheme, &timestamp, &tags))
}
