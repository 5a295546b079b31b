//! The signature scheme as data: which header, which grammar in it, which bytes are signed.
//!
//! Known of Mambo (docs.mambo.io/developers/webhooks/implementation/secure-webhooks): the header's name, that it
//! holds a timestamp and an HMAC-SHA256 hex digest, and that the digest is over the timestamp followed by the
//! payload. **Assumed**, because no public copy shows it: the grammar, the names in it, what stands between
//! timestamp and payload, the unit of time, and the case of the digits.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Doc, Fields, Problems, quoted};
use crate::limits::{MAX_CANDIDATES, MAX_SEPARATOR_BYTES, MAX_SEPARATORS};

/// How deliveries are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Name of the header, in lower case. Known.
    pub header: String,
    /// What the header looks like. Assumed.
    pub grammar: Grammar,
    /// What may stand between timestamp and body in the signed text, tried in this order. Assumed.
    pub separators: Vec<String>,
    /// Unit of the timestamp. Assumed.
    pub unit: TimestampUnit,
    /// How the signature is written. Hex is known, its case assumed.
    pub signature_encoding: SignatureEncoding,
}

/// What a signature header looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Names and values, such as `t=1700000000,v1=5257…`. Unknown names are passed over.
    Pairs {
        /// Between pairs.
        delimiter: char,
        /// Between name and value.
        assign: char,
        /// Names of the timestamp. The first is written, any is read.
        timestamp_keys: Vec<String>,
        /// Names of a signature. The first is written, any is read.
        signature_keys: Vec<String>,
    },
    /// Timestamp, delimiter, one signature, such as `1700000000.5257…`.
    Sequence {
        /// Between timestamp and signature.
        delimiter: char,
        /// Text in front of the signature, such as `sha256=`; may be empty.
        prefix: String,
    },
}

/// What a timestamp counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampUnit {
    /// Seconds below 10^11, milliseconds from there up.
    #[default]
    Auto,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureEncoding {
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
            separators: owned(&[".", ""]),
            unit: TimestampUnit::default(),
            signature_encoding: SignatureEncoding::default(),
        }
    }
}

impl Default for Grammar {
    fn default() -> Self {
        Self::Pairs {
            delimiter: ',',
            assign: '=',
            timestamp_keys: owned(&["t", "ts", "timestamp"]),
            signature_keys: owned(&["v1", "s", "sig", "signature", "sha256"]),
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(String::from).collect()
}

impl Scheme {
    /// Reads a scheme. What is left out is as in the default.
    pub fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let mut scheme = Self::default();
        if let Some(header) = fields.text("header") {
            scheme.header = header;
        }
        if let Some(grammar) = fields.take("grammar").and_then(|doc| Grammar::read(&doc, fields.problems)) {
            scheme.grammar = grammar;
        }
        texts(&mut fields, "separators", &mut scheme.separators);
        scheme.unit = fields.word("unit", &TimestampUnit::NAMES).unwrap_or_default();
        scheme.signature_encoding = fields.word("signatureEncoding", &SignatureEncoding::NAMES).unwrap_or_default();
        fields.finish();
        Some(scheme)
    }

    /// The scheme as JSON, every member of it.
    #[must_use]
    pub fn to_json(&self) -> String {
        alloc::format!(
            r#"{{"header":{},"grammar":{},"separators":{},"unit":{},"signatureEncoding":{}}}"#,
            quoted(&self.header),
            self.grammar.print(),
            list(&self.separators),
            name(&TimestampUnit::NAMES, &self.unit),
            name(&SignatureEncoding::NAMES, &self.signature_encoding),
        )
    }

    /// Refuses a scheme under which one header or one signed text could be read in two ways.
    pub fn check(&self, problems: &mut Problems) {
        if !is_header_name(&self.header) {
            problems.add("value_invalid", "/scheme/header", "expected a header name in lower case", "");
        }
        self.grammar.check(problems);
        let at = "/scheme/separators";
        if self.separators.is_empty() || self.separators.len() > MAX_SEPARATORS {
            problems.add("value_invalid", at, "expected 1 to 4 separators", "");
        }
        for (index, separator) in self.separators.iter().enumerate() {
            if separator.len() > MAX_SEPARATOR_BYTES || separator.starts_with(|first: char| first.is_ascii_digit()) {
                problems.add("value_invalid", at, "a separator is at most 8 bytes and starts with no digit", "");
            }
            let clash = |other: &String| !separator.is_empty() && other.starts_with(separator.as_str());
            let mut others = self.separators.iter().enumerate().filter(|(place, _)| *place != index);
            if others.any(|(_, other)| other == separator || clash(other)) {
                let hint = "a signed text could be split in two ways";
                problems.add("value_invalid", at, "one separator starts with another", hint);
            }
        }
    }
}

impl Grammar {
    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let form = fields.need("form")?.word(&[("pairs", true), ("sequence", false)], fields.problems)?;
        let delimiter = fields.parsed("delimiter", mark).unwrap_or(',');
        let grammar = if form {
            let Self::Pairs { mut timestamp_keys, mut signature_keys, .. } = Self::default() else {
                return None;
            };
            texts(&mut fields, "timestampKeys", &mut timestamp_keys);
            texts(&mut fields, "signatureKeys", &mut signature_keys);
            let assign = fields.parsed("assign", mark).unwrap_or('=');
            Self::Pairs { delimiter, assign, timestamp_keys, signature_keys }
        } else {
            Self::Sequence { delimiter, prefix: fields.text("prefix").unwrap_or_default() }
        };
        fields.finish();
        Some(grammar)
    }

