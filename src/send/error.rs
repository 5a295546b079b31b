//! The sender's errors: stable codes and sentences, as in the core.

use alloc::string::String;
use core::fmt;

/// A failure of the sender. Never holds a secret or a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The URL cannot be read.
    UrlMalformed,
    /// The URL is neither https, nor http to a loopback address that the policy permits.
    UrlNotHttps,
    /// The URL carries a user name or password, which would end up in logs.
    UrlUserInfo,
    /// The URL carries a fragment, which is never sent.
    UrlFragment,
    /// The URL's host is, or resolves to, an address that deliveries must not go to.
    AddressRefused,
    /// The sender or the HTTP client sets this header, or the header is malformed.
    HeaderRefused {
        /// The header's name, if it can be shown.
        name: String,
    },
    /// The headers of an endpoint are more than 32, or more than 8,192 bytes.
    HeadersTooLarge {
        /// How many.
        count: usize,
        /// Bytes of all names and values.
        bytes: usize,
    },
    /// A limit is zero.
    LimitZero {
        /// Which one.
        name: &'static str,
    },
    /// A name is empty, or blanks only.
    TextBlank {
        /// What it names.
        name: &'static str,
    },
    /// A key or the event is one that the core refuses.
    Core(crate::error::Error),
    /// The payload is larger than a receiver has to take.
    PayloadTooLarge {
        /// The length of the data.
        bytes: usize,
        /// Largest length allowed.
        allowed: usize,
    },
    /// A tenant's name is blank, longer than 100 bytes, or has control characters.
    TenantRefused,
    /// A subscription has `*` before its end, or is blank.
    PatternRefused {
        /// The subscription.
        pattern: String,
    },
    /// There is an endpoint of that id.
    EndpointExists {
        /// The id.
        id: String,
    },
    /// There is no endpoint of that id.
    EndpointUnknown {
        /// The id.
        id: String,
    },
    /// The endpoint's settings cannot be read: a newer release wrote them.
    EndpointUnreadable {
        /// The id.
        id: String,
    },
    /// There is another event of that id.
    EventExists {
        /// The id.
        id: String,
    },
    /// The store cannot do it now: a full disk, a broken connection. Nothing was half done.
    StoreFailed {
        /// What the store says.
        what: String,
    },
    /// The store was written by a newer release of this library.
    StoreNewer {
        /// The number of the store's schema.
        found: i64,
        /// The newest schema that this release knows.
        known: i64,
    },
    /// The store has an older schema, or none, and the database role may not change it.
    StoreOlder {
        /// The number of the store's schema, 0 for none.
        found: i64,
        /// The schema that this release needs.
        needed: i64,
    },
    /// A secret or payload in the store is sealed under a key that this process does not have.
    SealKeyMissing {
        /// The key's id.
        id: String,
    },
    /// A sealed value was changed, is another one's, or its key is.
    SealBroken {
        /// The key's id.
        id: String,
    },
    /// A line of the sealing keys is not an id and 32 bytes in Base64, or its id came before.
    SealKeyMalformed {
        /// The line's number.
        line: usize,
    },
    /// The key service or the system's randomness failed.
    SealFailed {
        /// What it says.
        what: String,
    },
    /// The HTTP client could not be set up.
    ClientFailed {
        /// What it says.
        what: String,
    },
}

impl SendError {
    /// Refuses a name that is empty, or blanks only.
    pub(crate) fn refuse_blank(name: &'static str, text: &str) -> Result<(), Self> {
        if text.trim().is_empty() { Err(Self::TextBlank { name }) } else { Ok(()) }
    }

