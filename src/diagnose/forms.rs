//! The forms that a signature header, and the signed text, may have. Shared by diagnosis and detection.

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::MAX_CANDIDATES;
use crate::wire::grammar::{Grammar, SequenceOrder, SignatureEncoding};
use crate::wire::header::without_quotes;
use crate::wire::scheme::Scheme;
use crate::wire::signed_text::SignedText;
use crate::wire::timestamp::{TimestampSource, TimestampUnit};

/// What may stand between timestamp and body in the signed text.
pub(crate) const SEPARATORS: [&str; 9] = [".", "", ":", "\n", "|", ",", "-", "_", " "];

/// Marks that may separate pairs, or timestamp and signature.
const DELIMITERS: [char; 8] = [',', ';', ' ', '&', '.', ':', '|', '-'];
const ASSIGNS: [char; 2] = ['=', ':'];
/// Marks that may separate signatures which stand alone.
const LIST_DELIMITERS: [char; 3] = [',', ' ', ';'];
/// Longest text in front of a signature, in bytes.
const MAX_PREFIX_BYTES: usize = 16;

/// A signature and the text in front of it.
struct Signature<'a> {
    prefix: &'a str,
    encoding: SignatureEncoding,
}

/// The schemes under which the value of a signature header can be read at all. Where the value holds no timestamp, the
/// scheme says that there is none. The header's name and the signed text are left at their defaults.
#[must_use]
pub(crate) fn forms(value: &str) -> Vec<Scheme> {
    let mut found = Vec::new();
    let word = value.split_once(' ').filter(|(word, _)| {
        word.len() <= MAX_PREFIX_BYTES && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    for (word, text) in [("", value)].into_iter().chain(word) {
        let first = found.len();
        for delimiter in DELIMITERS {
            for assign in ASSIGNS.into_iter().filter(|assign| *assign != delimiter) {
                add_pairs(text, delimiter, assign, &mut found);
            }
            add_sequences(text, delimiter, &mut found);
        }
        add_lists(text, &mut found);
        for scheme in found.iter_mut().skip(first) {
            scheme.scheme_word = word.into();
        }
    }
    found
}

fn add_pairs(text: &str, delimiter: char, assign: char, found: &mut Vec<Scheme>) {
    let Some(pairs) = pairs(text, delimiter, assign) else {
        return;
    };
    let is_quoted = pairs.iter().any(|(_, value)| value.starts_with('"'));
    let value_of = |value| if is_quoted { without_quotes(value) } else { value };
    let stamps = pairs.iter().filter_map(|(name, value)| Some((Some(*name), unit_of(value_of(value))?)));
    // Where there is no timestamp, one pair is read as a signature with a prefix.
    let alone = (pairs.len() > 1).then_some((None, TimestampUnit::Auto));
    for (stamp, unit) in stamps.chain(alone) {
        for (name, signature) in pairs.iter().filter_map(|(name, value)| Some((*name, signature(value_of(value))?))) {
            let timestamp_keys: Vec<String> = stamp.into_iter().map(String::from).collect();
            let signature_keys = alloc::vec![name.into()];
            let has_timestamp = stamp.is_some();
            let grammar = Grammar::Pairs { delimiter, assign, timestamp_keys, signature_keys, is_quoted };
            found.push(scheme(grammar, &signature, has_timestamp.then_some(unit)));
        }
    }
}

fn add_sequences(text: &str, delimiter: char, found: &mut Vec<Scheme>) {
    let Some((first, second)) = text.split_once(delimiter).map(|(a, b)| (a.trim_ascii(), b.trim_ascii())) else {
        return;
    };
    for (order, stamp, tag) in
        [(SequenceOrder::TimestampFirst, first, second), (SequenceOrder::SignatureFirst, second, first)]
    {
        if let (Some(unit), Some(signature)) = (unit_of(stamp), signature(tag)) {
            found.push(scheme(Grammar::Sequence { delimiter, order }, &signature, Some(unit)));
        }
    }
}

fn add_lists(text: &str, found: &mut Vec<Scheme>) {
    for delimiter in LIST_DELIMITERS {
        let pieces: Vec<&str> = text.split(delimiter).map(str::trim_ascii).filter(|piece| !piece.is_empty()).collect();
        // One signature shows no delimiter: the first that goes with its prefix is taken.
        let is_list = |scheme: &Scheme| matches!(scheme.grammar, Grammar::List { .. });
        if pieces.len() == 1 && found.iter().any(is_list) {
            continue;
        }
        for signature in pieces.iter().take(MAX_CANDIDATES).filter_map(|piece| signature(piece)) {
            let scheme = scheme(Grammar::List { delimiter }, &signature, None);
            if !found.contains(&scheme) {
                found.push(scheme);
            }
        }
    }
}

/// A scheme with the default header and signed text.
fn scheme(grammar: Grammar, signature: &Signature<'_>, unit: Option<TimestampUnit>) -> Scheme {
    Scheme {
        grammar,
        signature_prefix: signature.prefix.into(),
        signature_encoding: signature.encoding,
        timestamp: if unit.is_some() { TimestampSource::SignatureHeader } else { TimestampSource::None },
        unit: unit.unwrap_or_default(),
        ..Scheme::default()
    }
}

/// How a text is written that may be a timestamp.
pub(crate) fn unit_of(text: &str) -> Option<TimestampUnit> {
    [TimestampUnit::Auto, TimestampUnit::Rfc3339].into_iter().find(|unit| unit.read(text).is_ok())
}

/// Returns the pairs of a text that holds only pairs, at most `MAX_CANDIDATES` of them.
fn pairs(text: &str, delimiter: char, assign: char) -> Option<Vec<(&str, &str)>> {
    let pairs: Vec<_> = text.split(delimiter).map(|each| pair(each, assign)).collect::<Option<_>>()?;
    Some(pairs).filter(|pairs| pairs.len() <= MAX_CANDIDATES)
}

/// The name and the value of a pair, blanks around them left out.
fn pair(text: &str, assign: char) -> Option<(&str, &str)> {
    let (name, value) = text.trim_ascii().split_once(assign)?;
    Some((name.trim_ascii(), value.trim_ascii()))
}

/// The signature that a text ends with, in the first encoding that it can be read in.
fn signature(text: &str) -> Option<Signature<'_>> {
    let encodings = [
        (SignatureEncoding::Hex, 64),
        (SignatureEncoding::HexUpper, 64),
        (SignatureEncoding::Base64, 44),
        (SignatureEncoding::Base64Url, 43),
    ];
    encodings.into_iter().find_map(|(encoding, length)| {
        let (prefix, tag) = text.split_at_checked(text.len().checked_sub(length)?)?;
        // A prefix is a name; a number is a timestamp.
        let is_name = prefix.is_empty() || prefix.contains(|letter: char| letter.is_ascii_alphabetic());
        let is_plain =
            is_name && prefix.len() <= MAX_PREFIX_BYTES && prefix.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && encoding.read(tag).is_some()).then_some(Signature { prefix, encoding })
    })
}

