//! The rule of pinning, by the docs' own example; what is unknown is a value; the built-in registry and its page.

use std::fs;

use mambo_webhooks::shim::{Strictness, VersionStatus, apply, changelog};
use mambo_webhooks::{KeyRing, Profile, Receiver, Registry, Shims, TargetVersion, UnixMillis, Verified, Version};

/// The example of docs.mambo.io/administrators/account/webhooks: a fixture, not a fact.
const EXAMPLE: &str = include_str!("../../../examples/registry/payload-9.0.0.json");

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn shimmed(shims: &Shims, event_type: &str, from: &str, to: &str, data: &str) -> String {
    apply(shims.plan(event_type, version(from), version(to)), data, Strictness::Strict).unwrap().data.into_owned()
}

#[test]
fn pinned_keeps_the_old_name_and_latest_switches() {
    let shims = Shims::from_json(EXAMPLE).unwrap();
    let (old, new) = (r#"{"exampleField":"value"}"#, r#"{"newExampleField":"value"}"#);
    for (what, made_by, endpoint, data, expected) in [
        ("pinned to 8.0.3, the server runs 8.10.2", "8.10.2", "8.0.3", old, old),
        ("latest, the server runs 8.10.2", "8.10.2", "8.10.2", old, old),
        ("pinned to 8.0.3, the server runs 9.0.0", "9.0.0", "8.0.3", new, old),
        ("latest, the server runs 9.0.0", "9.0.0", "9.0.0", new, new),
        ("latest, made before the upgrade, retried after it", "8.10.2", "9.0.0", old, new),
        ("the pin was upgraded to 9.0.0", "9.0.0", "9.0.0", new, new),
        ("pinned between two versions", "9.0.0", "8.20.0", new, old),
    ] {
        assert_eq!(shimmed(&shims, "PointWalletUpdated", made_by, endpoint, data), expected, "{what}");
    }
}

#[test]
fn an_event_that_came_after_the_pin_is_pinned_at_its_first_shape() {
    let shims = Shims::from_json(
        r#"{"format":1,"versions":["9.0.0","9.1.0","9.2.0"],
            "events":{"Later":{"model":"Later","introduced":"9.1.0"}},
            "models":{"Later":{}},
            "changes":[{"id":"c","since":"9.2.0","on":{"model":"Later"},"summary":"b is called c.","lossy":"none",
                        "ops":[{"op":"rename","at":"/b","to":"c"}]}]}"#,
    )
    .unwrap();
    // Pinned to 8.0.3: the event is in the shape of 9.1.0, where it came from, and stays so in 9.2.0.
    assert_eq!(shimmed(&shims, "Later", "9.1.0", "8.0.3", r#"{"b":1}"#), r#"{"b":1}"#);
    assert_eq!(shimmed(&shims, "Later", "9.2.0", "8.0.3", r#"{"c":1}"#), r#"{"b":1}"#);
    assert_eq!(shimmed(&shims, "Later", "9.2.0", "9.2.0", r#"{"c":1}"#), r#"{"c":1}"#);
    assert_eq!(shimmed(&shims, "Later", "8.0.3", "9.2.0", r#"{"b":1}"#), r#"{"c":1}"#);
}

#[test]
fn unknown_event_types_and_versions_are_values() {
    let shims = Shims::from_json(EXAMPLE).unwrap();
    assert!(shims.plan("NobodyKnows", version("1.0.0"), version("99.0.0")).is_identity());
    let status = |text: &str| shims.version_status(Some(version(text)));
    assert_eq!(status("9.0.0"), VersionStatus::Listed);
    assert_eq!(status("8.5.0"), VersionStatus::Between);
    assert_eq!(status("9.0.1"), VersionStatus::Newer);
    assert_eq!(status("1.0.0"), VersionStatus::Older);
    assert_eq!(shims.version_status(None), VersionStatus::Unknown);
    let words = ["9.0.0", "8.5.0", "9.0.1", "1.0.0"].map(|text| status(text).as_str());
    assert_eq!(words, ["listed", "between", "newer", "older"]);
    assert_eq!(shims.version_status(None).as_str(), "unknown");
}

#[test]
fn a_model_inside_another_is_changed_where_it_is_at_that_time() {
    let shims = Shims::from_json(
        r#"{"format":1,"versions":["9.0.0","9.1.0","9.2.0"],
            "models":{"Activity":{"contains":[{"at":"/awarded/*/prizes","model":"Prizes","until":"9.1.0"},
                                              {"at":"/rewards/*/prizes","model":"Prizes","since":"9.1.0"}]},"Prizes":{}},
            "changes":[
              {"id":"early","since":"9.0.0","on":{"model":"Prizes"},"summary":"a is called b.","lossy":"none",
               "ops":[{"op":"rename","at":"/a","to":"b"}]},
              {"id":"moved","since":"9.1.0","on":{"model":"Activity"},"summary":"awarded is called rewards.","lossy":"none",
               "ops":[{"op":"rename","at":"/awarded","to":"rewards"}]},
              {"id":"late","since":"9.2.0","on":{"model":"Prizes"},"summary":"b is called c.","lossy":"none",
               "ops":[{"op":"rename","at":"/b","to":"c"}]}]}"#,
    )
    .unwrap();
    let (old, new) = (r#"{"awarded":[{"prizes":{"a":1}},{}]}"#, r#"{"rewards":[{"prizes":{"c":1}},{}]}"#);
    assert_eq!(shimmed(&shims, "ActivityCreated", "8.10.2", "9.2.0", old), new);
    assert_eq!(shimmed(&shims, "ActivityCreated", "9.2.0", "8.10.2", new), old);
}

/// One change of Ping in 9.0.0, with these ops.
fn ping_change(lossy: &str, ops: &str) -> Shims {
    Shims::from_json(&format!(
        r#"{{"format":1,"versions":["8.10.2","9.0.0"],"changes":[{{"id":"c","since":"9.0.0","on":{{"event":"Ping"}},
            "summary":"s","lossy":"{lossy}","ops":[{ops}]}}]}}"#
    ))
    .unwrap()
}

/// The data in the other version's shape, and the losses.
fn both_ways(shims: &Shims, from: &str, to: &str, data: &str) -> (String, Vec<&'static str>) {
    let shimmed = apply(shims.plan("Ping", version(from), version(to)), data, Strictness::Lenient).unwrap();
    let losses = shimmed.losses.iter().map(|loss| loss.kind.as_str()).collect();
    (shimmed.data.into_owned(), losses)
}

#[test]
fn values_outside_of_a_table_follow_the_policy_of_their_direction() {
    let op = |rest: &str| format!(r#"{{"op":"map_value","at":"/s","pairs":[["old","new"]]{rest}}}"#);
    let up = |shims: &Shims, data| both_ways(shims, "8.10.2", "9.0.0", data);
    let down = |shims: &Shims, data| both_ways(shims, "9.0.0", "8.10.2", data);
    let lossy_down = ping_change("down", &op(r#","downOther":{"to":"old"}"#));
    assert_eq!(down(&lossy_down, r#"{"s":"extra"}"#), (r#"{"s":"old"}"#.into(), vec!["value_merged"]));
    assert_eq!(up(&lossy_down, r#"{"s":"extra"}"#), (r#"{"s":"extra"}"#.into(), vec![]));
    let lossy_up = ping_change("up", &op(r#","upOther":{"to":"new"}"#));
    assert_eq!(up(&lossy_up, r#"{"s":"extra"}"#), (r#"{"s":"new"}"#.into(), vec!["value_merged"]));
    assert_eq!(down(&lossy_up, r#"{"s":"extra"}"#), (r#"{"s":"extra"}"#.into(), vec![]));
    let strict_down = ping_change("none", &op(r#","downOther":"error""#));
    let plan = strict_down.plan("Ping", version("9.0.0"), version("8.10.2"));
    let refused = apply(plan, r#"{"s":"extra"}"#, Strictness::Strict).unwrap_err();
    assert_eq!(refused.code().as_str(), "shim_conflict");
    assert_eq!(up(&strict_down, r#"{"s":"extra"}"#), (r#"{"s":"extra"}"#.into(), vec![]));
}

#[test]
fn parts_that_would_come_apart_otherwise_are_a_loss() {
    let shims = ping_change("none", r#"{"op":"join","at":"/name","separator":"--","from":["first","last"]}"#);
    let joined = |data| both_ways(&shims, "8.10.2", "9.0.0", data);
    assert_eq!(joined(r#"{"first":"a-","last":"b"}"#), (r#"{"name":"a---b"}"#.into(), vec!["value_merged"]));
    assert_eq!(joined(r#"{"first":"a--x","last":"b"}"#), (r#"{"name":"a--x--b"}"#.into(), vec!["value_merged"]));
    assert_eq!(joined(r#"{"first":"a","last":"-b--c"}"#), (r#"{"name":"a---b--c"}"#.into(), vec![]));
}

#[test]
fn blanks_around_data_are_no_part_of_it() {
    let shims = ping_change("down", r#"{"op":"to_list","at":""}"#);
    assert_eq!(both_ways(&shims, "8.10.2", "9.0.0", "null\n").0, "[]");
    assert_eq!(both_ways(&shims, "8.10.2", "9.0.0", " 1\n").0, "[1]");
}

#[test]
fn as_deep_as_a_registry_may_nest_is_printed_without_trouble() {
    let registry = |count: usize| {
        let versions: Vec<String> = (0..=count).map(|minor| format!("\"9.{minor}.0\"")).collect();
        let wrap = |minor: usize| {
            format!(
                r#"{{"id":"c{minor}","since":"9.{minor}.0","on":{{"event":"Ping"}},"summary":"s","lossy":"none",
                    "ops":[{{"op":"wrap","at":"","key":"in"}}]}}"#
            )
        };
        let changes: Vec<String> = (1..=count).map(wrap).collect();
        format!(r#"{{"format":1,"versions":[{}],"changes":[{}]}}"#, versions.join(","), changes.join(","))
    };
    let shims = Shims::from_json(&registry(2048)).unwrap();
    let (deep, losses) = both_ways(&shims, "9.0.0", "9.2048.0", "{}");
    assert_eq!((deep.len(), losses), (2048 * r#"{"in":}"#.len() + 2, vec![]));
    assert_eq!(both_ways(&shims, "9.2048.0", "9.0.0", &deep).0, "{}");
    let refused = Shims::from_json(&registry(2049)).unwrap_err().to_string();
    let sentence = "registry: changes can nest values of Ping 2049 levels deep, allowed 2048";
    assert!(refused.starts_with(sentence), "{refused}");
}

#[test]
fn an_unsigned_header_names_the_release_only_where_the_body_says_nothing() {
    let profile = Profile::from_json(r#"{"envelope":{"versionHeader":"x-version"}}"#).unwrap();
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap()).profile(profile).unwrap();
    let received = |body: &str| {
        let verified = Verified::assume_verified(body.as_bytes(), UnixMillis(0));
        receiver.open(verified, &[("x-version", "8.0.3")]).unwrap().received_version
    };
    assert_eq!(received(r#"{"event":"Ping","data":{}}"#), Some(version("8.0.3")));
    assert_eq!(received(r#"{"event":"Ping","version":"9.0.0","data":{}}"#), Some(version("9.0.0")));
    assert_eq!(received(r#"{"event":"Ping","version":"9.0","data":{}}"#), None);
}

#[test]
fn a_bare_ping_is_one_in_any_spelling() {
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    for (body, event_type) in [
        (r#"{"message":"ping"}"#, Some("Ping")),
        (r#"{ "message" : "p\u0069ng" }"#, Some("Ping")),
        (r#"{"message":"pong"}"#, None),
        (r#"{"message":["ping"]}"#, None),
    ] {
        let received =
            receiver.open(Verified::assume_verified(body.as_bytes(), UnixMillis(0)), &[("none", "")]).unwrap();
        assert_eq!(received.event.event_type(), event_type, "{body}");
    }
}

#[test]
fn strict_refuses_what_lenient_lists() {
    let shims = Shims::from_json(EXAMPLE).unwrap();
    let plan = || shims.plan("PointWalletUpdated", version("8.0.3"), version("9.0.0"));
    let both = r#"{"exampleField":1,"newExampleField":2}"#;
    let error = apply(plan(), both, Strictness::Strict).unwrap_err();
    assert_eq!(error.to_string(), "change `wallet-example-field` does not fit at the top: both names are present");
    let lenient = apply(plan(), both, Strictness::Lenient).unwrap();
    assert_eq!(lenient.data, r#"{"newExampleField":2}"#);
    let losses: Vec<_> = lenient.losses.iter().map(|loss| (loss.at.as_str(), loss.kind.as_str())).collect();
    assert_eq!(losses, [("/newExampleField", "both_present")]);
}

#[test]
fn a_received_event_has_the_data_that_apply_makes_of_it() {
    let shims = Shims::from_json(EXAMPLE).unwrap();
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap())
        .shims(shims.clone())
        .target_version(TargetVersion::Latest)
        .event_type("PointWalletUpdated")
        .pinned(version("8.0.3"));
    let datas = [
        r#"{"exampleField":1}"#,
        " {\t\"exampleField\" : { \"a\":[1.0 , {}]} , \"other\":\"\\u00e9\" ,\n\"exampleField\":2 } ",
        r#"{"exampleField":1,"newExampleField":{"exampleField":3}}"#,
        r#"{"other":{"exampleField":{"exampleField":[]}}}"#,
        "{ }",
        r#"[{"exampleField":1}]"#,
        "12345678901234567890",
        "\"exampleField\"",
        "null",
    ];
    let envelope = |data: &str| format!("{{\"data\":{{}}, \"event\": \"PointWalletUpdated\",\"data\" :{data}}}");
    for data in datas {
        let plan = shims.plan("PointWalletUpdated", version("8.0.3"), version("9.0.0"));
        let expected = apply(plan, data.trim(), Strictness::Lenient).unwrap();
        for body in [envelope(data), data.to_owned()] {
            let verified = Verified::assume_verified(body.as_bytes(), UnixMillis(0));
            let received = receiver.open(verified, &[("none", "")]).unwrap();
            assert_eq!(received.event.json(), expected.data, "{body}");
            assert_eq!(received.applied, expected.applied, "{body}");
            assert_eq!(received.losses, expected.losses, "{body}");
        }
    }
}

#[test]
fn the_page_of_payload_changes_is_the_registry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/PAYLOADS.md");
    let expected = changelog(&Registry::builtin());
    if std::env::var_os("MAMBO_BLESS").is_some() {
        fs::write(path, &expected).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), expected, "MAMBO_BLESS=1 writes the page anew");
}

#[test]
fn a_change_reads_as_a_section() {
    let registry = Registry::from_json(EXAMPLE).unwrap();
    let text = changelog(&registry);
    let section = "# Payload changes\n\n## 9.0.0\n\n### wallet-example-field\n\nexampleField is called \
                   newExampleField.\n\nOn PointWallet, in PointWalletUpdated.\n\n- `/exampleField` is called \
                   `newExampleField`\n\n## Deprecated\n";
    assert!(text.starts_with(section), "{text}");
}

#[test]
fn when_changes_those_objects_only_that_say_what_they_are() {
    let shims = Shims::from_json(
        r#"{"format":1,"versions":["9.0.0"],
            "changes":[{"id":"c","since":"9.0.0","on":{"event":"NotificationCreated"},"summary":"s.","lossy":"none",
                        "ops":[{"op":"when","at":"/awarded/*","member":"type","is":"reward",
                                "ops":[{"op":"rename","at":"/b","to":"c"},{"op":"rename","at":"/d","to":"e"}]}]}]}"#,
    )
    .unwrap();
    for (old, new) in [
        (r#"{"awarded":[{"type":"reward","b":1,"d":2}]}"#, r#"{"awarded":[{"type":"reward","c":1,"e":2}]}"#),
        (r#"{"awarded":[{"type":"reward","b":1}]}"#, r#"{"awarded":[{"type":"reward","c":1}]}"#),
        (r#"{"awarded":[{"type":"reward","d":1}]}"#, r#"{"awarded":[{"type":"reward","e":1}]}"#),
        (r#"{"awarded":[{"type":"kpi","b":1},{}]}"#, r#"{"awarded":[{"type":"kpi","b":1},{}]}"#),
        (
            r#"{"awarded":[{"type":"kpi","b":1},{"b":2,"type":"\u0072eward"}]}"#,
            r#"{"awarded":[{"type":"kpi","b":1},{"c":2,"type":"\u0072eward"}]}"#,
        ),
    ] {
        assert_eq!(shimmed(&shims, "NotificationCreated", "8.10.2", "9.0.0", old), new);
        assert_eq!(shimmed(&shims, "NotificationCreated", "9.0.0", "8.10.2", new), old);
    }
}

#[test]
fn where_parts_and_whole_are_both_present_the_newer_shape_stays() {
    let registry = |op: &str| {
        let text = r#"{"format":1,"versions":["9.0.0"],
            "changes":[{"id":"c","since":"9.0.0","on":{"event":"NotificationCreated"},"summary":"s.","lossy":"none","ops":[OP]}]}"#;
        Shims::from_json(&text.replace("OP", op)).unwrap()
    };
    let split = registry(r#"{"op":"split","at":"/name","separator":" ","into":["first","last"]}"#);
    let join = registry(r#"{"op":"join","at":"/name","separator":" ","from":["first","last"]}"#);
    let (older, newer) = ("8.10.2", "9.0.0");
    for (shims, from, to, data, expected) in [
        (&split, older, newer, r#"{"name":"a b","first":"x"}"#, r#"{"first":"x"}"#),
        (&split, newer, older, r#"{"first":"a","last":"b","name":"old"}"#, r#"{"name":"a b"}"#),
        (&join, older, newer, r#"{"first":"a","last":"b","name":"new"}"#, r#"{"name":"new"}"#),
        (&join, newer, older, r#"{"name":"a b","first":"x"}"#, r#"{"first":"a","last":"b"}"#),
    ] {
        let plan = shims.plan("NotificationCreated", version(from), version(to));
        let found = apply(plan, data, Strictness::Lenient).unwrap();
        assert_eq!(found.data, expected, "{data}");
        assert_eq!(found.losses.iter().map(|loss| loss.kind.as_str()).collect::<Vec<_>>(), ["both_present"], "{data}");
        let error = apply(plan, data, Strictness::Strict).unwrap_err();
        assert_eq!(error.to_string(), "change `c` does not fit at the top: the parts and the whole are present");
    }
}
