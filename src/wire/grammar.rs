//! The grammar of the signature header as data: its marks, its names, and how a signature is written.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Doc, Fields, Problems, quoted};
use crate::limits::MAX_CANDIDATES;
use crate::wire::timestamp::TimestampUnit;

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
        /// Whether values stand in double quotes, such as `t="1700000000"`. Values without quotes are read too.
        is_quoted: bool,
    },
    /// A timestamp and one signature, such as `1700000000.5257…`.
    Sequence {
        /// Between the two.
        delimiter: char,
        /// Which of the two comes first.
        order: SequenceOrder,
    },
    /// Signatures alone, such as `v1,K5oZ… v1,Ct0q…`. Those without the scheme's prefix are passed over.
    List {
        /// Between signatures.
        delimiter: char,
    },
}

/// The order of the parts of [`Grammar::Sequence`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SequenceOrder {
    /// Timestamp, delimiter, signature.
    #[default]
    TimestampFirst,
    /// Signature, delimiter, timestamp.
    SignatureFirst,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// 64 lower-case hex digits.
    #[default]
    Hex,
    /// 64 upper-case hex digits.
    HexUpper,
    /// 44 characters of base64 in the standard alphabet, padded.
    Base64,
    /// 43 characters of base64 in the URL-safe alphabet, without padding.
    Base64Url,
}

impl Default for Grammar {
    fn default() -> Self {
        Self::Pairs {
            delimiter: ',',
            assign: '=',
            timestamp_keys: owned(&["t", "ts", "timestamp"]),
            signature_keys: owned(&["v1", "s", "sig", "signature", "sha256"]),
            is_quoted: false,
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(String::from).collect()
}

/// The forms of a grammar, as documents name them.
#[derive(Clone, Copy)]
enum Form {
    Pairs,
    Sequence,
    List,
}

impl Form {
    const NAMES: [(&'static str, Self); 3] =
        [("pairs", Self::Pairs), ("sequence", Self::Sequence), ("list", Self::List)];
}

impl Grammar {
    pub(crate) fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let form = fields.need("form")?.word(&Form::NAMES, fields.problems)?;
        let delimiter = fields.parsed("delimiter", mark).unwrap_or(',');
        let grammar = match form {
            Form::Pairs => {
                let Self::Pairs { mut timestamp_keys, mut signature_keys, .. } = Self::default() else {
                    return None;
                };
                texts(&mut fields, "timestampKeys", &mut timestamp_keys);
                texts(&mut fields, "signatureKeys", &mut signature_keys);
                let assign = fields.parsed("assign", mark).unwrap_or('=');
                let is_quoted = fields.flag("quoted") == Some(true);
                Self::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted }
            }
            Form::Sequence => {
                Self::Sequence { delimiter, order: fields.word("order", &SequenceOrder::NAMES).unwrap_or_default() }
            }
            Form::List => Self::List { delimiter },
        };
        fields.finish();
        Some(grammar)
    }

    pub(crate) fn print(&self) -> String {
        let mark = |mark: &char| quoted(mark.encode_utf8(&mut [0; 4]));
        match self {
            Self::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted } => alloc::format!(
                r#"{{"form":"pairs","delimiter":{},"assign":{},"timestampKeys":{},"signatureKeys":{},"quoted":{is_quoted}}}"#,
                mark(delimiter),
                mark(assign),
                list(timestamp_keys),
                list(signature_keys),
            ),
            Self::Sequence { delimiter, order } => alloc::format!(
                r#"{{"form":"sequence","delimiter":{},"order":{}}}"#,
                mark(delimiter),
                name(&SequenceOrder::NAMES, order),
            ),
            Self::List { delimiter } => alloc::format!(r#"{{"form":"list","delimiter":{}}}"#, mark(delimiter)),
        }
    }

    /// Refuses a grammar under which one header could be read in two ways.
    pub(crate) fn check(&self, parts: &Parts<'_>, problems: &mut Problems) {
        let mut problem = |sentence: &str| problems.add("value_invalid", "/scheme/grammar", sentence, "");
        let is_mark = |mark: &char| is_mark(*mark) && !parts.contain(*mark);
        match self {
            Self::Sequence { delimiter, order } => {
                // Only the first delimiter is looked for.
                let comes_late = *order == SequenceOrder::SignatureFirst && parts.prefix.contains(*delimiter);
                if !is_mark(delimiter) || comes_late {
                    problem("expected a punctuation mark as delimiter, and one that no part of the header holds");
                }
                if parts.unit.is_none() {
                    problem("form `sequence` has a timestamp: set `timestamp` to `signature_header`");
                }
            }
            Self::List { delimiter } => {
                if !is_mark(delimiter) || parts.prefix.contains(*delimiter) {
                    problem("expected a punctuation mark as delimiter, and one that no part of the header holds");
                }
                if parts.unit.is_some() {
                    problem("form `list` has no timestamp: set `timestamp` to `none`, or to the header that has it");
                }
            }
            Self::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted } => {
                if *is_quoted && parts.prefix.contains('"') {
                    problem("expected a signaturePrefix without quotation marks");
                }
                if !is_mark(delimiter) || !self::is_mark(*assign) || delimiter == assign {
                    problem("expected two different punctuation marks as delimiter and assign");
                }
                if parts.prefix.contains(*delimiter) {
                    problem("expected a signaturePrefix without the delimiter");
                }
                let counts = [(timestamp_keys, usize::from(parts.unit.is_some())), (signature_keys, 1)];
                if counts.iter().any(|(keys, least)| !(*least..=MAX_CANDIDATES).contains(&keys.len())) {
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

/// The parts of a signature header that a grammar has to separate.
pub(crate) struct Parts<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) encoding: SignatureEncoding,
    /// How the timestamp in the header is written; `None` if the header has none.
    pub(crate) unit: Option<TimestampUnit>,
}

impl Parts<'_> {
    /// Whether a signature or a timestamp may contain the mark.
    fn contain(&self, mark: char) -> bool {
        self.encoding == SignatureEncoding::Base64 && "+/=".contains(mark)
            || self.encoding == SignatureEncoding::Base64Url && "-_".contains(mark)
            || self.unit == Some(TimestampUnit::Rfc3339) && "-:+.".contains(mark)
    }
}

/// Whether a character may be a delimiter, or stand between name and value. A quotation mark may not.
fn is_mark(mark: char) -> bool {
    mark == ' ' || mark.is_ascii_punctuation() && mark != '"'
}

impl SequenceOrder {
    const NAMES: [(&'static str, Self); 2] =
        [("timestamp_first", Self::TimestampFirst), ("signature_first", Self::SignatureFirst)];
}

impl SignatureEncoding {
    pub(crate) const NAMES: [(&'static str, Self); 4] =
        [("hex", Self::Hex), ("hex_upper", Self::HexUpper), ("base64", Self::Base64), ("base64_url", Self::Base64Url)];
}

/// The name of a value in documents, as JSON.
pub(crate) fn name<T: PartialEq>(names: &[(&str, T)], value: &T) -> String {
    quoted(names.iter().find(|(_, named)| named == value).map_or("", |(name, _)| name))
}

pub(crate) fn list(texts: &[String]) -> String {
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
