//! The signed text as a template: what the sender signs in front of the body. Read, printed and filled in here.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::headers::is_header_name;
use crate::json::Problems;
use crate::limits::{MAX_SIGNED_HEADERS, MAX_SIGNED_LITERAL_BYTES, MAX_SIGNED_TEXTS};
use crate::wire::timestamp::{TimestampSource, TimestampUnit};

/// A template of the signed text, such as `{timestamp}.{body}` or `{header:webhook-id}.{timestamp}.{body}`. The body
/// is its last part.
///
/// ```
/// use mambo_webhooks::profile::SignedText;
///
/// let text: SignedText = "v0:{timestamp}:{body}".parse().unwrap();
/// assert_eq!(text.to_string(), "v0:{timestamp}:{body}");
/// assert_eq!("{timestamp}.".parse::<SignedText>(), Err("expected {body} at the end, and nowhere else"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    /// The parts in front of the body.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// The timestamp, as its header spells it.
    Timestamp,
    /// The value of the header with this name.
    Header(String),
}

const BODY: &str = "{body}";
const BODY_LAST: &str = "expected {body} at the end, and nowhere else";

impl FromStr for SignedText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = Vec::new();
        let mut rest = text.strip_suffix(BODY).ok_or(BODY_LAST)?;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').ok_or("expected } after {")?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.into()));
            }
            parts.push(match name.strip_prefix("header:") {
                Some(header) => Part::Header(header.into()),
                None if name == "timestamp" => Part::Timestamp,
                None if name == "body" => return Err(BODY_LAST),
                None => return Err("expected {timestamp}, {header:name} or {body}"),
            });
            rest = behind;
        }
        if rest.contains('}') {
            return Err("expected { before }");
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.into()));
        }
        Ok(Self { parts })
    }
}

impl fmt::Display for SignedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(text) => f.write_str(text)?,
                Part::Timestamp => f.write_str("{timestamp}")?,
                Part::Header(name) => write!(f, "{{header:{name}}}")?,
            }
        }
        f.write_str(BODY)
    }
}

impl SignedText {
    /// The template in which `separator` stands between timestamp and body.
    pub(crate) fn separated(separator: &str) -> Self {
        let mut parts = alloc::vec![Part::Timestamp];
        if !separator.is_empty() {
            parts.push(Part::Literal(separator.into()));
        }
        Self { parts }
    }