    /// The stable code of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UrlMalformed => "url_malformed",
            Self::UrlNotHttps => "url_not_https",
            Self::UrlUserInfo => "url_user_info",
            Self::UrlFragment => "url_fragment",
            Self::AddressRefused => "address_refused",
            Self::HeaderRefused { .. } => "header_refused",
            Self::HeadersTooLarge { .. } => "headers_too_large",
            Self::LimitZero { .. } => "limit_zero",
            Self::TextBlank { .. } => "text_blank",
            Self::Core(error) => error.code().as_str(),
            Self::PayloadTooLarge { .. } => "payload_too_large",
            Self::TenantRefused => "tenant_refused",
            Self::PatternRefused { .. } => "pattern_refused",
            Self::EndpointExists { .. } => "endpoint_exists",
            Self::EndpointUnknown { .. } => "endpoint_unknown",
            Self::EndpointUnreadable { .. } => "endpoint_unreadable",
            Self::EventExists { .. } => "event_exists",
            Self::StoreFailed { .. } => "store_failed",
            Self::StoreNewer { .. } => "store_newer",
            Self::StoreOlder { .. } => "store_older",
            Self::SealKeyMissing { .. } => "seal_key_missing",
            Self::SealBroken { .. } => "seal_broken",
            Self::SealKeyMalformed { .. } => "seal_key_malformed",
            Self::SealFailed { .. } => "seal_failed",
            Self::ClientFailed { .. } => "client_failed",
        }
    }
}

impl From<crate::error::Error> for SendError {
    fn from(error: crate::error::Error) -> Self {
        Self::Core(error)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UrlMalformed => f.write_str("the endpoint is not a URL"),
            Self::UrlNotHttps => f.write_str(
                "the endpoint is not https; plain http goes only to loopback addresses that are allowed (`--allow`, `AddressPolicy::allowing`)",
            ),
            Self::UrlUserInfo => f.write_str("the endpoint's URL carries a user name or password"),
            Self::UrlFragment => f.write_str("the endpoint's URL carries a fragment"),
            Self::AddressRefused => {
                f.write_str(
                    "the endpoint's host is not a public address; allow networks of your own with `--allow`, `MAMBO_ALLOW` or `AddressPolicy::allowing`",
                )
            }
            Self::HeaderRefused { name } => write!(f, "header `{name}` cannot be set by an endpoint"),
            Self::HeadersTooLarge { count, bytes } => {
                write!(f, "the endpoint's own headers: {count} with {bytes} bytes, allowed 32 with 8192")
            }
            Self::LimitZero { name } => write!(f, "{name} is 0, needs at least 1"),
            Self::TextBlank { name } => write!(f, "the {name} is blank"),
            Self::Core(error) => error.fmt(f),
            Self::PayloadTooLarge { bytes, allowed } => write!(f, "the data is {bytes} bytes, allowed {allowed}"),
            Self::TenantRefused => {
                f.write_str("the tenant's name is blank, longer than 100 bytes, or has control characters")
            }
            Self::PatternRefused { pattern } => {
                write!(f, "the subscription `{pattern}` is blank or has `*` before its end")
            }
            Self::EndpointExists { id } => write!(f, "there is an endpoint `{id}`"),
            Self::EndpointUnknown { id } => write!(f, "there is no endpoint `{id}`"),
            Self::EndpointUnreadable { id } => {
                write!(f, "endpoint `{id}` has settings that this release cannot read; a newer one wrote them")
            }
            Self::EventExists { id } => write!(f, "there is another event `{id}`"),
            Self::StoreFailed { what } => write!(f, "the store failed: {what}"),
            Self::StoreNewer { found, known } => {
                write!(f, "the store has schema {found}, newer than {known}, which this release knows")
            }
            Self::StoreOlder { found, needed } => write!(
                f,
                "the store has schema {found}, needs {needed}; run `mambo-webhooks migrate` with a role that may create tables"
            ),
            Self::SealKeyMissing { id } => {
                write!(f, "sealed under key `{id}`, which is not there; give it with `--sealing-key` or `MAMBO_SEALING_KEY`")
            }
            Self::SealBroken { id } => {
                write!(f, "what is sealed under key `{id}` does not open: it was changed or moved, or the key is another one")
            }
            Self::SealKeyMalformed { line } => {
                write!(f, "line {line} of the sealing keys: expected an unused id, a blank and 32 bytes in Base64")
            }
            Self::SealFailed { what } => write!(f, "sealing failed: {what}"),
            Self::ClientFailed { what } => write!(f, "the HTTP client could not be set up: {what}"),
        }
    }
}

impl core::error::Error for SendError {}
