//! Drift: each difference from the payloads before is reported once, and a watch stays within its bounds.

use mambo_webhooks::internal::limits::{MAX_DRIFTS, MAX_WATCHED_VERSIONS};
use mambo_webhooks::shape::{DriftKind, DriftWatch, Shape};

/// Observes and returns kinds and sentences.
fn seen(watch: &mut DriftWatch, version: Option<&str>, data: &str) -> Vec<String> {
    let drifts = watch.observe("Thing", version, data);
    drifts.iter().map(|drift| format!("{}: {drift}", drift.kind.as_str())).collect()
}

#[track_caller]
fn once(watch: &mut DriftWatch, data: &str, expected: &[&str]) {
    assert_eq!(seen(watch, None, data), expected, "{data}");
    assert_eq!(seen(watch, None, data), [""; 0], "a second time: {data}");
}

#[test]
fn each_difference_is_reported_once() {
    let mut watch = DriftWatch::default();
    once(&mut watch, r#"{"id":"a","list":[],"deep":{"n":1},"by":{"12345":{"x":1}}}"#, &[]);
    once(&mut watch, r#"{"id":"b","note":"n"}"#, &["new_member: /note is new, of type text"]);
    once(
        &mut watch,
        r#"{"id":null,"deep":{"n":1.5}}"#,
        &["other_type: /deep/n is number, expected integer", "other_type: /id is null, expected text"],
    );
    // An integer is a number.
    once(&mut watch, r#"{"id":"c","deep":{"n":2}}"#, &[]);
    // The elements of lists that were always empty were not known.
    once(&mut watch, r#"{"list":[{"a":1}]}"#, &[]);
    once(
        &mut watch,
        r#"{"list":[{"a":1,"b":[true]},{"c/~*":{}}]}"#,
        &["new_member: /list/*/b is new, of type list", "new_member: /list/*/c~1~0* is new, of type object"],
    );
    once(
        &mut watch,
        r#"{"by":{"67890":{"x":"1","*":1}}}"#,
        &["new_member: /by/*/~2 is new, of type integer", "other_type: /by/*/x is text, expected integer"],
    );
    once(&mut watch, r#"{"deep":{"12345":1}}"#, &["new_member: /deep/* is new, of type integer"]);
    once(&mut watch, "[]", &["other_type: the top is list, expected object"]);
    once(&mut watch, "not JSON", &[]);
}

#[test]
fn a_member_is_missed_when_twenty_objects_had_it() {
    let (whole, part) = (r#"{"a":{"b":1},"list":[{"c":1},{"c":2}]}"#, r#"{"a":{},"list":[{"c":1},{}]}"#);
    let mut watch = DriftWatch::default();
    for _ in 0..19 {
        assert_eq!(seen(&mut watch, None, whole), [""; 0]);
    }
    let early = watch.clone();
    // There were two elements in each of the payloads.
    let missing_element = "missing_member: /list/*/c is missing, expected integer";
    assert_eq!(seen(&mut watch, None, part), [missing_element]);
    let mut watch = early;
    assert_eq!(seen(&mut watch, None, whole), [""; 0]);
    once(&mut watch, part, &["missing_member: /a/b is missing, expected integer", missing_element]);
    once(&mut watch, r#"{"list":[]}"#, &["missing_member: /a is missing, expected object"]);
    once(&mut watch, whole, &[]);
    once(&mut watch, part, &[]);
}

#[test]
fn a_version_is_new_if_another_was_there() {
    let mut watch = DriftWatch::default();
    assert_eq!(seen(&mut watch, Some("8.10.2"), r#"{"a":1}"#), [""; 0]);
    assert_eq!(seen(&mut watch, Some("9.0.0"), r#"{"b":1}"#), ["new_version: version 9.0.0 is new, known are 8.10.2"]);
    assert_eq!(seen(&mut watch, Some("9.0.0"), r#"{"b":1}"#), [""; 0]);
    let none = "new_version: version none is new, known are 8.10.2, 9.0.0";
    assert_eq!(seen(&mut watch, None, "{}"), [none]);
    assert_eq!(watch.observe("Other", Some("7.0.0"), "{}"), []);
    assert_eq!(watch.shape("Thing", Some("8.10.2")), Shape::of(r#"{"a":1}"#).as_ref());
    assert_eq!(watch.shape("Thing", Some("7.0.0")), None);
}

#[test]
fn what_is_declared_counts_as_seen() {
    let declared = r#"{"format":1,"events":{"Thing":{"":{"is":"object","all":{"a":"text"},"some":{"n":"integer"}}}}}"#;
    let mut watch = DriftWatch::from_json(declared).unwrap();
    once(
        &mut watch,
        r#"{"n":1,"b":true}"#,
        &["missing_member: /a is missing, expected text", "new_member: /b is new, of type bool"],
    );
    let mut watch = DriftWatch::from_json(declared).unwrap();
    assert_eq!(seen(&mut watch, Some("9.0.0"), "{}"), ["new_version: version 9.0.0 is new, known are none"]);
}

#[test]
fn a_watch_goes_on_from_its_document() {
    let mut watch = DriftWatch::default();
    for data in [r#"{"a":1,"\"*":[{}]}"#, r#"{"a":1,"12345":null}"#] {
        watch.observe("Th\"ing", Some("9.0.0"), data);
        watch.observe("Other", None, data);
    }
    let document = watch.to_string();
    let shape = r#"{"is":"object","objects":2,"all":{"a":"integer"},"some":{"\"*":{"is":"list","each":{"is":"object","objects":1}}},"ids":"null"}"#;
    let expected = format!(r#"{{"format":1,"events":{{"Other":{{"":{shape}}},"Th\"ing":{{"9.0.0":{shape}}}}}}}"#);
    assert_eq!(document, expected);
    assert_eq!(DriftWatch::from_json(&document), Ok(watch));
    assert_eq!(DriftWatch::from_json(r#"{"format":1}"#), Ok(DriftWatch::default()));
}

#[test]
fn a_document_of_a_watch_is_refused_with_every_problem() {
    let problems = |text: &str| -> Vec<String> {
        let problems = DriftWatch::from_json(text).unwrap_err();
        problems.iter().map(|problem| format!("{} {}: {}", problem.code, problem.at, problem.sentence)).collect()
    };
    assert_eq!(problems(r#"{"format":2}"#), ["format_unknown /format: expected format 1"]);
    let found = problems(r#"{"format":1,"events":{"A":{"1":"x","1":"text"},"B":[],"A":{}},"full":1}"#);
    let kinds = "expected types joined by `|`: bool, integer, list, null, number, object, text";
    let expected = [
        "type_wrong /full: expected true or false",
        &format!("value_invalid /events/A/1: {kinds}"),
        "type_wrong /events/B: expected an object",
        "member_repeated /events/A: the name is repeated",
    ];
    assert_eq!(found, expected);
    let name = "n".repeat(129);
    let long = problems(&format!(r#"{{"format":1,"events":{{"{name}":{{}}}}}}"#));
    assert_eq!(long, [format!("value_invalid /events/{name}: a name of 129 bytes, allowed 128")]);
    let many: Vec<String> = (0..257).map(|index| format!("\"{index}\":\"text\"")).collect();
    let many = problems(&format!(r#"{{"format":1,"events":{{"A":{{{}}}}}}}"#, many.join(",")));
    assert_eq!(many, ["versions_too_many /events: 257 versions of event types, allowed 256"]);
}

#[test]
fn a_full_watch_says_so_once_and_goes_on_with_what_it_holds() {
    let mut watch = DriftWatch::default();
    for index in 0..MAX_WATCHED_VERSIONS {
        assert_eq!(watch.observe(&format!("Type {index}"), None, r#"{"a":1}"#), []);
    }
    let full = watch.observe("One more", None, "{}");
    assert_eq!(full[0].to_string(), "the watch is full: too many versions of event types, allowed 256");
    assert_eq!((full.len(), full[0].kind), (1, DriftKind::WatchFull));
    assert_eq!(watch.observe("One more", None, "{}"), []);
    assert_eq!(watch.observe("And one more", None, "{}"), []);
    assert_eq!(watch.observe("Type 7", None, r#"{"a":"x"}"#)[0].kind, DriftKind::OtherType);
    assert_eq!(watch.observe("Type 7", None, r#"{"a":"x"}"#), []);
    assert!(watch.to_string().ends_with("},\"full\":true}"));
    assert_eq!(DriftWatch::from_json(&watch.to_string()), Ok(watch));
}

#[test]
fn a_watch_holds_a_bounded_number_of_places() {
    let letters = |index: usize| -> String {
        format!("{index:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    };
    let wide = |from: usize| -> String {
        let members: Vec<String> = (from..from + 100).map(|index| format!("\"{}\":1", letters(index))).collect();
        format!("{{{}}}", members.join(","))
    };
    // Twenty lists of a hundred members: 2,021 places an event type.
    let large = |from: usize| -> String {
        let lists: Vec<String> = (0..20).map(|index| format!("\"l{}\":{}", letters(index), wide(from))).collect();
        format!("{{{}}}", lists.join(","))
    };
    let mut watch = DriftWatch::default();
    for index in 0..8 {
        assert_eq!(watch.observe(&format!("Type {index}"), None, &large(0)), []);
    }
    assert_eq!(watch.observe("Small", None, &wide(0)), []);
    let full = watch.observe("One more", None, &large(0));
    assert_eq!(full[0].to_string(), "the watch is full: too many places, allowed 16384");
    let before = watch.clone();
    assert_eq!(watch.observe("Type 7", None, &large(0)), []);
    // What fits is still learned, what does not is not.
    assert_eq!(watch.observe("Small", None, &wide(10))[0].kind, DriftKind::NewMember);
    let grown = watch.clone();
    let two = format!("[{},{}]", wide(0), large(0));
    assert_eq!(watch.observe("Small", None, &two), []);
    assert_eq!(watch, grown);
    assert_ne!(watch, before);
    // A comparison has an end, too.
    let mut watch = DriftWatch::default();
    watch.observe("Thing", None, "{}");
    assert_eq!(watch.observe("Thing", None, &wide(0)).len(), MAX_DRIFTS);
}

#[test]
fn nothing_of_a_payload_but_names_is_in_a_watch() {
    let mut watch = DriftWatch::default();
    watch.observe("Thing", None, r#"{"email":"jane","users":{"jane@example.com":{"age":77}},"t":["jane"]}"#);
    let shown = [format!("{watch:?}"), watch.to_string()];
    for text in shown {
        assert!(!text.contains("jane") && !text.contains("77"), "{text}");
    }
}
