//! Ops that build on one another, changes of one version that do, and models within themselves.

use mambo_webhooks::shim::{Strictness, apply};
use mambo_webhooks::{Registry, Shims, Version};

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// One change of Ping in 9.0.0 with these ops.
fn chain(lossy: &str, ops: &str) -> String {
    format!(
        r#"{{"format":1,"versions":["9.0.0"],"changes":[{{"id":"c","since":"9.0.0","on":{{"event":"Ping"}},
            "summary":"s","lossy":"{lossy}","ops":[{ops}]}}]}}"#
    )
}

/// The data in the other shape; fails where something is lost.
fn shimmed(registry: &str, event_type: &str, from: &str, to: &str, data: &str) -> String {
    let shims = Shims::from_json(registry).unwrap();
    let shimmed = apply(shims.plan(event_type, version(from), version(to)), data, Strictness::Strict).unwrap();
    assert_eq!(shimmed.losses, [], "{data}");
    shimmed.data.into_owned()
}

fn losses(registry: &str, event_type: &str, from: &str, to: &str, data: &str) -> Vec<(String, &'static str)> {
    let shims = Shims::from_json(registry).unwrap();
    let shimmed = apply(shims.plan(event_type, version(from), version(to)), data, Strictness::Lenient).unwrap();
    shimmed.losses.into_iter().map(|loss| (loss.at, loss.kind.as_str())).collect()
}

#[track_caller]
fn both_ways(registry: &str, event_type: &str, old: &str, new: &str) {
    assert_eq!(shimmed(registry, event_type, "8.10.2", "9.0.0", old), new);
    assert_eq!(shimmed(registry, event_type, "9.0.0", "8.10.2", new), old);
}

fn problems(document: &str) -> Vec<(String, String)> {
    Registry::problems(document).into_iter().map(|problem| (problem.code.to_owned(), problem.at)).collect()
}