/// The signed texts that go with a form: the plain ones, and with the version of the signature in front.
pub(crate) fn signed_texts(scheme: &Scheme) -> Vec<SignedText> {
    let label: String = scheme.signature_prefix.chars().filter(char::is_ascii_alphanumeric).collect();
    let timestamp = if scheme.timestamp == TimestampSource::None { "" } else { "{timestamp}" };
    let separators = SEPARATORS.iter().filter(|separator| !timestamp.is_empty() || separator.is_empty());
    let mut texts: Vec<String> = separators.map(|separator| [timestamp, separator, "{body}"].concat()).collect();
    for separator in SEPARATORS.iter().filter(|separator| !label.is_empty() && !separator.is_empty()) {
        let front = if timestamp.is_empty() { String::new() } else { [timestamp, separator].concat() };
        texts.push([&label, *separator, &front, "{body}"].concat());
    }
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// The signed texts in which the value of another header stands too.
pub(crate) fn signed_texts_with(scheme: &Scheme, header: &str) -> Vec<SignedText> {
    let mut texts = Vec::new();
    for separator in SEPARATORS.iter().filter(|separator| !separator.is_empty()) {
        if scheme.timestamp == TimestampSource::None {
            texts.push(alloc::format!("{{header:{header}}}{separator}{{body}}"));
        } else {
            texts.push(alloc::format!("{{header:{header}}}{separator}{{timestamp}}{separator}{{body}}"));
            texts.push(alloc::format!("{{timestamp}}{separator}{{header:{header}}}{separator}{{body}}"));
        }
    }
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}
