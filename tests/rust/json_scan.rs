//! The scanner of JSON against serde's parser: the same texts are JSON, they break off at the same place (in strings,
//! near it), and strings are read and written alike.

use fastrand::Rng;
use mambo_webhooks::internal::json::{Object, quoted, unquoted, valid};
use serde_json::value::RawValue;

/// What texts are made of: JSON's own words, whole and broken.
const PIECES: [&str; 52] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"a\"",
    "\"b\":",
    "\"a\":{",
    "\"x\":[",
    "{}",
    "[]",
    " ",
    "\n",
    "\t",
    "\r\n",
    "0",
    "-0",
    "1",
    "-",
    "12",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+2",
    "1e",
    "-1.5e-7",
    "true",
    "false",
    "null",
    "tru",
    "nul",
    "True",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\u12\"",
    "\"\\x\"",
    "\"\\\"",
    "\"\\n\"",
    "\"é\"",
    "\"\u{1}\"",
    "é",
    "\u{feff}",
    "\u{a0}",
    "//",
    "'a'",
    "NaN",
    "\"\\\\\"",
];

fn text(random: &mut Rng) -> String {
    let pieces = random.usize(0..12);
    (0..pieces).map(|_| PIECES[random.usize(0..PIECES.len())]).collect()
}

/// JSON of a few levels, with blanks anywhere.
fn json(random: &mut Rng, depth: usize) -> String {
    let blank = ["", "", " ", "\n", " \t"][random.usize(0..5)];
    let value = match random.usize(0..if depth == 0 { 4 } else { 6 }) {
        0 => random.i64(..).to_string(),
        1 => serde_json::to_string(&string(random)).unwrap(),
        2 => ["true", "false", "null", "-0.5e3"][random.usize(0..4)].into(),
        3 => ["{}", "[]", "{ }", "[\n]"][random.usize(0..4)].into(),
        4 => {
            let items: Vec<String> = (0..random.usize(1..4)).map(|_| json(random, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let member = |random: &mut Rng| {
                format!("{blank}{}{blank}:{}", serde_json::to_string(&string(random)).unwrap(), json(random, depth - 1))
            };
            let members: Vec<String> = (0..random.usize(1..4)).map(|_| member(random)).collect();
            format!("{{{}}}", members.join(","))
        }
    };
    format!("{blank}{value}{blank}")
}

fn string(random: &mut Rng) -> String {
    (0..random.usize(0..6))
        .map(|_| [random.char('\0'..='\u{ff}'), random.char(..), '"', '\\'][random.usize(0..4)])
        .collect()
}

fn same(text: &str) {
    match (valid(text), serde_json::from_str::<&RawValue>(text)) {
        (Ok(()), Ok(_)) => {}
        (Err(found), Err(wanted)) => {
            // In strings serde reads four digits at once, and looks for control characters behind itself.
            let in_string =
                ["control character", "invalid escape"].iter().any(|what| wanted.to_string().starts_with(what));
            let wanted_at = (wanted.line(), wanted.column());
            assert!(in_string || (found.line, found.column) == wanted_at, "{text:?}: {found:?}, but serde {wanted}");
        }
        (found, wanted) => panic!("{text:?}: {found:?}, but serde {wanted:?}"),
    }
}

#[test]
fn the_same_texts_are_json_and_break_off_at_the_same_place() {
    let mut random = Rng::with_seed(1);
    let mut broken = 0;
    for _ in 0..200_000 {
        let text = text(&mut random);
        same(&text);
        broken += u32::from(valid(&text).is_err());
    }
    assert!((100_000..200_000).contains(&broken), "{broken} of them are not JSON");
    for _ in 0..20_000 {
        let text = json(&mut random, 4);
        assert_eq!(valid(&text), Ok(()), "{text:?}");
        let cut = text.char_indices().nth(random.usize(0..text.chars().count())).unwrap().0;
        same(&text[..cut]);
    }
}

#[test]
fn an_object_that_is_taken_apart_prints_as_it_came() {
    let mut random = Rng::with_seed(2);
    let mut objects = 0;
    for _ in 0..20_000 {
        let text = json(&mut random, 4);
        if let Some(object) = Object::open(&text) {
            let mut printed = String::new();
            object.print(&mut printed);
            assert_eq!(printed, text.trim_ascii());
            objects += 1;
        }
    }
    assert!(objects > 1000, "{objects} objects");
}

#[test]
fn strings_are_read_and_written_as_serde_does() {
    let mut random = Rng::with_seed(3);
    for _ in 0..100_000 {
        let text = string(&mut random);
        assert_eq!(quoted(&text), serde_json::to_string(&text).unwrap());
        assert_eq!(unquoted(&quoted(&text)), Some(text));
    }
    let escapes = [
        "\"\\u0041\\/\\b\\f\\n\\r\\t\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\uD83Dx\"",
    ];
    for json in escapes {
        assert_eq!(unquoted(json), serde_json::from_str(json).ok(), "{json}");
    }
    for other in ["1", "null", "[\"a\"]", "{}"] {
        assert_eq!(unquoted(other), None);
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    assert_eq!(valid(&deep), Ok(()));
    assert_eq!(valid(&deep[1..]).unwrap_err().column, 1_999_999);
}
