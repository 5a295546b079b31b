//! The shape of payloads: what it lists, what it leaves out, and the laws of merging.

use fastrand::Rng;
use mambo_webhooks::internal::limits::{MAX_SHAPE_LEVELS, MAX_SHAPE_MEMBERS};
use mambo_webhooks::shape::Shape;

use crate::shim::generate::Case;

fn shape(json: &str) -> Shape {
    Shape::of(json).unwrap()
}

#[track_caller]
fn is(json: &str, expected: &str) {
    assert_eq!(shape(json).to_string(), expected, "{json}");
    assert_eq!(Shape::from_json(expected), Ok(shape(json)), "{json}");
}

#[test]
fn lists_members_and_types_without_values() {
    for (json, kind) in [
        ("null", "null"),
        (" true ", "bool"),
        ("\"jane@example.com\"", "text"),
        ("7", "integer"),
        ("-0", "integer"),
        ("9223372036854775807", "integer"),
        ("9223372036854775808", "number"),
        ("7.0", "number"),
        ("7e0", "number"),
        ("[]", "list"),
    ] {
        is(json, &format!("\"{kind}\""));
    }
    is("{}", r#"{"is":"object","objects":1}"#);
    is("[1,2]", r#"{"is":"list","each":"integer"}"#);
    is("[[],[null,1.5,2]]", r#"{"is":"list","each":{"is":"list","each":"null|number"}}"#);
    is(
        r#"[{"a":1,"b":"x"},{"a":null},7]"#,
        r#"{"is":"list","each":{"is":"integer|object","objects":2,"all":{"a":"integer|null"},"some":{"b":"text"}}}"#,
    );
}

#[test]
fn is_none_for_a_text_that_is_not_json() {
    for text in ["", "{", "[1,]", "nul", "{}{}", "01", "\"\u{1}\""] {
        assert_eq!(Shape::of(text), None, "{text}");
    }
}

#[test]
fn the_last_of_a_repeated_name_counts_however_it_is_spelled() {
    is(r#"{"a":1,"\u0061":"x"}"#, r#"{"is":"object","objects":1,"all":{"a":"text"}}"#);
}

#[test]
fn names_that_look_like_ids_are_not_kept() {
    for name in [
        "1",
        "-7",
        "2026-11-27",
        "12345678",
        "user_10001",
        "550e8400-e29b-41d4-a716-446655440000",
        "abcdefab-cdef-abcd-efab-cdefabcdefab",
        "5f3c9a0bdeadbeef",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "jane@example.com",
        "\\ud800",
        &"n".repeat(129),
    ] {
        is(
            &format!(r#"{{"a":true,"{name}":{{"points":1}}}}"#),
            r#"{"is":"object","objects":1,"all":{"a":"bool"},"ids":{"is":"object","objects":1,"all":{"points":"integer"}}}"#,
        );
    }
    for name in ["", "address2", "v1234", "*", "__proto__", "größe", "deadbeef", "aVeryLongNameOfAMemberWithout"] {
        is(&format!(r#"{{"{name}":1}}"#), &format!(r#"{{"is":"object","objects":1,"all":{{"{name}":"integer"}}}}"#));
    }
}

/// An object with this many members, whose names no rule tells from others.
fn many(from: usize, count: usize) -> String {
    let letters =
        |index: usize| -> String { index.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect() };
    let members: Vec<String> = (from..from + count).map(|index| format!("\"n{}\":1", letters(index))).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn an_object_with_many_names_is_a_map() {
    let most = shape(&many(0, MAX_SHAPE_MEMBERS)).to_string();
    assert!(most.starts_with(r#"{"is":"object","objects":1,"all":{"na":"integer","#), "{most}");
    let map = r#"{"is":"object","objects":1,"map":"integer"}"#;
    is(&many(0, MAX_SHAPE_MEMBERS + 1), map);
    // Also when the names come from several payloads, and when a name is new.
    let mut merged = shape(&many(0, 100));
    merged.merge(shape(&many(100, 100)));
    merged.merge(shape(r#"{"other":"x"}"#));
    assert_eq!(merged.to_string(), r#"{"is":"object","objects":3,"map":"integer|text"}"#);
}

#[test]
fn ends_at_32_levels() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(shape(&nested(MAX_SHAPE_LEVELS - 1)).to_string().matches("each").count(), MAX_SHAPE_LEVELS - 1);
    assert!(!shape(&nested(MAX_SHAPE_LEVELS - 1)).to_string().contains("opaque"));
    let deepest = shape(&nested(MAX_SHAPE_LEVELS)).to_string();
    assert!(deepest.contains(r#""each":{"is":"list","opaque":true}"#), "{deepest}");
    assert_eq!(shape(&nested(200_000)).to_string(), deepest);
    assert_eq!(Shape::from_json(&deepest), Ok(shape(&nested(40))));
}

#[test]
fn leaves_out_the_levels_with_which_it_would_be_too_large() {
    // 1 + 60 + 60 × 60 places.
    let inner = many(0, 60);
    let wide = many(0, 60).replace(":1", &format!(":{inner}"));
    let found = shape(&wide).to_string();
    assert_eq!(found.matches(r#"{"is":"object","objects":1,"opaque":true}"#).count(), 60);
    assert_eq!(Shape::from_json(&found), Ok(shape(&wide)));
    // Merging comes to the same.
    let half = |from: usize| many(from, 30).replace(":1", &format!(":{inner}"));
    let mut merged = shape(&half(0));
    assert!(!merged.to_string().contains("opaque"));
    merged.merge(shape(&half(30)));
    assert_eq!(merged.to_string().matches(r#""opaque":true}"#).count(), 60);
}

#[test]
fn a_document_is_refused_with_every_problem() {
    let problems = |text: &str| -> Vec<String> {
        let problems = Shape::from_json(text).unwrap_err();
        problems.iter().map(|problem| format!("{} {}: {}", problem.code, problem.at, problem.sentence)).collect()
    };
    assert_eq!(problems("{"), ["not_json : not JSON at line 1 column 1"]);
    assert_eq!(problems("7"), ["type_wrong : expected an object"]);
    let kinds = "expected types joined by `|`: bool, integer, list, null, number, object, text";
    assert_eq!(problems(r#""string""#), [format!("value_invalid : {kinds}")]);
    assert_eq!(problems(r#"{"all":{"a":"text"}}"#)[0], "member_missing : `is` is missing");
    assert_eq!(problems(r#"{"is":"object","x":1}"#), ["member_unknown : `x` is not known here"]);
    assert_eq!(problems(r#"{"is":"text","each":"text"}"#), ["member_misplaced /each: no type here is `list`"]);
    assert_eq!(problems(r#"{"is":"text","map":"text"}"#), ["member_misplaced /map: no type here is `object`"]);
    let both = r#"{"is":"object","all":{"a":"text"},"some":{"a":"text"}}"#;
    assert_eq!(problems(both), ["member_repeated /some/a: the name is repeated"]);
    let both = r#"{"is":"object","all":{"a":"text"},"map":"text"}"#;
    assert_eq!(problems(both), ["member_misplaced /map: `map` excludes `all`, `some` and `ids`"]);
    let inside = r#"{"is":"list","each":"text","opaque":true}"#;
    assert_eq!(problems(inside), ["member_misplaced : an `opaque` place has members or elements"]);
    let none = r#"{"is":"object","objects":0}"#;
    assert_eq!(problems(none), ["value_invalid /objects: expected 1 or more, and `object` in `is`"]);
    let deep = format!("{}\"text\"{}", r#"{"is":"list","each":"#.repeat(32), "}".repeat(32));
    assert!(Shape::from_json(&deep).is_ok());
    let deeper = format!("{}\"text\"{}", r#"{"is":"list","each":"#.repeat(33), "}".repeat(33));
    assert_eq!(problems(&deeper), [format!("too_deep {}: over 32 levels", "/each".repeat(32))]);
}

/// A hostile payload: names with ids and many of them.
fn hostile(rng: &mut Rng) -> String {
    let mut members: Vec<String> = Vec::new();
    for _ in 0..rng.usize(0..6) {
        let name = ["a", "b", "12345", "*", "\\ud800", "c~d/e"][rng.usize(0..6)];
        let value = match rng.u8(0..6) {
            0 => many(rng.usize(0..200), rng.usize(0..140)),
            1 => "[{},{\"a\":[]}]".into(),
            2 => format!("{}{}", "[".repeat(40), "]".repeat(40)),
            3 => "1".into(),
            4 => "1.5".into(),
            _ => "null".into(),
        };
        members.push(format!("\"{name}\":{value}"));
    }
    format!("{{{}}}", members.join(","))
}

fn bodies(count: u64) -> impl Iterator<Item = [String; 3]> {
    (0..count).map(|seed| {
        let rng = &mut Rng::with_seed(seed);
        [(); 3].map(|()| if rng.bool() { Case::new(rng.u64(..)).body } else { hostile(rng) })
    })
}

#[test]
fn merging_does_not_depend_on_the_order() {
    let merged = |mut one: Shape, other: &Shape| {
        one.merge(other.clone());
        one
    };
    for bodies in bodies(3000) {
        let [a, b, c] = [&bodies[0], &bodies[1], &bodies[2]].map(|body| shape(body));
        assert_eq!(merged(a.clone(), &b), merged(b.clone(), &a), "{bodies:?}");
        let (left, right) = (merged(merged(a.clone(), &b), &c), merged(a.clone(), &merged(b.clone(), &c)));
        assert_eq!(left, right, "{bodies:?}");
        assert_eq!(Shape::from_json(&left.to_string()), Ok(left), "{bodies:?}");
    }
}

#[test]
fn a_payload_has_no_drift_from_a_shape_that_it_is_part_of() {
    for bodies in bodies(3000) {
        let [a, b, c] = [&bodies[0], &bodies[1], &bodies[2]].map(|body| shape(body));
        let mut all = a.clone();
        assert_eq!(all.drifts(&a), [], "{bodies:?}");
        all.merge(b.clone());
        all.merge(c.clone());
        for part in [&a, &b, &c] {
            assert_eq!(all.drifts(part), [], "{bodies:?}");
        }
    }
}
