//! INBOUND: headers and body bytes become a [`Received`] event. The mirror of [`crate::render`].
//!
//! verify → take the envelope apart → bring the data into the target version → event.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::crypto::key::KeyRing;
use crate::diagnose::{Diagnosis, explain};
use crate::error::Error;
use crate::event::Event;
use crate::headers::Headers;
use crate::limits::MAX_BODY_BYTES;
use crate::receive::received::Received;
use crate::shim::builtin::VERSIONS;
use crate::shim::{Shims, Strictness, VersionStatus, apply_to};
use crate::time::{Tolerance, UnixMillis};
use crate::verify::{CoreHmac, HmacProvider, Proof, Verified, Verifier, replay_key};
use crate::version::Version;
use crate::wire::claim::Claim;
use crate::wire::envelope::{Envelope, EnvelopePaths};
use crate::wire::profile::Profile;

/// The version in whose shape events come.
///
/// ```
/// use mambo_webhooks::{KeyRing, Receiver, TargetVersion, Version};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let receiver = Receiver::new(keys).target_version(TargetVersion::Exactly(Version::new(9, 0, 0)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetVersion {
    /// The version that the delivery came in: data is not changed.
    #[default]
    AsReceived,
    /// The latest version that the registry knows.
    Latest,
    /// This one.
    Exactly(Version),
}

/// Verifies deliveries and returns their events. It holds no state: one can serve all threads.
///
/// # Defaults
///
/// * [`profile`](Self::profile): the assumed, tolerant one.
/// * [`tolerance`](Self::tolerance): five minutes on each side of now.
/// * [`target_version`](Self::target_version): data comes as it was sent; no registry, no pin.
/// * [`strictness`](Self::strictness): lenient, so that no event is lost over a change that does not fit.
/// * [`max_body_bytes`](Self::max_body_bytes): 1 MiB.
///
/// ```
/// use mambo_webhooks::{KeyRing, Receiver, UnixMillis};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes")?).max_body_bytes(64 * 1024);
/// let refused = receiver.receive(&[("x-other", "")], b"{}", UnixMillis(1_700_000_000_000));
/// let message = refused.map(|_| ()).map_err(|error| error.to_string());
/// assert_eq!(message, Err("header x-mambo-signature is missing".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Receiver {
    pub(crate) verifier: Verifier,
    pub(crate) envelope: EnvelopePaths,
    /// `None` for the built-in registry, which has versions and event types, but no change.
    pub(crate) shims: Option<Shims>,
    pub(crate) strictness: Strictness,
    pub(crate) pinned: Option<Version>,
    pub(crate) target_version: TargetVersion,
    pub(crate) event_type: Option<String>,
    pub(crate) max_body_bytes: usize,
}

impl Receiver {
    /// A receiver with these keys and otherwise the defaults.
    #[must_use]
    pub fn new(keys: KeyRing) -> Self {
        Self {
            verifier: Verifier::new(keys),
            envelope: EnvelopePaths::default(),
            shims: None,
            strictness: Strictness::default(),
            pinned: None,
            target_version: TargetVersion::default(),
            event_type: None,
            max_body_bytes: MAX_BODY_BYTES,
        }
    }

    /// Sets how deliveries are signed and laid out.
    ///
    /// # Errors
    /// `profile_invalid`.
    pub fn profile(mut self, profile: Profile) -> Result<Self, Error> {
        profile.check()?;
        (self.verifier.scheme, self.envelope) = (profile.scheme, profile.envelope);
        Ok(self)
    }