    fn print(&self) -> String {
        let mark = |mark: &char| quoted(mark.encode_utf8(&mut [0; 4]));
        match self {
            Self::Pairs { delimiter, assign, timestamp_keys, signature_keys } => alloc::format!(
                r#"{{"form":"pairs","delimiter":{},"assign":{},"timestampKeys":{},"signatureKeys":{}}}"#,
                mark(delimiter),
                mark(assign),
                list(timestamp_keys),
                list(signature_keys),
            ),
            Self::Sequence { delimiter, prefix } => {
                alloc::format!(r#"{{"form":"sequence","delimiter":{},"prefix":{}}}"#, mark(delimiter), quoted(prefix))
            }
        }
    }

    fn check(&self, problems: &mut Problems) {
        let mut problem = |sentence: &str| problems.add("value_invalid", "/scheme/grammar", sentence, "");
        let plain = |mark: &char| mark.is_ascii_graphic() && !mark.is_ascii_alphanumeric() || *mark == ' ';
        match self {
            Self::Sequence { delimiter, prefix } => {
                if !plain(delimiter) || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) || prefix.len() > 16 {
                    problem("expected a punctuation mark as delimiter and a short prefix");
                }
            }
            Self::Pairs { delimiter, assign, timestamp_keys, signature_keys } => {
                if !plain(delimiter) || !plain(assign) || delimiter == assign {
                    problem("expected two different punctuation marks as delimiter and assign");
                }
                if [timestamp_keys, signature_keys].iter().any(|keys| keys.is_empty() || keys.len() > MAX_CANDIDATES) {
                    problem("expected 1 to 16 timestampKeys and signatureKeys");
                }
                let keys: Vec<&String> = timestamp_keys.iter().chain(signature_keys).collect();
                let word = |key: &str| {
                    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
                    // A key must not contain the delimiter or the assign character.
                    !key.is_empty() && key.chars().all(|each| is_plain(each) && each != *delimiter && each != *assign)
                };
                let repeated = |(index, key): (usize, &&String)| keys.iter().take(index).any(|other| other == key);
                if !keys.iter().all(|key| word(key)) || keys.iter().enumerate().any(repeated) {
                    problem("expected every key once, of letters, digits, - and _");
                }
            }
        }
    }
}

impl TimestampUnit {
    const NAMES: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("seconds", Self::Seconds), ("milliseconds", Self::Milliseconds)];
}

impl SignatureEncoding {
    const NAMES: [(&'static str, Self); 2] = [("hex", Self::Hex), ("hex_upper", Self::HexUpper)];
}

/// Whether a text is a header's name, in lower case.
pub(crate) fn is_header_name(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// The name of a value in documents, as JSON.
fn name<T: PartialEq>(names: &[(&str, T)], value: &T) -> String {
    quoted(names.iter().find(|(_, named)| named == value).map_or("", |(name, _)| name))
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    ["[", &texts.join(","), "]"].concat()
}

/// Replaces the default texts in `to` with those of the member of this name, if it is there.
fn texts(fields: &mut Fields<'_, '_>, name: &'static str, to: &mut Vec<String>) {
    if let Some(list) = fields.take(name).and_then(|doc| doc.list(fields.problems)) {
        to.clear();
        for doc in list {
            to.extend(doc.text(fields.problems));
        }
    }
}

fn mark(text: &str) -> Result<char, &'static str> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(mark), None) => Ok(mark),
        _ => Err("expected one character"),
    }
}
