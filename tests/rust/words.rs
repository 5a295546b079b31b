//! Words that this project does not use: each has a plainer one, and one word stands for one concept.

use std::fs;
use std::path::{Path, PathBuf};

/// A retired word, and what is written in its place.
const RETIRED: [(&str, &str); 29] = [
    ("whoever", "the actor: the caller, the sender"),
    ("somebody", "the actor"),
    ("nobody", "no caller, no handler, none"),
    ("whatever", "any"),
    ("of its own", "a separate one, or nothing"),
    ("of their own", "separate ones, or nothing"),
    ("hands out", "returns"),
    ("stands behind", "the thing itself"),
    ("joiner", "separator"),
    ("joiners", "separators"),
    ("Outgoing", "SignedRequest"),
    ("Outbound", "OutboundEvent"),
    ("MacProvider", "HmacProvider"),
    ("Standing", "VersionStatus"),
    ("Wanted", "TargetVersion"),
    ("Sighting", "FieldHint"),
    ("sightings", "field hints"),
    ("Strength", "SecretPolicy"),
    ("restyled", "reformat"),
    ("slashed", "escape_token"),
    ("Flying", "InFlight"),
    ("Crew", "AttemptContext"),
    ("take_back", "reclaim_expired"),
    ("Meter", "Metrics"),
    ("Guard", "AddressPolicy"),
    ("PATIENCE", "ACQUIRE_TIMEOUT"),
    ("MacKey", "HmacKey"),
    ("KnownKind", "KnownEventType"),
    ("KINDS", "EVENT_TYPES"),
];

const ROOTS: [&str; 9] = ["src", "wasm/src", "js/src", "js/build", "tests", "examples", "docs", "benches", "xtask/src"];
const PAGES: [&str; 3] = ["README.md", "CONTRIBUTING.md", "pkg/README.md"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap_or_default();
    if path.is_dir() {
        if name != "node_modules" && name != "target" {
            for entry in fs::read_dir(path).unwrap() {
                files(&entry.unwrap().path(), found);
            }
        }
    } else if path
        .extension()
        .is_some_and(|end| ["rs", "ts", "mjs", "js", "md", "sql", "html"].iter().any(|it| end == *it))
    {
        found.push(path.into());
    }
}

#[test]
fn no_retired_word_comes_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    ROOTS.iter().chain(&PAGES).for_each(|path| files(&root.join(path), &mut all));
    let mut found = Vec::new();
    for path in all.iter().filter(|path| !path.ends_with("tests/rust/words.rs")) {
        let text = fs::read_to_string(path).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            for (word, instead) in RETIRED.iter().filter(|(word, _)| has(line, word)) {
                found.push(format!(
                    "{}:{number}: `{word}`: write {instead}",
                    path.strip_prefix(root).unwrap().display()
                ));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// The first words of a doc comment that leave out what it is about: a reader who sees it alone does not know.
const SUBJECTLESS: [&str; 10] =
    ["It ", "Its ", "They ", "Their ", "Those ", "These ", "The same ", "The same:", "Of ", "That, "];

#[test]
fn a_doc_comment_names_its_subject() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for path in ["src", "wasm/src", "js/src"] {
        files(&root.join(path), &mut all);
    }
    let mut found = Vec::new();
    for path in &all {
        let text = fs::read_to_string(path).unwrap();
        let mut above = "";
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let is_doc = |line: &str| ["///", "//!", "/**", "* "].iter().any(|start| line.starts_with(start));
            let said = line.trim_start_matches(['/', '!', '*', ' ']);
            let is_first = is_doc(line) && (!is_doc(above) || above == "/**");
            if is_first && SUBJECTLESS.iter().any(|start| said.starts_with(start)) {
                found.push(format!("{}:{number}: {said}", path.strip_prefix(root).unwrap().display()));
            }
            above = line;
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Whether a line has the word as a whole. Prose is compared without case, a name of the code with it.
fn has(line: &str, word: &str) -> bool {
    let is_prose = word.starts_with(|first: char| first.is_lowercase());
    let line = if is_prose { line.to_lowercase() } else { line.to_owned() };
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !is_letter(before.chars().next_back()) && !is_letter(after.chars().next())
    })
}