    /// The text in front of the body. `value` returns the value of a header; a header without one adds nothing.
    pub(crate) fn front<'v>(&self, timestamp: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut front = String::with_capacity(timestamp.len().saturating_add(MAX_SIGNED_LITERAL_BYTES));
        for part in &self.parts {
            front.push_str(match part {
                Part::Literal(text) => text,
                Part::Timestamp => timestamp,
                Part::Header(name) => value(name).unwrap_or_default(),
            });
        }
        front
    }

    /// The names of the headers whose values are signed, each with the literal that ends its value.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().enumerate().filter_map(|(index, part)| match part {
            Part::Header(name) => Some((name.as_str(), self.literal(index.saturating_add(1)))),
            _ => None,
        })
    }

    /// The literal at an index; empty where another part is, or none.
    fn literal(&self, index: usize) -> &str {
        match self.parts.get(index) {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// The literals in front of the timestamp and between timestamp and body, of a template without headers.
    fn around_timestamp(&self) -> (&str, &str) {
        match self.parts.first() {
            Some(Part::Literal(text)) => (text, self.literal(2)),
            _ => ("", self.literal(1)),
        }
    }
}

/// Refuses templates under which one signed text could be read in two ways; [`is_read_once`] refuses the rest.
pub(crate) fn check(
    texts: &[SignedText],
    header: &str,
    source: &TimestampSource,
    unit: TimestampUnit,
    problems: &mut Problems,
) {
    let mut problem = |sentence: &str, hint: &str| problems.add("value_invalid", "/scheme/signedTexts", sentence, hint);
    if texts.is_empty() || texts.len() > MAX_SIGNED_TEXTS {
        problem("expected 1 to 4 templates", "");
    }
    for text in texts {
        text.check(source, unit, &mut problem);
        for (index, (name, _)) in text.headers().enumerate() {
            let is_repeated = text.headers().take(index).any(|(other, _)| other == name);
            let is_read = name == header || *source == TimestampSource::Header(name.into());
            if is_repeated || is_read || name == "content-type" {
                problem("expected other headers than the signature's, the timestamp's and content-type, each once", "");
            }
        }
    }
    let is_plain = |text: &SignedText| *source != TimestampSource::None && text.headers().next().is_none();
    if texts.len() > 1 && !texts.iter().all(is_plain) {
        problem("several templates need a timestamp, and no {header:…}", "a signed text could be split in two ways");
    }
    for (index, text) in texts.iter().enumerate() {
        let mut before = texts.iter().take(index);
        if before.any(|other| text.overlaps(other) || other.overlaps(text)) {
            problem("two templates could sign the same text", "a signed text could be split in two ways");
        }
    }
}

impl SignedText {
    fn check(&self, source: &TimestampSource, unit: TimestampUnit, problem: &mut dyn FnMut(&str, &str)) {
        let timestamps = self.parts.iter().filter(|part| **part == Part::Timestamp).count();
        match source {
            TimestampSource::None if timestamps > 0 => problem("there is no timestamp to be signed", ""),
            TimestampSource::None => {}
            _ if timestamps != 1 => problem("expected {timestamp} once", "a time that is not signed bounds no replay"),
            _ => {}
        }
        if self.headers().count() > MAX_SIGNED_HEADERS {
            problem("expected at most 4 headers", "");
        }
        for (name, end) in self.headers() {
            if !is_header_name(name) {
                problem("expected a header name in lower case", "");
            }
            if end.is_empty() {
                problem("expected a literal after {header:…}", "a signed text could be split in two ways");
            }
        }
        let is_long = |part: &Part| matches!(part, Part::Literal(text) if text.len() > MAX_SIGNED_LITERAL_BYTES);
        if self.parts.iter().any(is_long) {
            problem("a literal is at most 16 bytes", "");
        }
        let digit = |first: char| unit != TimestampUnit::Rfc3339 && first.is_ascii_digit();
        for pair in self.parts.windows(2) {
            match pair {
                [Part::Timestamp, Part::Literal(text)] if text.starts_with(digit) => {
                    problem("a separator starts with no digit", "a signed text could be split in two ways");
                }
                [Part::Timestamp, Part::Header(_)] => {
                    problem("expected a literal after {timestamp}", "a signed text could be split in two ways");
                }
                _ => {}
            }
        }
    }

    /// Whether a text could be signed under both templates with other timestamps. Where only one of the two has a
    /// separator, the body tells: [`is_read_once`].
    fn overlaps(&self, other: &Self) -> bool {
        let (prefix, separator) = self.around_timestamp();
        let (other_prefix, other_separator) = other.around_timestamp();
        match other_prefix.strip_prefix(prefix) {
            Some("") => {
                let is_first = !separator.is_empty() && other_separator.starts_with(separator);
                is_first || separator == other_separator
            }
            // A timestamp starts with a digit, so only such a rest could be one.
            Some(rest) => rest.starts_with(|first: char| first.is_ascii_digit()),
            None => false,
        }
    }
}

/// Whether the text that was signed under `used` can be read in no other way. Without a separator, timestamp
/// `1700000000` with body `12` and timestamp `170000000012` with no body sign the same text, so only a body that does
/// not go on with the number shows where the timestamp ends; and a body that starts with the separator of another
/// template would turn a text of that template into one with a longer body. A date and time ends by itself.
pub(crate) fn is_read_once(texts: &[SignedText], used: &SignedText, unit: TimestampUnit, body: &[u8]) -> bool {
    if used.parts.last() != Some(&Part::Timestamp) {
        return true;
    }
    let (prefix, _) = used.around_timestamp();
    let continues = match body.first() {
        None => true,
        Some(first) => unit != TimestampUnit::Rfc3339 && (first.is_ascii_digit() || b".eE+-".contains(first)),
    };
    let mut others = texts.iter().filter(|other| *other != used).map(SignedText::around_timestamp);
    !continues
        && !others.any(|(other_prefix, other)| {
            other_prefix == prefix && !other.is_empty() && body.starts_with(other.as_bytes())
        })
}
