//! OUTBOUND: renders an event as headers and body bytes, in the payload version of an endpoint. The mirror of
//! [`crate::receive`].
//!
//! event → bring the data into the endpoint's shape → put the envelope around it → sign.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::key::KeyRing;
use crate::error::{Error, ProblemCount};
use crate::json::valid;
use crate::redact::Bytes;
use crate::shim::{Loss, Shims, Strictness, apply};
use crate::sign::sign_headers;
use crate::time::UnixMillis;
use crate::version::Version;
#[cfg(feature = "send")]
use crate::wire::claim::signed_headers;
use crate::wire::envelope::Envelope;
use crate::wire::profile::Profile;
use crate::wire::signed_text::SignedText;

/// Which payload version an endpoint gets.
///
/// ```
/// use mambo_webhooks::{Version, VersionPolicy};
///
/// // What Mambo calls Pinned and Latest.
/// let (pinned, latest) = (VersionPolicy::Pinned(Version::new(8, 0, 3)), VersionPolicy::Latest);
/// # assert_ne!(pinned, latest);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionPolicy {
    /// Always this version's shape, also for event types added later; the server's shape if this version is newer.
    Pinned(Version),
    /// The shape of the server's version at the time of sending.
    Latest,
}

/// An event to send, in the shape of the version that made it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboundEvent<'a> {
    /// The event type, as Mambo writes it.
    pub event_type: &'a str,
    /// The event's id, the same in every delivery of it.
    pub id: Option<&'a str>,
    /// When it happened, as JSON text.
    pub time: Option<&'a str>,
    /// The version in whose shape the data is.
    pub version: Version,
    /// The data, as JSON text.
    pub data: &'a str,
}

impl<'a> OutboundEvent<'a> {
    /// An event with data as JSON text in the shape of `version`.
    #[must_use]
    pub const fn new(event_type: &'a str, version: Version, data: &'a str) -> Self {
        Self { event_type, id: None, time: None, version, data }
    }

    /// Sets the event's id, the same in every delivery of it.
    #[must_use]
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets when the event happened, as JSON text.
    #[must_use]
    pub const fn time(mut self, time: &'a str) -> Self {
        self.time = Some(time);
        self
    }
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for OutboundEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundEvent")
            .field("event_type", &self.event_type)
            .field("id", &self.id)
            .field("version", &self.version)
            .field("data", &Bytes(self.data.len()))
            .finish_non_exhaustive()
    }
}

/// Renders events as signed requests, with the settings that all endpoints share. It holds no state.
///
/// ```
/// use mambo_webhooks::{KeyRing, OutboundEvent, Profile, Renderer, Shims, UnixMillis, Version, VersionPolicy};
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let server = Version::new(9, 0, 0);
/// let renderer = Renderer::new(Profile::default(), Shims::default(), server)?;
/// let event = OutboundEvent::new("Ping", server, r#"{"message":"ping"}"#).id("e-1");
/// let keys = KeyRing::single("a secret of at least 16 bytes")?;
/// let request = renderer.render(&event, VersionPolicy::Latest, &keys, UnixMillis(1_700_000_000_000))?;
/// assert_eq!(request.body, br#"{"event":"Ping","id":"e-1","version":"9.0.0","data":{"message":"ping"}}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Renderer {
    profile: Profile,
    shims: Shims,
    strictness: Strictness,
    server: Version,
}

/// A signed request to send in one attempt. Each attempt has its own request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The bytes that were signed.
    pub body: Vec<u8>,
    /// The version in whose shape the data is.
    pub version: Version,
    /// What that shape could not hold.
    pub losses: Vec<Loss>,
}

/// Shows no part of a body, and no signature.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("body", &Bytes(self.body.len()))
            .field("version", &self.version)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

impl Renderer {
    /// A renderer for a server of this version.
    ///
    /// # Errors
    /// `profile_invalid`.
    pub fn new(profile: Profile, shims: Shims, server: Version) -> Result<Self, Error> {
        profile.check()?;
        if !profile.envelope.is_writable() {
            let first =
                "an envelope without a member for the event type and one for the data cannot be written at /envelope"
                    .into();
            return Err(Error::ProfileInvalid { count: ProblemCount(1), first });
        }
        Ok(Self { profile, shims, strictness: Strictness::default(), server })
    }

    /// Sets what happens where a payload does not fit a change. Lenient by default.
    #[must_use]
    pub const fn strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// Returns the server's version, used for [`VersionPolicy::Latest`] unless the event's own version is newer.
    #[must_use]
    pub const fn server(&self) -> Version {
        self.server
    }

    /// The name of the header that carries the signature.
    #[must_use]
    pub fn signature_header(&self) -> &str {
        &self.profile.scheme.header
    }

    /// Renders `event` under `policy`, signed at `now` with the keys that are valid then. A header that the profile
    /// signs gets the event's id.
    ///
    /// # Errors
    /// `body_not_json` when the event's data or time is not JSON; `shim_conflict` under the strict policy; as for
    /// [`sign_headers`].
    pub fn render(
        &self,
        event: &OutboundEvent<'_>,
        policy: VersionPolicy,
        keys: &KeyRing,
        now: UnixMillis,
    ) -> Result<SignedRequest, Error> {
        for json in [Some(event.data), event.time].into_iter().flatten() {
            valid(json).map_err(|error| Error::BodyNotJson { line: error.line, column: error.column })?;
        }
        // An event may be newer than the server version given to `new`: only a pin converts it to an older one.
        let latest = self.server.max(event.version);
        let version = match policy {
            // A pin that is newer than the server names a shape that the server does not know.
            VersionPolicy::Pinned(version) => version.min(latest),
            VersionPolicy::Latest => latest,
        };
        let plan = self.shims.plan(event.event_type, event.version, version);
        let shimmed = apply(plan, event.data, self.strictness)?;
        let envelope = Envelope {
            event_type: Some(Cow::Borrowed(event.event_type)),
            id: event.id.map(Cow::Borrowed),
            version: Some(Cow::Owned(alloc::format!("{version}"))),
            time: event.time,
            data: &shimmed.data,
        };
        let body = envelope.print(&self.profile.envelope).into_bytes();
        let mut headers: Vec<(String, String)> = alloc::vec![("content-type".into(), "application/json".into())];
        headers.extend(self.signed_id(event.id.unwrap_or_default()));
        let signed = sign_headers(&self.profile.scheme, keys, &headers, &body, now)?;
        headers.extend(signed.into_pairs());
        Ok(SignedRequest { headers, body, version, losses: shimmed.losses })
    }

    /// The headers with an event's id that the profile signs.
    fn signed_id(&self, id: &str) -> impl Iterator<Item = (String, String)> {
        let signed = self.profile.scheme.signed_texts.iter().flat_map(SignedText::headers);
        signed.map(move |(name, _)| (name.into(), id.into()))
    }

    /// Checks that the headers that the profile signs can hold an event's id.
    ///
    /// # Errors
    /// `header_malformed`.
    #[cfg(feature = "send")]
    pub(crate) fn check_id(&self, id: &str) -> Result<(), Error> {
        let headers: Vec<_> = self.signed_id(id).collect();
        signed_headers(&self.profile.scheme, &headers).map(drop)
    }
}
