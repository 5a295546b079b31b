//! The differences between registries and between versions, and what an edited registry may not change.

use mambo_webhooks::shim::{
    ChangeStatus, Compatibility, EventStatus, RegistryDiff, Shims, changed_since, diff, diff_versions,
};
use mambo_webhooks::{Registry, Version};
use serde_json::{Value, json};

/// Two event types that hold one model, three versions, and these changes.
fn document(changes: &Value) -> Value {
    json!({
        "format": 1, "versions": ["9.0.0", "9.1.0", "9.2.0"],
        "events": { "Made": { "model": "Whole" }, "Sold": { "model": "Whole", "introduced": "9.0.0" } },
        "models": { "Whole": { "contains": [{ "at": "/parts/*", "model": "Part" }] }, "Part": {} },
        "changes": changes,
    })
}

fn change(id: &str, since: &str, on: &str, lossy: &str, ops: &Value) -> Value {
    json!({ "id": id, "since": since, "on": { "model": on }, "summary": format!("{id} is so."), "lossy": lossy, "ops": ops })
}

fn rename() -> Value {
    change("name", "9.0.0", "Part", "none", &json!([{ "op": "rename", "at": "/a", "to": "b" }]))
}

fn add() -> Value {
    let within = json!([{ "op": "add", "at": "/new", "default": { "x": 1 } }]);
    let ops = json!([
        { "op": "add", "at": "/c", "default": null },
        { "op": "when", "at": "", "member": "kind", "is": "k", "ops": within },
    ]);
    change("more", "9.1.0", "Whole", "down", &ops)
}

fn remove() -> Value {
    change("less", "9.2.0", "Whole", "up", &json!([{ "op": "remove", "at": "/d", "default": "" }]))
}

fn registry(document: &Value) -> Registry {
    Registry::from_json(&document.to_string()).unwrap()
}

fn lines(diff: &RegistryDiff) -> Vec<String> {
    let line = |event_type: &str, change: &mambo_webhooks::shim::ChangeDiff| {
        let (status, compatibility) = (change.status.as_str(), change.compatibility.as_str());
        format!("{event_type} {} {} {status} {compatibility}", change.id, change.since)
    };
    diff.events.iter().flat_map(|event| event.changes.iter().map(|it| line(&event.event_type, it))).collect()
}

#[test]
fn lists_what_applies_between_two_versions() {
    let shims = Shims::from_json(&document(&json!([rename(), add(), remove()])).to_string()).unwrap();
    let between = |event_type, from: &str, to: &str| {
        lines(&diff_versions(&shims, event_type, from.parse().unwrap(), to.parse().unwrap()))
    };
    assert_eq!(
        between(None, "8.10.2", "9.2.0"),
        [
            "Made name 9.0.0 applied breaking",
            "Made more 9.1.0 applied additive",
            "Made less 9.2.0 applied breaking_data_lost",
            // The event type came with 9.0.0.
            "Sold more 9.1.0 applied additive",
            "Sold less 9.2.0 applied breaking_data_lost",
        ]
    );
    assert_eq!(
        between(Some("Made"), "9.2.0", "8.10.2"),
        [
            "Made less 9.2.0 undone additive",
            "Made more 9.1.0 undone breaking_data_lost",
            "Made name 9.0.0 undone breaking",
        ]
    );
    assert_eq!(between(Some("Made"), "9.0.0", "9.0.5"), [""; 0]);
    assert_eq!(between(Some("Unknown"), "8.0.0", "9.2.0"), [""; 0]);
}

