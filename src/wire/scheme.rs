//! The signature scheme as data: which header, which grammar in it, which bytes are signed.
//!
//! Known of Mambo (docs.mambo.io/developers/webhooks/implementation/secure-webhooks): the header's name, that it
//! holds a timestamp and an HMAC-SHA256 hex digest, and that the digest is over the timestamp followed by the
//! payload. **Assumed**, because no public copy shows it: the grammar, the names in it, what stands between
//! timestamp and payload, the unit of time, and the case of the digits.

use alloc::string::String;
use alloc::vec::Vec;

use crate::headers::is_header_name;
use crate::json::{Doc, Problems, quoted};
use crate::wire::grammar::{Grammar, Parts, SignatureEncoding, list, name};
use crate::wire::signed_text::{self, SignedText};
use crate::wire::timestamp::{TimestampSource, TimestampUnit};

/// How deliveries are signed.
///
/// ```
/// use mambo_webhooks::Profile;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// // A timestamp in its own header, and a version in front of the signed text.
/// let slack = r#"{"scheme":{"header":"x-slack-signature","grammar":{"form":"list","delimiter":","},
///     "signaturePrefix":"v0=","timestamp":{"header":"x-slack-request-timestamp"},
///     "signedTexts":["v0:{timestamp}:{body}"],"unit":"seconds"}}"#;
/// assert_eq!(Profile::from_json(slack)?.scheme.signed_texts[0].to_string(), "v0:{timestamp}:{body}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Name of the signature header, in lower case. Known.
    pub header: String,
    /// What the signature header looks like. Assumed.
    pub grammar: Grammar,
    /// A word and a blank in front of all else in the signature header, such as `HMAC-SHA256`; empty for none.
    /// Assumed.
    pub scheme_word: String,
    /// Text in front of each signature, such as `sha256=`; may be empty. Assumed.
    pub signature_prefix: String,
    /// How a signature is written. Hex is known, its case assumed.
    pub signature_encoding: SignatureEncoding,
    /// Where the timestamp is. The signature header is known.
    pub timestamp: TimestampSource,
    /// How the timestamp is written. Assumed.
    pub unit: TimestampUnit,
    /// What the signed text may be, tried in this order. That the timestamp comes before the body is known.
    pub signed_texts: Vec<SignedText>,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            header: "x-mambo-signature".into(),
            grammar: Grammar::default(),
            scheme_word: String::new(),
            signature_prefix: String::new(),
            signature_encoding: SignatureEncoding::default(),
            timestamp: TimestampSource::default(),
            unit: TimestampUnit::default(),
            signed_texts: alloc::vec![SignedText::separated("."), SignedText::separated("")],
        }
    }
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
        scheme.scheme_word = fields.text("schemeWord").unwrap_or_default();
        scheme.signature_prefix = fields.text("signaturePrefix").unwrap_or_default();
        scheme.signature_encoding = fields.word("signatureEncoding", &SignatureEncoding::NAMES).unwrap_or_default();
        if let Some(source) = fields.take("timestamp").and_then(|doc| TimestampSource::read(&doc, fields.problems)) {
            scheme.timestamp = source;
        }
        scheme.unit = fields.word("unit", &TimestampUnit::NAMES).unwrap_or_default();
        if let Some(list) = fields.take("signedTexts").and_then(|doc| doc.list(fields.problems)) {
            let texts = list.iter().filter_map(|doc| doc.parsed(str::parse::<SignedText>, fields.problems));
            scheme.signed_texts = texts.collect();
        }
        fields.finish();
        Some(scheme)
    }

    /// The names of the headers that verifying looks at; the signature's comes first.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        let timestamp = match &self.timestamp {
            TimestampSource::Header(name) => Some(name.as_str()),
            TimestampSource::SignatureHeader | TimestampSource::None => None,
        };
        let signed = self.signed_texts.iter().flat_map(SignedText::headers).map(|(name, _)| name);
        [self.header.as_str()].into_iter().chain(timestamp).chain(signed)
    }

    /// The scheme as JSON, every member of it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let texts: Vec<String> = self.signed_texts.iter().map(|text| alloc::format!("{text}")).collect();
        alloc::format!(
            r#"{{"header":{},"grammar":{},"schemeWord":{},"signaturePrefix":{},"signatureEncoding":{},"timestamp":{},"unit":{},"signedTexts":{}}}"#,
            quoted(&self.header),
            self.grammar.print(),
            quoted(&self.scheme_word),
            quoted(&self.signature_prefix),
            name(&SignatureEncoding::NAMES, &self.signature_encoding),
            self.timestamp.print(),
            name(&TimestampUnit::NAMES, &self.unit),
            list(&texts),
        )
    }

    /// What the parts of the signature header may look like, for the grammar that separates them.
    fn parts(&self) -> Parts<'_> {
        Parts {
            prefix: &self.signature_prefix,
            encoding: self.signature_encoding,
            unit: (self.timestamp == TimestampSource::SignatureHeader).then_some(self.unit),
        }
    }

    /// Refuses a scheme under which one header or one signed text could be read in two ways.
    pub fn check(&self, problems: &mut Problems) {
        if !is_header_name(&self.header) {
            problems.add("value_invalid", "/scheme/header", "expected a header name in lower case", "");
        }
        let is_plain = |text: &str| text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_graphic());
        for (text, at) in
            [(&self.scheme_word, "/scheme/schemeWord"), (&self.signature_prefix, "/scheme/signaturePrefix")]
        {
            if !is_plain(text) {
                problems.add("value_invalid", at, "expected at most 16 printable characters without blanks", "");
            }
        }
        match &self.timestamp {
            TimestampSource::Header(name) if !is_header_name(name) || *name == self.header => {
                problems.add(
                    "value_invalid",
                    "/scheme/timestamp",
                    "expected the name of another header in lower case",
                    "",
                );
            }
            _ => {}
        }
        self.grammar.check(&self.parts(), problems);
        signed_text::check(&self.signed_texts, &self.header, &self.timestamp, self.unit, problems);
    }
}
