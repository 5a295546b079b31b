//! Whose fault a failure is.

/// The party that has to change something so that the failure ends.
///
/// ```
/// use mambo_webhooks::{Code, Fault, KeyRing};
///
/// let code = KeyRing::single("").map(|_| ()).map_err(|error| error.code());
/// assert_eq!(code, Err(Code::SecretEmpty));
/// assert_eq!((Code::SecretEmpty.fault(), Code::SecretEmpty.http_status()), (Fault::Config, 500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The sender of the delivery: Mambo, a proxy on the way, or an attacker.
    Peer,
    /// The code that calls this library.
    Caller,
    /// A secret, a profile or a registry that was configured.
    Config,
    /// This library: a defect to report.
    Library,
}

impl Fault {
    /// The fault as text, for example `peer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Caller => "caller",
            Self::Config => "config",
            Self::Library => "library",
        }
    }
}
