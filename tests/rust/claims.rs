//! What the documentation promises: each number, default, order and guarantee with what holds it, in `claims.json`.
//!
//! A claim names the test that would fail if it were not so, or the line of the source that has the number, or says why
//! neither can be. `cargo test --test rust claims -- --nocapture` prints the list.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
struct Claim {
    doc: String,
    /// A part of one line of the document.
    says: String,
    #[serde(flatten)]
    held: Held,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Held {
    /// File and name of a test.
    Test(String),
    /// File and line of the source.
    Code(String),
    /// Why nothing here can hold it.
    Why(String),
}

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn claims() -> Vec<Claim> {
    serde_json::from_str(&text("tests/claims.json")).unwrap()
}

#[test]
fn each_claim_stands_in_its_document_once() {
    for Claim { doc, says, .. } in claims() {
        assert_eq!(text(&doc).matches(&says).count(), 1, "{doc}: {says}");
    }
}

#[test]
fn what_holds_a_claim_is_there() {
    for Claim { doc, says, held } in claims() {
        match held {
            Held::Test(test) => {
                let (path, name) = test.split_once(": ").unwrap();
                assert!(text(path).contains(name), "{doc}: {says}: {path} has no `{name}`");
            }
            Held::Code(code) => {
                let (path, line) = code.split_once(": ").unwrap();
                let count = text(path).lines().filter(|found| found.trim() == line).count();
                assert_eq!(count, 1, "{doc}: {says}: `{line}` in {path}");
            }
            Held::Why(why) => assert!(!why.is_empty(), "{doc}: {says}"),
        }
    }
}

/// Lines that count, bound or promise something, in the documents for users.
#[test]
fn no_line_with_a_number_or_a_default_is_without_a_claim() {
    let claims = claims();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for doc in claims.iter().map(|claim| claim.doc.as_str()) {
        found.entry(doc).or_default();
    }
    let missing: Vec<String> = found
        .keys()
        .flat_map(|doc| {
            let held: Vec<&str> =
                claims.iter().filter(|claim| claim.doc == *doc).map(|claim| claim.says.as_str()).collect();
            let text = text(doc);
            promises(&text)
                .filter(|line| !held.iter().any(|says| line.contains(says)))
                .map(|line| format!("{doc}: {line}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "add them to tests/claims.json, or take them out");
}

/// Lines outside of code and of measured figures that name a bound with its unit, or a default.
fn promises(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    let mut is_measured = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if line.starts_with("## ") {
            is_measured = ["## Measured", "## What was run"].contains(line);
        }
        let words = ["default", "at most", "at least", "never", "always"];
        !is_code
            && !is_measured
            && !line.starts_with('#')
            && (has_unit(line) || words.iter().any(|word| line.to_lowercase().contains(word)))
    })
}

/// Whether a number stands in front of a unit.
fn has_unit(line: &str) -> bool {
    let units =
        ["s", "ms", "min", "h", "bytes", "MiB", "KiB", "kB", "seconds", "minutes", "days", "events", "attempts"];
    let words: Vec<&str> = line.split([' ', ',', '.', ';', ':', '(', ')', '|', '`']).collect();
    words.windows(2).any(|pair| match pair {
        [number, unit] => number.starts_with(|first: char| first.is_ascii_digit()) && units.contains(unit),
        _ => false,
    })
}

#[test]
fn every_claim_is_printed_with_what_holds_it() {
    for Claim { doc, says, held } in claims() {
        let held = match held {
            Held::Test(test) => test,
            Held::Code(code) => code,
            Held::Why(why) => format!("not tested: {why}"),
        };
        println!("{doc}: {says}\n    {held}");
    }
}
