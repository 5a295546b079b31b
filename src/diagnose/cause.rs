//! The causes that explain a refusal, each with its code and its sentence.

use alloc::string::String;
use core::fmt;

/// Something that explains a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The body was changed on the way.
    Body(&'static str),
    /// The secret is not the one in Mambo, but something that was made of it.
    Secret {
        /// Id of the key.
        key: String,
        /// The change that makes the key fit.
        what: &'static str,
    },
    /// A key fits that is not valid at this time.
    KeyInactive {
        /// Id of the key.
        key: String,
    },
    /// The body is empty, which no delivery's is.
    BodyEmpty,
    /// The body is compressed.
    BodyCompressed,
    /// The signature fits: only the receiver's limit refuses the body.
    LimitLow {
        /// The receiver's limit, in bytes.
        allowed: usize,
    },
    /// Something else stands between timestamp and body.
    Separator(&'static str),
    /// Another header holds what looks like a signature.
    HeaderElsewhere {
        /// Name of that header.
        header: String,
    },
    /// The header's value is two values, joined on the way, and one of them fits.
    HeaderJoined,
    /// The header is of another form than the profile says; detection prints the profile.
    Grammar,
    /// The timestamp is in another unit than the profile says.
    TimestampUnit(&'static str),
    /// The clocks of sender and receiver differ by so many seconds; positive when the timestamp is in the past.
    Clock {
        /// Age of the timestamp in seconds.
        skew_seconds: i64,
    },
}

impl Cause {
    /// The stable name of the cause, for example `body_changed`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Body(_) => "body_changed",
            Self::Secret { .. } => "secret_mistaken",
            Self::KeyInactive { .. } => "key_inactive",
            Self::BodyEmpty => "body_empty",
            Self::BodyCompressed => "body_compressed",
            Self::LimitLow { .. } => "limit_low",
            Self::Separator(_) => "separator_differs",
            Self::HeaderElsewhere { .. } => "header_elsewhere",
            Self::HeaderJoined => "header_joined",
            Self::Grammar => "grammar_differs",
            Self::TimestampUnit(_) => "unit_mistaken",
            Self::Clock { .. } => "clock_skew",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(what) => write!(f, "the body is not what was signed: {what}"),
            Self::Secret { key, what } => write!(f, "key `{key}` fits once {what}"),
            Self::KeyInactive { key } => write!(f, "key `{key}` fits, but is not valid at this time"),
            Self::BodyEmpty => f.write_str("the body is empty: something read it before the receiver did"),
            Self::BodyCompressed => f.write_str("the body is compressed: undo its Content-Encoding first"),
            Self::LimitLow { allowed } => {
                write!(f, "the signature fits: raise the receiver's limit, which is {allowed} bytes")
            }
            Self::Separator("") => f.write_str("nothing stands between timestamp and body"),
            // Of the separators that are tried, only this one needs an escape.
            Self::Separator("\n") => f.write_str("`\\n` stands between timestamp and body"),
            Self::Separator(separator) => write!(f, "`{separator}` stands between timestamp and body"),
            Self::HeaderElsewhere { header } => write!(f, "header {header} holds what looks like a signature"),
            Self::HeaderJoined => f.write_str("the header is two headers, joined on the way, of which one fits"),
            Self::Grammar => f.write_str("the header is of another form, and fits: detect prints the profile"),
            Self::TimestampUnit(what) => f.write_str(what),
            Self::Clock { skew_seconds } => {
                let side = if *skew_seconds < 0 { "ahead of" } else { "behind" };
                write!(
                    f,
                    "the sender's clock is {} s {side} this one, or the delivery was held up",
                    skew_seconds.unsigned_abs()
                )
            }
        }
    }
}