    /// Sets how far a timestamp may lie from now.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.verifier.tolerance = tolerance;
        self
    }

    /// Sets what is known of payload versions.
    #[must_use]
    pub fn shims(mut self, shims: Shims) -> Self {
        self.shims = Some(shims);
        self
    }

    /// Sets what happens where a payload does not fit a change. Lenient by default: no event is lost over it.
    #[must_use]
    pub const fn strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// Says which version the webhook is pinned to in Mambo, for deliveries that do not say it themselves.
    #[must_use]
    pub const fn pinned(mut self, version: Version) -> Self {
        self.pinned = Some(version);
        self
    }

    /// Sets the version in whose shape events come.
    #[must_use]
    pub const fn target_version(mut self, target_version: TargetVersion) -> Self {
        self.target_version = target_version;
        self
    }

    /// Names the event type of deliveries that do not name it themselves: one endpoint for one type.
    #[must_use]
    pub fn event_type(mut self, event_type: &str) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets the largest body that is looked at.
    #[must_use]
    pub const fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Verifies a delivery and returns its event in the target version.
    ///
    /// # Errors
    /// As for [`Verifier::verify`], then `body_not_utf8` and `body_not_json`, and `shim_conflict` under the strict
    /// policy.
    pub fn receive<'a>(&self, headers: &dyn Headers, body: &'a [u8], now: UnixMillis) -> Result<Received<'a>, Error> {
        self.receive_by(&CoreHmac, headers, body, now)
    }

    /// [`receive`](Self::receive), with the tags from `hmac`.
    ///
    /// # Errors
    /// As for [`receive`](Self::receive).
    pub fn receive_by<'a>(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        body: &'a [u8],
        now: UnixMillis,
    ) -> Result<Received<'a>, Error> {
        let verified = self.verify_by(hmac, headers, body, now)?;
        self.open(verified, headers)
    }

    /// Does the first half of [`receive`](Self::receive): verifies without parsing the body.
    ///
    /// # Errors
    /// As for [`Verifier::verify`].
    pub fn verify<'a>(&self, headers: &dyn Headers, body: &'a [u8], now: UnixMillis) -> Result<Verified<'a>, Error> {
        self.verify_by(&CoreHmac, headers, body, now)
    }

    /// [`verify`](Self::verify), with the tags from `hmac`.
    ///
    /// # Errors
    /// As for [`Verifier::verify`].
    pub fn verify_by<'a>(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        body: &'a [u8],
        now: UnixMillis,
    ) -> Result<Verified<'a>, Error> {
        if body.len() > self.max_body_bytes {
            return Err(Error::BodyTooLarge { allowed: self.max_body_bytes });
        }
        self.verifier.verify_by(hmac, headers, body, now)
    }

    /// Verifies like [`verify`](Self::verify), for a body that only the host holds: `hmac` supplies its tags and its
    /// [`head`](HmacProvider::head). Its length is not looked at.
    ///
    /// # Errors
    /// As for [`Verifier::verify`].
    pub fn verify_detached(
        &self,
        hmac: &dyn HmacProvider,
        headers: &dyn Headers,
        now: UnixMillis,
    ) -> Result<Proof, Error> {
        self.verifier.verify_header(hmac, headers, &[], now)
    }

    /// [`Verified::replay_key`] of a delivery that was verified before, from its headers; `None` for headers that no
    /// verified delivery has.
    #[must_use]
    pub fn replay_key(&self, headers: &dyn Headers, body: &[u8]) -> Option<String> {
        let claim = Claim::read(&self.verifier.scheme, headers).ok()?;
        Some(replay_key(&claim.signed_headers, &claim.timestamp_text, body))
    }

    /// The largest body that is looked at, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        self.max_body_bytes
    }

    /// The keys that deliveries are tried against.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.verifier.keys
    }

    /// Explains what [`verify`](Self::verify) says of a delivery. Accepts nothing.
    #[must_use]
    pub fn diagnose(&self, headers: &dyn Headers, body: &[u8], now: UnixMillis) -> Diagnosis {
        match self.verify(headers, body, now) {
            Ok(_) => Diagnosis::default(),
            Err(error) => self.explain(error, headers, body, now),
        }
    }

    /// [`diagnose`](Self::diagnose), for a delivery that was refused with this error.
    #[must_use]
    pub fn explain(&self, error: Error, headers: &dyn Headers, body: &[u8], now: UnixMillis) -> Diagnosis {
        explain(error, &self.verifier, headers, body, now)
    }

    /// Does the second half of `receive`: takes apart a body that was verified, now or before it went through a queue.
    ///
    /// # Errors
    /// `body_not_utf8`, `body_not_json`, and `shim_conflict` under the strict policy.
    pub fn open<'a>(&self, verified: Verified<'a>, headers: &dyn Headers) -> Result<Received<'a>, Error> {
        let paths = &self.envelope;
        // Changes are to members of the data, mostly: those are found in the pass that checks the body.
        let depth = u8::from(self.target_version != TargetVersion::AsReceived && self.shims.is_some());
        let (envelope, node) = Envelope::open(paths, verified.body(), self.event_type.as_deref(), depth)?;
        let named = |name: &Option<String>| header_text(headers, name.as_deref()?);
        let event_type = envelope.event_type.clone().or_else(|| named(&paths.type_header).map(Cow::Owned));
        let event_type = event_type.or_else(|| self.event_type.clone().map(Cow::Owned));
        // A version that cannot be read is not the same as none: `pinned` is not used, as the data's shape is unknown
        // then. A header is not signed: it counts only where the body says nothing at all.
        let given = envelope.version.clone().or_else(|| named(&paths.version_header).map(Cow::Owned));
        let received_version = given.map_or(self.pinned, |text| text.parse().ok());
        let target = match self.target_version {
            TargetVersion::AsReceived => None,
            TargetVersion::Latest => self.versions().last().copied(),
            TargetVersion::Exactly(version) => Some(version),
        };
        let mut data = Cow::Borrowed(envelope.data);
        let (mut applied, mut losses) = (Vec::new(), Vec::new());
        let mut delivered_version = received_version;
        if let (Some(event_type), Some(from), Some(to)) = (&event_type, received_version, target) {
            let plan = self.shims.as_ref().map(|shims| shims.plan(event_type, from, to)).unwrap_or_default();
            let shimmed = apply_to(plan, node, envelope.data, self.strictness)?;
            applied = shimmed.applied.into_iter().map(String::from).collect();
            losses = shimmed.losses;
            data = shimmed.data;
            // Where changes may be unknown, the shape that came out is not known either.
            let knows = |shims: &Shims| shims.registry().events.contains_key(&**event_type);
            let is_known = self.shims.as_ref().is_some_and(knows)
                && self.versions().first().is_none_or(|first| *first <= from.min(to))
                && self.versions().last().is_some_and(|latest| *latest >= from.max(to));
            delivered_version = match &self.shims {
                // Without a registry no change is known: the data is as it came.
                None => Some(from),
                Some(_) => (from == to || is_known).then_some(to),
            };
        }
        let event = Event::new(event_type, data);
        let Envelope { id, time, data: original_data, .. } = envelope;
        let version_status = VersionStatus::of(received_version, self.versions());
        Ok(Received {
            event,
            id,
            time,
            received_version,
            delivered_version,
            version_status,
            applied,
            losses,
            original_data,
            verified,
        })
    }

    /// Known versions, oldest first.
    fn versions(&self) -> &[Version] {
        self.shims.as_ref().map_or(VERSIONS, |shims| &shims.registry().versions)
    }

    /// The names of the headers that [`receive`](Self::receive) looks at, each once.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        let paths = &self.envelope;
        let enveloped = [&paths.type_header, &paths.version_header].into_iter().flatten().map(String::as_str);
        let mut names = Vec::new();
        for name in self.verifier.scheme.header_names().chain(enveloped) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.into_iter()
    }
}

/// The one value of a header, as text.
fn header_text(headers: &dyn Headers, name: &str) -> Option<String> {
    let mut values = Vec::new();
    headers.each(name, &mut |value| values.push(value.to_vec()));
    let value = values.pop().filter(|_| values.is_empty())?;
    String::from_utf8(value).ok()
}
