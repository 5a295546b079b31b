//! The signature scheme as data: which header, which grammar in it, which bytes are signed.
//!
//! Known of Mambo (docs.mambo.io/developers/webhooks/implementation/secure-webhooks): the header's name, that it
//! holds a timestamp and an HMAC-SHA256 hex digest, and that the digest is over the timestamp followed by the
//! payload. **Assumed**, because no public copy shows it: the grammar, the names in it, what stands between
//! timestamp and payload, the unit of time, and the case of the digits.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::{MAX_CANDIDATES, MAX_JOINER_BYTES, MAX_JOINERS};

/// How deliveries are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Scheme {
    /// Name of the header, in lower case. Known.
    pub header: String,
    /// What the header looks like. Assumed.
    pub grammar: Grammar,
    /// What may stand between timestamp and body in the signed text, tried in this order. Assumed.
    pub joiners: Vec<String>,
    /// What the timestamp counts. Assumed.
    pub unit: Unit,
    /// How the signature is written. Hex is known, its case assumed.
    pub digest: Digest,
}

/// What a signature header looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", rename_all_fields = "camelCase", tag = "form")]
pub enum Grammar {
    /// Names and values, such as `t=1700000000,v1=5257…`. Unknown names are passed over.
    Pairs {
        /// Between pairs.
        separator: char,
        /// Between name and value.
        assign: char,
        /// Names of the timestamp. The first is written, any is read.
        timestamp_keys: Vec<String>,
        /// Names of a signature. The first is written, any is read.
        signature_keys: Vec<String>,
    },
    /// Timestamp, separator, one signature, such as `1700000000.5257…`.
    Sequence {
        /// Between timestamp and signature.
        separator: char,
        /// Text in front of the signature, such as `sha256=`; may be empty.
        #[serde(default)]
        prefix: String,
    },
}

/// What a timestamp counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds below 10^11, milliseconds from there up.
    #[default]
    Auto,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    /// 64 lower-case hex digits.
    #[default]
    Hex,
    /// 64 upper-case hex digits.
    HexUpper,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            header: "x-mambo-signature".into(),
            grammar: Grammar::default(),
            joiners: [".", ""].map(String::from).into(),
            unit: Unit::default(),
            digest: Digest::default(),
        }
    }
}

impl Default for Grammar {
    fn default() -> Self {
        Self::Pairs {
            separator: ',',
            assign: '=',
            timestamp_keys: ["t", "ts", "timestamp"].map(String::from).into(),
            signature_keys: ["v1", "s", "sig", "signature", "sha256"].map(String::from).into(),
        }
    }
}

impl Scheme {
    /// Refuses a scheme under which one header or one signed text could be read in two ways.
    ///
    /// # Errors
    /// `profile_invalid`, with the place.
    pub fn check(&self) -> Result<(), Error> {
        let problem = |at: &str, problem: &str| Err(Error::ProfileInvalid { at: at.into(), problem: problem.into() });
        let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if self.header.is_empty() || !self.header.bytes().all(token) {
            return problem("/scheme/header", "expected a header name in lower case");
        }
        self.grammar.check()?;
        if self.joiners.is_empty() || self.joiners.len() > MAX_JOINERS {
            return problem("/scheme/joiners", "expected 1 to 4 joiners");
        }
        for (index, joiner) in self.joiners.iter().enumerate() {
            if joiner.len() > MAX_JOINER_BYTES || joiner.starts_with(|first: char| first.is_ascii_digit()) {
                return problem("/scheme/joiners", "a joiner is at most 8 bytes and starts with no digit");
            }
            let clash = |other: &String| !other.is_empty() && other.starts_with(joiner.as_str());
            let mut others = self.joiners.iter().enumerate().filter(|(place, _)| *place != index);
            if others.any(|(_, other)| other == joiner || (!joiner.is_empty() && clash(other))) {
                return problem(
                    "/scheme/joiners",
                    "one joiner starts with another, so a text could be split in two ways",
                );
            }
        }
        Ok(())
    }
}

impl Grammar {
    fn check(&self) -> Result<(), Error> {
        let problem =
            |problem: &str| Err(Error::ProfileInvalid { at: "/scheme/grammar".into(), problem: problem.into() });
        let plain = |mark: &char| mark.is_ascii_graphic() && !mark.is_ascii_alphanumeric() || *mark == ' ';
        match self {
            Self::Sequence { separator, prefix } => {
                if !plain(separator) || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) || prefix.len() > 16 {
                    return problem("expected a punctuation mark as separator and a short prefix");
                }
            }
            Self::Pairs { separator, assign, timestamp_keys, signature_keys } => {
                if !plain(separator) || !plain(assign) || separator == assign {
                    return problem("expected two different punctuation marks as separator and assign");
                }
                if [timestamp_keys, signature_keys].iter().any(|keys| keys.is_empty() || keys.len() > MAX_CANDIDATES) {
                    return problem("expected 1 to 16 timestampKeys and signatureKeys");
                }
                let mut keys: Vec<&String> = timestamp_keys.iter().chain(signature_keys).collect();
                let word = |key: &&String| {
                    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                };
                keys.sort_unstable();
                let before = keys.len();
                keys.dedup();
                if !keys.iter().all(word) || keys.len() != before {
                    return problem("expected every key once, of letters, digits, - and _");
                }
            }
        }
        Ok(())
    }
}
