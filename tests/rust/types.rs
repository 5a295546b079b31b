//! Types of payloads: exact texts, hostile names, and the law that samples match the types made from them.

mod names;
mod samples;
mod text;

use mambo_webhooks::Version;
use mambo_webhooks::shim::Sample;

const OLD: Version = Version::new(8, 10, 2);
const NEW: Version = Version::new(9, 0, 0);

fn sample<'a>(event_type: &'a str, version: Version, data: &'a str) -> Sample<'a> {
    Sample { event_type, version, data }
}

/// The part of a text between the line that starts with `from` and the next empty line.
fn part(text: &str, from: &str) -> String {
    let start = text.find(from).unwrap_or_else(|| panic!("{from} in {text}"));
    text[start..].split("\n\n").next().unwrap().to_owned()
}
