//! Every problem of a registry document, by its code, place and sentence; all of them at once.

use mambo_webhooks::shim::Problem;
use mambo_webhooks::{Error, Registry, Shims};
use serde_json::{Value, json};

fn problems(document: &str) -> Vec<(String, String, String)> {
    let line = |problem: Problem| (problem.code.to_owned(), problem.at, problem.sentence);
    Registry::problems(document).into_iter().map(line).collect()
}

/// A document with one change that has these ops.
fn change(lossy: &str, ops: Value) -> Value {
    json!({
        "format": 1, "versions": ["9.0.0"],
        "changes": [{ "id": "c", "since": "9.0.0", "on": { "model": "Activity" }, "summary": "s", "lossy": lossy, "ops": ops }],
    })
}

#[track_caller]
fn one(document: &Value, code: &str, at: &str, sentence: &str) {
    assert_eq!(problems(&document.to_string()), [(code.to_owned(), at.to_owned(), sentence.to_owned())]);
}

#[track_caller]
fn one_op(op: Value, code: &str, sentence: &str) {
    one(&change("none", json!([op])), code, "/changes/0/ops/0", sentence);
}

#[test]
fn what_is_wrong_with_a_part_is_no_problem_of_those_that_name_it() {
    let document = json!({
        "format": 1, "versions": ["9.0.0"],
        "events": { "E": { "model": "M", "introduced": "nine", "source": 1 } },
        "models": { "M": { "source": true, "contains": [{ "at": "/n", "model": "N", "x": 1 }] }, "N": {} },
        "changes": [
            { "id": "c", "since": "9.0.0", "on": { "event": "E", "x": 1 }, "summary": "s", "why": 1, "lossy": "none",
              "ops": [{ "op": "rename", "at": "/a", "to": "b" }] },
            { "id": "d", "since": "9.0.0", "on": { "model": "Nope", "x": 1 }, "summary": "s", "lossy": "none",
              "ops": [{ "op": "rename", "at": "/n/a", "to": "b" }] },
        ],
    });
    let found = problems(&document.to_string());
    let found: Vec<(&str, &str)> = found.iter().map(|(code, at, _)| (code.as_str(), at.as_str())).collect();
    let expected = [
        ("value_invalid", "/events/E/introduced"),
        ("type_wrong", "/events/E/source"),
        ("member_unknown", "/models/M/contains/0"),
        ("type_wrong", "/models/M/source"),
        ("member_unknown", "/changes/0/on"),
        ("type_wrong", "/changes/0/why"),
        ("member_unknown", "/changes/1/on"),
        ("target_unknown", "/changes/1/on"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_document_that_is_not_of_the_form_is_refused_with_its_place() {
    let found = problems("{");
    assert_eq!(found, [("not_json".into(), String::new(), "not JSON at line 1 column 1".into())]);
    one(&json!([]), "type_wrong", "", "expected an object");
    one(&json!({}), "member_missing", "", "`format` is missing");
    one(&json!({ "format": 2 }), "format_unknown", "/format", "expected format 1");
    one(&json!({ "format": 1, "version": [] }), "member_unknown", "", "`version` is not known here");
    let found = problems(r#"{"format":1,"format":1}"#);
    assert_eq!(found, [("member_repeated".into(), String::new(), "`format` stands twice".into())]);
    one(&json!({ "format": 1, "versions": "9.0.0" }), "type_wrong", "/versions", "expected an array");
    let sentence = "expected three numbers joined by dots, such as 8.10.2";
    for text in ["9", "9.0", "9.0.0.0", "v9.0.0", "9.0.0-rc1", "09.0.0", "9..0", "", "4294967296.0.0"] {
        one(&json!({ "format": 1, "versions": [text] }), "value_invalid", "/versions/0", sentence);
    }
    let unordered = json!({ "format": 1, "versions": ["9.10.0", "9.9.0"] });
    one(&unordered, "versions_unordered", "/versions/1", "not newer than the one before");
    let both = json!({ "format": 1, "versions": ["9.0.0"], "changes": [{ "id": "c", "since": "9.0.0",
        "on": { "model": "Activity", "event": "Ping" }, "summary": "s", "lossy": "none", "ops": [] }] });
    one(&both, "type_wrong", "/changes/0/on", "expected either `model` or `event`");
}

#[test]
fn ops_that_cannot_be_read() {
    let names = "expected one of `rename`, `move`, `add`, `remove`, `wrap`, `unwrap`, `to_list`, `head`, `map_value`, \
                 `convert`, `split`, `join`, `when`";
    one(&change("none", json!([{ "op": "replace" }])), "type_wrong", "/changes/0/ops/0/op", names);
    let start = json!([{ "op": "rename", "at": "a", "to": "b" }]);
    one(&change("none", start), "pointer_malformed", "/changes/0/ops/0/at", "a pointer starts with `/` or is empty");
    let tilde = json!([{ "op": "head", "at": "/~3" }]);
    one(&change("up", tilde), "pointer_malformed", "/changes/0/ops/0/at", "`~` is followed by 0, 1 or 2");
    let none = json!([{ "op": "add", "at": "/a" }]);
    one(&change("down", none), "member_missing", "/changes/0/ops/0", "`default` is missing");
    let three = json!([{ "op": "map_value", "at": "/a", "pairs": [[1, 2, 3]] }]);
    one(
        &change("none", three),
        "type_wrong",
        "/changes/0/ops/0/pairs/0",
        "expected two values, the older and the newer",
    );
    let float = json!([{ "op": "map_value", "at": "/a", "pairs": [[1.5, 2]] }]);
    let scalar = "expected text, a whole number, true, false or null";
    one(&change("none", float), "type_wrong", "/changes/0/ops/0/pairs/0/0", scalar);
    let nested = json!([{ "op": "when", "at": "", "member": "t", "is": 1, "ops": [
        { "op": "when", "at": "", "member": "u", "is": 1, "ops": [] }] }]);
    let names = names.strip_suffix(", `when`").unwrap();
    one(&change("none", nested), "type_wrong", "/changes/0/ops/0/ops/0/op", names);
}

#[test]
fn ops_that_make_no_sense() {
    let whole = "expected a pointer to a member";
    one_op(json!({ "op": "rename", "at": "", "to": "b" }), "pointer_whole", whole);
    one_op(json!({ "op": "rename", "at": "/a/*", "to": "b" }), "pointer_whole", whole);
    one_op(json!({ "op": "rename", "at": "/a", "to": "a" }), "op_idle", "the new name is the old one");
    let elements = "from and to are not members of the same elements";
    one_op(json!({ "op": "move", "from": "/a/*/b", "to": "/c" }), "move_elements", elements);
    one_op(json!({ "op": "move", "from": "/a/*/b", "to": "/c/*/b" }), "move_elements", elements);
    one_op(json!({ "op": "move", "from": "/a/*", "to": "/b" }), "move_elements", elements);
    one_op(json!({ "op": "move", "from": "/a", "to": "/a/b" }), "op_overlap", "one of from and to holds the other");
    let pairs = "expected at least one pair, and none twice";
    one_op(json!({ "op": "map_value", "at": "/a", "pairs": [] }), "pairs_repeated", pairs);
    let parts = "expected a separator and two or more parts, each once";
    one_op(json!({ "op": "split", "at": "/a", "separator": " ", "into": ["b"] }), "parts_wrong", parts);
    one_op(json!({ "op": "split", "at": "/a", "separator": " ", "into": ["b", "b"] }), "parts_wrong", parts);
    one_op(json!({ "op": "join", "at": "/a", "separator": " ", "from": ["a", "b"] }), "parts_wrong", parts);
    let guard = "an op changes the member that tells which objects are meant";
    let when = json!({ "op": "when", "at": "/x/*", "member": "t", "is": "u",
        "ops": [{ "op": "rename", "at": "/t", "to": "v" }] });
    one_op(when, "guard_unstable", guard);
}

#[test]
fn ops_that_get_in_each_others_way() {
    let gone = json!([{ "op": "rename", "at": "/a", "to": "b" }, { "op": "wrap", "at": "/a/x", "key": "k" }]);
    let dead = "it never applies: another op leaves nothing of the kind there";
    one(&change("none", gone), "op_dead", "/changes/0/ops/1", dead);
    let twice = json!([{ "op": "rename", "at": "/a", "to": "c" }, { "op": "rename", "at": "/b", "to": "c" }]);
    one(
        &change("none", twice),
        "op_overlap",
        "/changes/0/ops/1",
        "another op has already written what this one writes",
    );
    one(&change("none", json!([])), "ops_missing", "/changes/0/ops", "a change without ops");
}

#[test]
fn changes() {
    let wrong = change("none", json!([{ "op": "add", "at": "/a", "default": null }]));
    one(&wrong, "lossy_wrong", "/changes/0/lossy", "lossy is `none`, but the ops come to `down`");
    let rename = |id: &str, since: &str, on: Value, at: &str| {
        json!({ "id": id, "since": since, "on": on, "summary": "s", "lossy": "none",
            "ops": [{ "op": "rename", "at": at, "to": "renamed" }] })
    };
    let document = |changes: Value| json!({ "format": 1, "versions": ["9.0.0"], "changes": changes });
    let activity = || json!({ "model": "Activity" });
    let unlisted = document(json!([rename("c", "9.1.0", activity(), "/a")]));
    one(&unlisted, "since_unlisted", "/changes/0/since", "9.1.0 is no listed version");
    let first = document(json!([rename("c", "6.2.5", activity(), "/a")]));
    one(&first, "since_first", "/changes/0/since", "6.2.5 is the first version");
    let unknown = document(json!([rename("c", "9.0.0", json!({ "model": "Activty" }), "/a")]));
    one(&unknown, "target_unknown", "/changes/0/on", "`Activty` is unknown");
    let unknown = document(json!([rename("c", "9.0.0", json!({ "event": "Pong" }), "/a")]));
    one(&unknown, "target_unknown", "/changes/0/on", "`Pong` is unknown");
    let gone = document(json!([
        rename("c", "9.0.0", activity(), "/a"),
        rename("d", "9.0.0", json!({ "event": "ActivityCreated" }), "/a/b"),
    ]));
    let sentence = "it never applies: change `c` leaves nothing of the kind there, in ActivityCreated";
    one(&gone, "op_dead", "/changes/1/ops/0", sentence);
    let taken = document(json!([rename("c", "9.0.0", activity(), "/a"), rename("d", "9.0.0", activity(), "/b")]));
    let sentence = "change `c` has already written what this one writes, in ActivityAwardedAdded";
    one(&taken, "op_overlap", "/changes/1/ops/0", sentence);
    let mut dead = document(json!([rename("c", "9.0.0", json!({ "event": "Late" }), "/a")]));
    dead.as_object_mut()
        .unwrap()
        .insert("events".into(), json!({ "Late": { "model": "Ping", "introduced": "9.0.0" } }));
    one(&dead, "change_dead", "/changes/0/since", "every event that carries it came later");
}

#[test]
fn models() {
    let document = json!({ "format": 1, "events": { "New": { "model": "Nothing" } } });
    one(&document, "model_unknown", "/events/New/model", "model `Nothing` is unknown");
    let circle = json!({ "format": 1, "models": { "A": { "contains": [{ "at": "", "model": "A" }] } } });
    let pair = |next: usize| json!({ "contains": [{ "at": "/a", "model": format!("M{next}") }, { "at": "/b", "model": format!("M{next}") }] });
    let mut many: serde_json::Map<String, Value> =
        (0..30).map(|index| (format!("M{index}"), pair(index + 1))).collect();
    many.insert("M30".into(), json!({}));
    let many = json!({ "format": 1, "versions": ["9.0.0"], "events": { "Deep": { "model": "M0" } }, "models": many,
        "changes": [{ "id": "c", "since": "9.0.0", "on": { "model": "M30" }, "summary": "s", "lossy": "none",
                      "ops": [{ "op": "rename", "at": "/a", "to": "b" }] }] });
    one(&many, "places_too_many", "/models", "Deep holds models in over 1024 places, or too deep");
    one(&circle, "contains_cycle", "/models/A/contains/0", "`A` contains itself at the same place");
}

#[test]
fn all_problems_come_at_once() {
    let document = json!({
        "format": 1,
        "versions": ["9.0", "9.0.0"],
        "events": { "New": {} },
        "changes": [
            { "id": "", "since": "9.0.0", "on": {}, "lossy": "some", "ops": [{ "op": "rename", "at": "x" }] },
        ],
        "more": true,
    });
    let found = problems(&document.to_string());
    let codes: Vec<String> = found.into_iter().map(|(code, at, _)| format!("{code} {at}")).collect();
    assert_eq!(
        codes,
        [
            "value_invalid /versions/0",
            "member_missing /events/New",
            "value_invalid /changes/0/id",
            "type_wrong /changes/0/on",
            "member_missing /changes/0",
            "type_wrong /changes/0/lossy",
            "pointer_malformed /changes/0/ops/0/at",
            "member_missing /changes/0/ops/0",
            "member_unknown ",
        ]
    );
}

#[test]
fn every_problem_has_a_hint_or_says_what_was_expected() {
    let documents = [
        json!({ "format": 2 }),
        change("none", json!([])),
        change("none", json!([{ "op": "rename", "at": "a", "to": "b" }])),
    ];
    for document in documents {
        let problems = Registry::problems(&document.to_string());
        assert!(!problems.is_empty());
        assert!(problems.iter().all(|problem| !problem.hint.is_empty()), "{problems:?}");
    }
}

#[test]
fn nothing_is_said_twice_in_two_ways() {
    let found = problems(r#"{"format":1,"events":{"New":{"model":"Ping"},"New":{"model":"User"}}}"#);
    assert_eq!(found, [("member_repeated".into(), "/events/New".into(), "it stands twice".into())]);
    let document = |removal: &str| {
        json!({ "format": 1, "deprecations": [{ "id": "user-points", "model": "User", "at": "/points",
            "since": "7.6.0", "removal": removal, "source": "s" }] })
    };
    let problems = Registry::problems(&document("never").to_string());
    let listed: Vec<_> = problems.iter().map(|problem| (problem.code, problem.sentence.as_str())).collect();
    assert_eq!(listed, [("merge_conflict", "deprecation `user-points` is already there with other content")]);
}

#[test]
fn refuses_what_a_document_says_twice() {
    let rename = json!({ "id": "c", "since": "9.0.0", "on": { "event": "Ping" }, "summary": "s.", "lossy": "none",
        "ops": [{ "op": "rename", "at": "/message", "to": "text" }] });
    let gone = json!({ "id": "d", "model": "User", "at": "/points", "since": "7.6.0", "source": "s" });
    let document =
        json!({ "format": 1, "versions": ["9.0.0"], "changes": [rename, rename], "deprecations": [gone, gone] });
    let found: Vec<_> = problems(&document.to_string()).into_iter().map(|(code, at, _)| (code, at)).collect();
    let repeated = |at: &str| (String::from("id_repeated"), String::from(at));
    let dead = (String::from("op_dead"), String::from("/changes/1/ops/0"));
    assert_eq!(found, [repeated("/deprecations/1"), repeated("/changes/1"), dead]);
    let sentence = "registry: id `d` is used twice at /deprecations/1 (1 of 3 problems)";
    let said = |error: Error| error.to_string();
    assert_eq!(Registry::from_json(&document.to_string()).map_err(said), Err(sentence.into()));
    assert_eq!(Shims::from_json(&document.to_string()).map(|_| ()).map_err(said), Err(sentence.into()));
}

#[test]
fn what_each_part_allows_does_not_multiply_without_end() {
    let event_types: serde_json::Map<String, Value> =
        (0..300).map(|number| (format!("K{number}"), json!({ "model": "Activity" }))).collect();
    let changes: Vec<Value> = (0..300)
        .map(|number| {
            json!({ "id": format!("c{number}"), "since": "9.0.0", "on": { "model": "Activity" }, "summary": "s",
                "lossy": "none", "ops": [{ "op": "rename", "at": format!("/m{number}"), "to": format!("n{number}") }] })
        })
        .collect();
    let document = json!({ "format": 1, "versions": ["8.0.0", "9.0.0"], "events": event_types, "models": { "Activity": {} },
        "changes": changes });
    let sentence = "changes apply at over 65536 places of events";
    one(&document, "places_too_many", "/models", sentence);
}