#[test]
fn prints_markdown_and_json() {
    let shims = Shims::from_json(&document(&json!([rename(), add(), remove()])).to_string()).unwrap();
    let all = diff_versions(&shims, Some("Made"), Version::new(8, 10, 2), Version::new(9, 2, 0));
    let expected = "\
# Payload differences

## Made

- `name`, since 9.0.0: breaking. name is so.
  - `/parts/*/a` is called `b`
- `more`, since 9.1.0: additive. more is so.
  - `/c` is new; payloads without it get `null`
  - where `` has `kind` = `\"k\"`: `/new` is new; payloads without it get `{\"x\":1}`
- `less`, since 9.2.0: breaking, data is lost. less is so.
  - `/d` is gone; older readers get `\"\"`
";
    assert_eq!(all.to_string(), expected);
    let back = diff_versions(&shims, Some("Made"), Version::new(9, 0, 0), Version::new(8, 10, 2));
    let expected = "\
# Payload differences

## Made

- `name`, since 9.0.0, undone: breaking. name is so.
  - `/parts/*/b` is called `a`
";
    assert_eq!(back.to_string(), expected);
    let expected = r#"{"breaking":true,"events":[{"eventType":"Made","status":"changed","changes":[{"id":"name","since":"9.0.0","status":"undone","compatibility":"breaking","summary":"name is so.","ops":["`/parts/*/b` is called `a`"]}]}]}"#;
    assert_eq!(back.to_json(), expected);
    let json: Value = serde_json::from_str(&all.to_json()).unwrap();
    assert_eq!(json["events"][0]["changes"][1]["ops"][0], "`/c` is new; payloads without it get `null`");
    let none = diff_versions(&shims, None, Version::new(9, 0, 0), Version::new(9, 0, 0));
    assert_eq!(none.to_string(), "# Payload differences\n\nNo payload has another shape.\n");
    assert_eq!(none.to_json(), r#"{"breaking":false,"events":[]}"#);
    assert!(none.is_empty() && !none.is_breaking() && all.is_breaking());
}

#[test]
fn lists_the_differences_of_two_registries() {
    let mut edited = rename();
    edited["ops"][0]["to"] = "c".into();
    let older = registry(&document(&json!([rename(), remove()])));
    let newer = registry(&document(&json!([edited, add()])));
    assert_eq!(
        lines(&diff(&older, &newer)),
        [
            "Made less 9.2.0 undone additive",
            "Made name 9.0.0 edited breaking",
            "Made more 9.1.0 applied additive",
            "Sold less 9.2.0 undone additive",
            "Sold more 9.1.0 applied additive",
        ]
    );
    assert_eq!(diff(&older, &older), RegistryDiff::default());
    // The change is the same, its place is not.
    let mut moved = document(&json!([rename(), remove()]));
    moved["models"]["Whole"]["contains"][0]["at"] = "/pieces/*".into();
    assert_eq!(lines(&diff(&older, &registry(&moved))), ["Made name 9.0.0 edited breaking"]);
    // The change's summary is another, its ops are not.
    let mut reworded = document(&json!([rename(), remove()]));
    reworded["changes"][0]["summary"] = "in other words.".into();
    assert!(diff(&older, &registry(&reworded)).is_empty());
    let with_events = diff(&Registry::builtin(), &older);
    let events: Vec<_> = with_events.events.iter().map(|event| (event.event_type.as_str(), event.status)).collect();
    assert_eq!(events, [("Made", EventStatus::New), ("Sold", EventStatus::New)]);
    assert!(!with_events.is_breaking());
    let without = diff(&older, &Registry::builtin());
    assert_eq!(without.events[0].status, EventStatus::Gone);
    assert!(without.is_breaking());
    assert!(without.to_string().ends_with("## Sold\n\nThe event type is gone: breaking.\n"));
}

#[test]
fn a_change_that_only_adds_is_additive_and_any_other_is_breaking() {
    for (op, lossy, up, down) in [
        (json!({ "op": "add", "at": "/a", "default": 1 }), "down", "additive", "breaking_data_lost"),
        (json!({ "op": "remove", "at": "/a", "default": 1 }), "up", "breaking_data_lost", "additive"),
        (json!({ "op": "rename", "at": "/a", "to": "b" }), "none", "breaking", "breaking"),
        (json!({ "op": "move", "from": "/a", "to": "/b/c" }), "none", "breaking", "breaking"),
        (json!({ "op": "wrap", "at": "/a", "key": "b" }), "none", "breaking", "breaking"),
        (json!({ "op": "unwrap", "at": "/a", "key": "b" }), "none", "breaking", "breaking"),
        (json!({ "op": "to_list", "at": "/a" }), "down", "breaking", "breaking_data_lost"),
        (json!({ "op": "head", "at": "/a" }), "up", "breaking_data_lost", "breaking"),
        (json!({ "op": "convert", "at": "/a", "kind": "int_to_string" }), "none", "breaking", "breaking"),
        (json!({ "op": "map_value", "at": "/a", "pairs": [["x", "y"]] }), "none", "breaking", "breaking"),
        (json!({ "op": "split", "at": "/a", "separator": " ", "into": ["b", "c"] }), "none", "breaking", "breaking"),
    ] {
        let document = document(&json!([change("c", "9.1.0", "Whole", lossy, &json!([op]))]));
        let shims = Shims::from_json(&document.to_string()).unwrap();
        let (old, new) = (Version::new(9, 0, 0), Version::new(9, 1, 0));
        let found = diff_versions(&shims, Some("Made"), old, new);
        let back = diff_versions(&shims, Some("Made"), new, old);
        let of = |diff: &RegistryDiff| diff.events[0].changes[0].compatibility.as_str();
        assert_eq!((of(&found), of(&back)), (up, down), "{document}");
        assert_eq!(back.events[0].changes[0].status, ChangeStatus::Undone);
    }
    assert!(Compatibility::Additive < Compatibility::Breaking);
}

/// Code, place and sentence of each problem of an edited document.
fn problems(published: &Value, edited: &Value) -> Vec<String> {
    let found = changed_since(&registry(published), &registry(edited));
    assert!(found.iter().all(|problem| !problem.hint.is_empty()));
    found.iter().map(|problem| format!("{} {}: {}", problem.code, problem.at, problem.sentence)).collect()
}

#[test]
fn what_is_published_may_be_extended() {
    let published = document(&json!([rename(), add()]));
    assert_eq!(problems(&published, &published), [""; 0]);
    let mut newer = remove();
    newer["since"] = "9.3.0".into();
    let mut edited = document(&json!([newer, rename(), add()]));
    edited["versions"] = json!(["8.5.0", "9.0.0", "9.1.0", "9.2.0", "9.3.0"]);
    edited["changes"][1]["summary"] = "in other words.".into();
    edited["changes"][1]["why"] = "why not.".into();
    edited["events"]["Later"] = json!({ "model": "Whole", "introduced": "9.3.0" });
    edited["models"]["Whole"]["contains"] =
        json!([{ "at": "/parts/*", "model": "Part" }, { "at": "/more/*", "model": "Part", "since": "9.3.0" }]);
    assert_eq!(problems(&published, &edited), [""; 0]);
    assert_eq!(changed_since(&Registry::builtin(), &registry(&published)), []);
}

#[test]
fn what_is_published_may_not_be_edited() {
    let published = document(&json!([rename(), add()]));
    assert_eq!(
        problems(&published, &document(&json!([rename()]))),
        ["change_removed /changes: published change `more` is gone"]
    );
    let mut edited = published.clone();
    edited["changes"][0]["ops"][0]["to"] = "c".into();
    edited["changes"][0]["since"] = "9.1.0".into();
    edited["changes"][1]["on"] = json!({ "event": "Made" });
    assert_eq!(
        problems(&published, &edited),
        [
            "change_edited /changes/0/since: published change `name` was edited",
            "change_edited /changes/0/ops: published change `name` was edited",
            "change_edited /changes/1/on: published change `more` was edited",
        ]
    );
    let inserted = document(&json!([rename(), remove(), add()]));
    let expected = "change_inserted /changes/1/since: change `less` is new, but version 9.2.0 is published";
    assert_eq!(problems(&published, &inserted), [expected]);
    let mut without = published.clone();
    without["versions"] = json!(["9.0.0", "9.1.0"]);
    assert_eq!(problems(&published, &without), ["version_removed /versions: published version 9.2.0 is gone"]);
    let mut without = published.clone();
    without["events"].as_object_mut().unwrap().remove("Sold");
    assert_eq!(problems(&published, &without), ["event_removed /events: published event type `Sold` is gone"]);
}

#[test]
fn published_changes_keep_their_order_and_their_places() {
    let mut other = rename();
    (other["id"], other["ops"][0]) = ("other".into(), json!({ "op": "wrap", "at": "/z", "key": "y" }));
    let published = document(&json!([rename(), other, add()]));
    let expected = "change_moved /changes/0: published change `other` came after `name`";
    assert_eq!(problems(&published, &document(&json!([other, rename(), add()]))), [expected]);
    // Another version between does no harm.
    assert_eq!(problems(&published, &document(&json!([add(), rename(), other]))), [""; 0]);
    let mut moved = published.clone();
    moved["models"]["Whole"]["contains"][0]["at"] = "/pieces/*".into();
    let expected = "places_changed /events/Made: published change `name` applies to other places of `Made`";
    assert_eq!(problems(&published, &moved), [expected]);
    let mut later = published.clone();
    later["events"]["Sold"]["introduced"] = "9.1.0".into();
    let expected = "places_changed /events/Sold: published change `more` applies to other places of `Sold`";
    assert_eq!(problems(&published, &later), [expected]);
    let mut more = published.clone();
    more["events"]["Sold"]["introduced"] = Value::Null;
    let expected = "places_changed /events/Sold: published change `name` applies to other places of `Sold`";
    assert_eq!(problems(&published, &more), [expected]);
}