#[test]
fn ops_of_one_change_build_on_one_another() {
    let some = r#"{"op":"when","at":"","member":"kind","is":"a","ops":[{"op":"wrap","at":"/p","key":"in"}]},
                  {"op":"rename","at":"/p/x","to":"y"}"#;
    for (lossy, ops, old, new) in [
        ("none", some, r#"{"kind":"b","p":{"x":1}}"#, r#"{"kind":"b","p":{"y":1}}"#),
        ("none", some, r#"{"kind":"a","p":{"x":1}}"#, r#"{"kind":"a","p":{"in":{"x":1}}}"#),
        (
            "down",
            r#"{"op":"wrap","at":"/points","key":"value"},{"op":"add","at":"/points/unit","default":"pts"}"#,
            r#"{"points":5}"#,
            r#"{"points":{"value":5,"unit":"pts"}}"#,
        ),
        (
            "none",
            r#"{"op":"rename","at":"/holder","to":"box"},{"op":"rename","at":"/box/a","to":"b"}"#,
            r#"{"holder":{"a":1}}"#,
            r#"{"box":{"b":1}}"#,
        ),
        (
            "down",
            r#"{"op":"wrap","at":"/tag","key":"name"},{"op":"to_list","at":"/tag"}"#,
            r#"{"tag":"x"}"#,
            r#"{"tag":[{"name":"x"}]}"#,
        ),
        (
            "down",
            r#"{"op":"convert","at":"/at","kind":"seconds_to_millis"},{"op":"convert","at":"/at","kind":"millis_to_rfc3339"}"#,
            r#"{"at":1700000000}"#,
            r#"{"at":"2023-11-14T22:13:20.000Z"}"#,
        ),
        (
            "none",
            r#"{"op":"split","at":"/name","separator":" ","into":["first","n"]},{"op":"convert","at":"/n","kind":"string_to_int"}"#,
            r#"{"name":"Ann 7"}"#,
            r#"{"first":"Ann","n":7}"#,
        ),
        (
            "none",
            r#"{"op":"rename","at":"/a","to":"t"},{"op":"rename","at":"/b","to":"a"},{"op":"rename","at":"/t","to":"b"}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"b":1,"a":2}"#,
        ),
    ] {
        both_ways(&chain(lossy, ops), "Ping", old, new);
    }
}

#[test]
fn one_member_is_pulled_out_and_the_rest_removed() {
    let ops = r#"{"op":"move","from":"/user/id","to":"/userId"},{"op":"remove","at":"/user","default":{}}"#;
    let registry = chain("up", ops);
    let (old, new) = (r#"{"user":{"id":7,"name":"x"}}"#, r#"{"userId":7}"#);
    assert_eq!(losses(&registry, "Ping", "8.10.2", "9.0.0", old), [("/user".to_owned(), "value_dropped")]);
    let shims = Shims::from_json(&registry).unwrap();
    let plan = |from: &str, to: &str| shims.plan("Ping", version(from), version(to));
    assert_eq!(apply(plan("8.10.2", "9.0.0"), old, Strictness::Lenient).unwrap().data, new);
    assert_eq!(apply(plan("9.0.0", "8.10.2"), new, Strictness::Lenient).unwrap().data, r#"{"user":{"id":7}}"#);
}

#[test]
fn changes_of_one_version_build_on_one_another_in_the_documents_order() {
    let registry = r#"{"format":1,"versions":["9.0.0"],"changes":[
        {"id":"first","since":"9.0.0","on":{"event":"Ping"},"summary":"s","lossy":"none",
         "ops":[{"op":"rename","at":"/a","to":"b"}]},
        {"id":"second","since":"9.0.0","on":{"event":"Ping"},"summary":"s","lossy":"none",
         "ops":[{"op":"wrap","at":"/b","key":"value"}]}]}"#;
    both_ways(registry, "Ping", r#"{"a":1}"#, r#"{"b":{"value":1}}"#);
}

#[test]
fn inner_places_come_before_those_that_hold_them() {
    let registry = r#"{"format":1,"versions":["9.0.0"],
        "events":{"CommentCreated":{"model":"Post"}},
        "models":{"Post":{"contains":[{"at":"/c","model":"Comment"}]},
                  "Comment":{"contains":[{"at":"/parent","model":"Comment"}]}},
        "changes":[
          {"id":"holder","since":"9.0.0","on":{"model":"Post"},"summary":"s","lossy":"none",
           "ops":[{"op":"rename","at":"/c","to":"comment"}]},
          {"id":"names","since":"9.0.0","on":{"model":"Comment"},"summary":"s","lossy":"none",
           "ops":[{"op":"rename","at":"/parent","to":"ancestor"},{"op":"rename","at":"/text","to":"body"}]}]}"#;
    let old = r#"{"c":{"text":1,"parent":{"text":2,"parent":{"text":3}}}}"#;
    let new = r#"{"comment":{"body":1,"ancestor":{"body":2,"ancestor":{"body":3}}}}"#;
    both_ways(registry, "CommentCreated", old, new);
}

#[test]
fn a_model_within_itself_is_followed_eight_levels_and_what_is_deeper_is_listed() {
    let registry = r#"{"format":1,"versions":["9.0.0"],
        "events":{"CommentCreated":{"model":"Comment"}},
        "models":{"Comment":{"contains":[{"at":"/replies/*","model":"Comment"}]}},
        "changes":[{"id":"c","since":"9.0.0","on":{"model":"Comment"},"summary":"s","lossy":"none",
                    "ops":[{"op":"rename","at":"/text","to":"body"}]}]}"#;
    let tree = |levels: usize, name: &str| {
        (0..levels).fold(format!(r#"{{"{name}":0}}"#), |inner, _| format!(r#"{{"{name}":1,"replies":[{inner}]}}"#))
    };
    both_ways(registry, "CommentCreated", &tree(8, "text"), &tree(8, "body"));
    let at = "/replies/0".repeat(9);
    for (from, to, name) in [("8.10.2", "9.0.0", "text"), ("9.0.0", "8.10.2", "body")] {
        assert_eq!(losses(registry, "CommentCreated", from, to, &tree(10, name)), [(at.clone(), "too_deep")]);
    }
    let shims = Shims::from_json(registry).unwrap();
    let plan = shims.plan("CommentCreated", version("8.10.2"), version("9.0.0"));
    let error = apply(plan, &tree(9, "text"), Strictness::Strict).unwrap_err().to_string();
    let sentence = "a model within itself goes deeper than changes are followed";
    assert_eq!(error, format!("change `c` does not fit at {at}: {sentence}"));
}

#[test]
fn null_is_a_value_that_when_can_ask_for() {
    let ops = r#"{"op":"when","at":"","member":"deleted","is":null,"ops":[{"op":"rename","at":"/a","to":"b"}]}"#;
    both_ways(&chain("none", ops), "Ping", r#"{"deleted":null,"a":1}"#, r#"{"deleted":null,"b":1}"#);
    both_ways(&chain("none", ops), "Ping", r#"{"a":1}"#, r#"{"a":1}"#);
}

#[test]
fn a_number_in_a_pointer_is_an_element_of_a_list_or_a_member() {
    let registry = chain("none", r#"{"op":"rename","at":"/list/0/x","to":"y"}"#);
    both_ways(&registry, "Ping", r#"{"list":[{"x":1},{"x":2}]}"#, r#"{"list":[{"y":1},{"x":2}]}"#);
    both_ways(&registry, "Ping", r#"{"list":{"0":{"x":1}}}"#, r#"{"list":{"0":{"y":1}}}"#);
    let registry = chain("none", r#"{"op":"move","from":"/list/1/x","to":"/list/1/in/y"}"#);
    both_ways(&registry, "Ping", r#"{"list":[0,{"z":0,"x":1}]}"#, r#"{"list":[0,{"z":0,"in":{"y":1}}]}"#);
}

#[test]
fn values_are_compared_as_json_values() {
    let removed = |default: &str, body: &str| {
        let registry = chain("up", &format!(r#"{{"op":"remove","at":"/a","default":{default}}}"#));
        losses(&registry, "Ping", "8.10.2", "9.0.0", &format!(r#"{{"a":{body}}}"#))
    };
    for (default, body) in [
        ("[]", "[ ]"),
        (r#""\u00e9""#, "\"é\""),
        ("7", "7.0"),
        ("0", "-0"),
        ("1500", "1.5e3"),
        (r#"{"x":1,"y":[2]}"#, r#"{ "y": [ 2 ], "\u0078": 1 }"#),
        (r#"{"x":1}"#, r#"{"x":0,"x":1}"#),
    ] {
        assert_eq!(removed(default, body), [], "{default} {body}");
    }
    for (default, body) in [
        ("[]", "[0]"),
        ("{}", "[]"),
        ("7", "\"7\""),
        ("12345678901234567890", "12345678901234567891"),
        (r#""\ud800""#, r#""\ud801""#),
        (r#"{"x":1}"#, r#"{"x":1,"y":1}"#),
    ] {
        assert_eq!(removed(default, body), [("/a".to_owned(), "value_dropped")], "{default} {body}");
    }
    let registry = chain("none", r#"{"op":"convert","at":"/n","kind":"string_to_int"}"#);
    assert_eq!(shimmed(&registry, "Ping", "8.10.2", "9.0.0", r#"{"n":"\u0037"}"#), r#"{"n":7}"#);
    let registry = chain("none", r#"{"op":"convert","at":"/n","kind":"int_to_string"}"#);
    assert_eq!(shimmed(&registry, "Ping", "8.10.2", "9.0.0", r#"{"n":7.0}"#), r#"{"n":"7"}"#);
}

#[test]
fn what_can_never_apply_is_refused() {
    for (lossy, ops, at) in [
        ("none", r#"{"op":"rename","at":"/a","to":"b"},{"op":"rename","at":"/a","to":"c"}"#, "/changes/0/ops/1"),
        ("none", r#"{"op":"rename","at":"/a","to":"b"},{"op":"rename","at":"/a/x","to":"y"}"#, "/changes/0/ops/1"),
        ("none", r#"{"op":"wrap","at":"/a","key":"k"},{"op":"rename","at":"/a/x","to":"y"}"#, "/changes/0/ops/1"),
        ("down", r#"{"op":"to_list","at":"/a"},{"op":"rename","at":"/a/x","to":"y"}"#, "/changes/0/ops/1"),
        (
            "none",
            r#"{"op":"convert","at":"/a","kind":"int_to_string"},{"op":"rename","at":"/a/x","to":"y"}"#,
            "/changes/0/ops/1",
        ),
        (
            "none",
            r#"{"op":"rename","at":"/kind","to":"type"},
               {"op":"when","at":"","member":"kind","is":"x","ops":[{"op":"rename","at":"/a","to":"b"}]}"#,
            "/changes/0/ops/1",
        ),
    ] {
        assert_eq!(problems(&chain(lossy, ops)), [("op_dead".to_owned(), at.to_owned())], "{ops}");
    }
}

#[test]
fn a_contains_that_was_not_dated_after_its_holder_was_renamed_is_refused() {
    let registry = |until: &str| {
        format!(
            r#"{{"format":1,"versions":["9.0.0","9.1.0"],
            "events":{{"E":{{"model":"Outer"}}}},
            "models":{{"Outer":{{"contains":[{{"at":"/inner","model":"Inner"{until}}}]}},"Inner":{{}}}},
            "changes":[{{"id":"moved","since":"9.0.0","on":{{"model":"Outer"}},"summary":"s","lossy":"none",
                        "ops":[{{"op":"rename","at":"/inner","to":"core"}}]}},
                      {{"id":"late","since":"9.1.0","on":{{"model":"Inner"}},"summary":"s","lossy":"none",
                        "ops":[{{"op":"rename","at":"/a","to":"b"}}]}}]}}"#
        )
    };
    let found = Registry::problems(&registry(""));
    let sentences: Vec<&str> = found.iter().map(|problem| problem.sentence.as_str()).collect();
    assert_eq!(sentences, ["it never applies: change `moved` leaves nothing of the kind there, in E"]);
    let dated = r#","until":"9.0.0"},{"at":"/core","model":"Inner","since":"9.0.0""#;
    assert_eq!(problems(&registry(dated)), []);
}

#[test]
fn only_what_is_ambiguous_is_refused_beside_it() {
    let twice = r#"{"op":"rename","at":"/a","to":"c"},{"op":"rename","at":"/b","to":"c"}"#;
    assert_eq!(problems(&chain("none", twice)), [("op_overlap".to_owned(), "/changes/0/ops/1".to_owned())]);
    let onto = r#"{"op":"convert","at":"/b","kind":"int_to_string"},{"op":"rename","at":"/a","to":"b"}"#;
    assert_eq!(problems(&chain("none", onto)), [("op_overlap".to_owned(), "/changes/0/ops/1".to_owned())]);
    let wrapped = r#"{"op":"wrap","at":"/p","key":"v"},{"op":"add","at":"/p/v","default":1}"#;
    assert_eq!(problems(&chain("down", wrapped)), [("op_overlap".to_owned(), "/changes/0/ops/1".to_owned())]);
}
