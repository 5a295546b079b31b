//! Names of types and fields, made of names that may hold any text, and texts as literals of both languages.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::text::Add;
use crate::limits::MAX_TYPE_NAME_BYTES;
use crate::redact::is_hidden;
use crate::version::Version;

/// Names that the text around the types uses.
const RESERVED: [&str; 11] = [
    "Array",
    "BTreeMap",
    "Deserialize",
    "EventData",
    "Option",
    "Record",
    "Self",
    "Serialize",
    "String",
    "Value",
    "Vec",
];

/// Words that Rust does not take as names of fields.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The names of one scope, each once.
#[derive(Clone, Debug)]
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// What stands before the number of a name that was taken.
    separator: &'static str,
}

impl Names {
    /// The names of types, without those that the text around them uses.
    pub(super) fn of_types() -> Self {
        Self { taken: RESERVED.iter().map(|name| String::from(*name)).collect(), separator: "" }
    }

    /// The names of fields.
    pub(super) const fn of_fields() -> Self {
        Self { taken: BTreeSet::new(), separator: "_" }
    }

    /// Takes a name: this one, or with a number behind it if it is taken.
    pub(super) fn take(&mut self, name: &str) -> String {
        let mut taken = String::from(name);
        let mut number: usize = 2;
        while !self.taken.insert(taken.clone()) {
            taken = format!("{}{}{number}", name.trim_end_matches('_'), self.separator);
            number = number.saturating_add(1);
        }
        taken
    }
}

/// The words of a name: runs of ASCII letters and digits, cut where a capital letter follows a small one.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars().take(MAX_TYPE_NAME_BYTES) {
        if letter.is_ascii_alphanumeric() {
            let starts =
                !before.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase());
            match words.last_mut().filter(|_| !starts) {
                Some(word) => word.push(letter),
                None => words.push(letter.into()),
            }
        }
        before = letter;
    }
    words
}

/// The name of a type: `activity-created` becomes `ActivityCreated`.
pub(super) fn type_name(name: &str) -> String {
    let mut found = String::new();
    for word in words(name) {
        let mut letters = word.chars();
        found.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        found.push_str(letters.as_str());
    }
    start_with_letter(found, "T", "Unnamed")
}

/// The name of a type within another, of limited length.
pub(super) fn inner_type_name(outer: &str, name: &str) -> String {
    let outer: String = outer.chars().take(MAX_TYPE_NAME_BYTES).collect();
    [outer, type_name(name)].concat()
}

/// The name of a field: `userId` becomes `user_id`, and `type` becomes `type_`.
pub(super) fn field_name(name: &str) -> String {
    let words: Vec<String> = words(name).iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut found = start_with_letter(words.join("_"), "n", "unnamed");
    if KEYWORDS.contains(&found.as_str()) {
        found.push('_');
    }
    found
}

fn start_with_letter(name: String, before: &str, empty: &str) -> String {
    match name.bytes().next() {
        None => empty.into(),
        Some(first) if first.is_ascii_digit() => [before, &name].concat(),
        Some(_) => name,
    }
}

/// The name of a version's module.
pub(super) fn module_name(Version { major, minor, patch }: Version) -> String {
    format!("v{major}_{minor}_{patch}")
}

/// A text in quotes, as TypeScript and Rust both read it. What an editor does not show is escaped.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len().saturating_add(2));
    literal.push('"');
    for letter in text.chars() {
        match letter {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            hidden if is_hidden(hidden) => literal.add(format_args!("\\u{{{:x}}}", u32::from(hidden))),
            shown => literal.push(shown),
        }
    }
    literal.push('"');
    literal
}
