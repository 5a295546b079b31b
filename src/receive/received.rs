//! What was received: an event with the proof that its delivery was verified.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;

use crate::crypto::encoding::hex;
use crate::crypto::hmac::digest;
use crate::event::Event;
use crate::shape::{Drift, DriftWatch};
use crate::shim::{Loss, VersionStatus};
use crate::verify::Verified;
use crate::version::Version;

/// An event of a verified delivery. It cannot be constructed otherwise: its proof is private, and only
/// [`Receiver::receive`](crate::Receiver::receive) and [`Receiver::open`](crate::Receiver::open), which takes a
/// [`Verified`], make one.
///
/// ```compile_fail,E0451
/// # use mambo_webhooks::{Received, Verified};
/// # fn forge<'a>(genuine: Received<'a>, verified: Verified<'a>) -> Received<'a> {
/// Received { verified, ..genuine }
/// # }
/// ```
///
/// A proof cannot be made from bytes either, except with [`Verified::assume_verified`]:
///
/// ```compile_fail,E0451
/// # use mambo_webhooks::Verified;
/// # fn forge<'a>(genuine: Verified<'a>) -> Verified<'a> {
/// Verified { body: b"forged", ..genuine }
/// # }
/// ```
///
/// ```
/// # use mambo_webhooks::{KeyRing, Receiver, UnixMillis, Verified};
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?);
/// let from_a_queue = Verified::assume_verified(br#"{"message":"ping"}"#, UnixMillis(1_700_000_000_000));
/// assert_eq!(receiver.open(from_a_queue, &[("none", "")])?.event.event_type(), Some("Ping"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Received<'a> {
    /// What happened.
    pub event: Event<'a>,
    /// The event's id, where the envelope names one.
    pub id: Option<Cow<'a, str>>,
    /// When it happened, as JSON text, where the envelope says so.
    pub time: Option<&'a str>,
    /// The version in whose shape the data came, where the envelope or the receiver's settings say so.
    pub received_version: Option<Version>,
    /// The version in whose shape the data is now; `None` where that is unknown.
    pub delivered_version: Option<Version>,
    /// How the version that the data came in compares with those that the registry lists.
    pub version_status: VersionStatus,
    /// Ids of the changes that were carried out on the data.
    pub applied: Vec<String>,
    /// What the target version could not hold.
    pub losses: Vec<Loss>,
    /// The data as it came, as JSON text.
    pub(crate) original_data: &'a str,
    pub(crate) verified: Verified<'a>,
}

/// Shows no part of a body but event type and id, and no signature.
impl fmt::Debug for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("event_type", &self.event.event_type())
            .field("id", &self.id)
            .field("received_version", &self.received_version)
            .field("delivered_version", &self.delivered_version)
            .field("applied", &self.applied)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

impl<'a> Received<'a> {
    /// The proof that the delivery was verified: its bytes, key, timestamp and replay key.
    #[must_use]
    pub const fn verified(&self) -> &Verified<'a> {
        &self.verified
    }

    /// Reads the event's data as a type of yours.
    ///
    /// ```
    /// # use mambo_webhooks::{KeyRing, Receiver, UnixMillis, Verified};
    /// #[derive(serde::Deserialize)]
    /// struct Ping {
    ///     message: String,
    /// }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?);
    /// # let delivery = Verified::assume_verified(br#"{"event":"Ping","data":{"message":"ping"}}"#, UnixMillis(0));
    /// let received = receiver.open(delivery, &[("none", "")])?;
    /// assert_eq!(received.data::<Ping>()?.message, "ping");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the data is not of that type.
    pub fn data<'e, T: Deserialize<'e>>(&'e self) -> Result<T, serde_json::Error> {
        self.event.parse()
    }

    /// The data as it came, before any change, as JSON text.
    #[must_use]
    pub const fn received_json(&self) -> &'a str {
        self.original_data
    }

    /// Tells a watch of the data as it came, before any change, and returns how its shape differs from what was seen or
    /// declared for this event type and version. An event without a type is not watched.
    ///
    /// ```
    /// # use mambo_webhooks::{KeyRing, Receiver, UnixMillis, Verified};
    /// use mambo_webhooks::shape::DriftWatch;
    ///
    /// # fn main() -> Result<(), mambo_webhooks::Error> {
    /// # let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?);
    /// # let open = |body| receiver.open(Verified::assume_verified(body, UnixMillis(0)), &[("none", "")]);
    /// let mut watch = DriftWatch::default();
    /// let first = open(br#"{"event":"Ping","data":{"message":"ping"}}"#)?;
    /// assert!(first.drifts(&mut watch).is_empty());
    /// let second = open(br#"{"event":"Ping","data":{"message":"ping","at":1}}"#)?;
    /// assert_eq!(second.drifts(&mut watch)[0].to_string(), "/at is new, of type integer");
    /// # Ok(())
    /// # }
    /// ```
    pub fn drifts(&self, watch: &mut DriftWatch) -> Vec<Drift> {
        let Some(event_type) = self.event.event_type() else {
            return Vec::new();
        };
        let version = self.received_version.map(|version| version.to_string());
        watch.observe(event_type, version.as_deref(), self.original_data)
    }

    /// Returns the key that all deliveries of one event share, retries included, as far as can be known: the
    /// event's id, or else a digest of the body. Two events with equal bodies and no id have the same one.
    #[must_use]
    pub fn event_key(&self) -> String {
        event_key(self.id.as_deref(), self.verified.body())
    }
}

/// Builds what [`Received::event_key`] returns, from the event's id and the body.
#[must_use]
pub fn event_key(id: Option<&str>, body: &[u8]) -> String {
    id.map_or_else(|| ["sha256:", &hex(&digest(&[body]))].concat(), |id| ["id:", id].concat())
}
