//! Which samples a version takes, what is refused, and that samples match the types made from them.

use mambo_webhooks::shim::{PayloadTypes, Sample, Shims, Strictness, apply};
use mambo_webhooks::{Registry, Version};
use serde_json::{Value, json};

use super::{NEW, sample};
use crate::shim::generate::Case;

#[test]
fn versions_and_the_nearest_samples() {
    let [a, b, c] = [8, 9, 10].map(|major| Version::new(major, 5, 0));
    let samples = [sample("Own", b, r#"{"b":1}"#), sample("Own", c, r#"{"c":1}"#)];
    let types = PayloadTypes::new(&Shims::default(), &samples, &[]).unwrap();
    let mut expected = Registry::builtin().versions().to_vec();
    expected.extend([b, c]);
    assert_eq!(types.versions().collect::<Vec<_>>(), expected);
    let types = PayloadTypes::new(&Shims::default(), &samples, &[c, a, b, Version::new(10, 4, 9)]).unwrap();
    assert_eq!(types.versions().collect::<Vec<_>>(), [a, b, Version::new(10, 4, 9), c]);
    for (version, member) in [(a, "b"), (b, "b"), (Version::new(10, 4, 9), "b"), (c, "c")] {
        let schema: Value = serde_json::from_str(&types.json_schema(version).unwrap()).unwrap();
        assert_eq!(schema["$defs"]["Own"]["required"], json!([member]), "{version}");
    }
    assert_eq!(
        PayloadTypes::new(&Shims::default(), &[samples[1], samples[0]], &[]),
        PayloadTypes::new(&Shims::default(), &samples, &[])
    );
}

#[test]
fn what_cannot_be_typed_is_a_problem() {
    let problems = |samples: &[Sample<'_>], versions: &[Version]| -> Vec<String> {
        let problems = PayloadTypes::new(&Shims::default(), samples, versions).unwrap_err();
        problems.iter().map(|problem| format!("{} {}: {}", problem.code, problem.at, problem.sentence)).collect()
    };
    let samples = [sample("A", NEW, "{}"), sample("A", NEW, "{"), sample("B", NEW, "")];
    assert_eq!(problems(&samples, &[]), ["sample_not_json /1: not JSON", "sample_not_json /2: not JSON"]);
    let versions: Vec<Version> = (0..456).map(|patch| Version::new(9, 0, patch)).collect();
    assert_eq!(problems(&[], &versions), ["types_too_many : 9 event types in 456 versions, allowed 4096 pairs"]);
    // 50 objects of 30 members in 50 versions.
    let letters =
        |index: usize| char::from(b'a' + u8::try_from(index % 26).unwrap()).to_string().repeat(1 + index / 26);
    let wide = |count: usize, value: &str| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{}\":{value}", letters(index))).collect();
        format!("{{{}}}", members.join(","))
    };
    let large = wide(50, &wide(30, "1"));
    let samples = [sample("A", NEW, &large)];
    assert_eq!(problems(&samples, &versions[..50]), ["types_too_many : more than 65536 places"]);
}

/// Whether a value is as a schema says; for the keywords that schemas of payloads have.
fn matches(value: &Value, schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return schema == &Value::Bool(true) };
    let is_type = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    };
    schema.iter().all(|(keyword, rule)| match (keyword.as_str(), value) {
        ("type", _) => rule.as_array().map_or_else(|| is_type(rule), |names| names.iter().any(is_type)),
        ("properties", Value::Object(members)) => {
            rule.as_object().unwrap().iter().all(|(name, rule)| members.get(name).is_none_or(|it| matches(it, rule)))
        }
        ("required", Value::Object(members)) => {
            rule.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
        }
        ("additionalProperties", Value::Object(members)) => members.values().all(|it| matches(it, rule)),
        ("items", Value::Array(items)) => items.iter().all(|item| matches(item, rule)),
        ("properties" | "required" | "additionalProperties" | "items" | "description", _) => true,
        (other, _) => panic!("{other}"),
    })
}

#[test]
fn every_sample_matches_the_types_made_from_it_in_every_version() {
    let mut checked = 0;
    for seed in 0..4000 {
        let case = Case::new(seed);
        let Ok(shims) = Shims::from_json(&case.registry) else { continue };
        let other = Case::new(seed + 1_000_000).body;
        let samples = [sample("Thing", case.low, &case.body), sample("Thing", case.low, &other)];
        let versions = [case.low, case.middle, case.high];
        let types = PayloadTypes::new(&shims, &samples, &versions).unwrap();
        let what = format!("seed {seed}\n{}\n{}\n{other}", case.registry, case.body);
        for version in versions {
            let Some(schema) = types.json_schema(version) else { panic!("{what}") };
            let schema: Value = serde_json::from_str(&schema).unwrap();
            // An event has no types before the version that introduced it.
            let Some(schema) = schema["$defs"].get("Thing") else { continue };
            for data in [&case.body, &other] {
                let plan = shims.plan("Thing", case.low, version);
                let data = apply(plan, data, Strictness::Lenient).unwrap();
                let value: Value = serde_json::from_str(&data.data).unwrap();
                assert!(matches(&value, schema), "{version}: {schema}\n{value}\n{what}");
                checked += 1;
            }
        }
    }
    assert!(checked > 5000, "{checked}");
}

#[test]
fn a_value_that_versions_nest_ever_deeper_has_an_end() {
    let versions: Vec<String> = (1..=300).map(|major| format!("{major}.0.0")).collect();
    let changes: Vec<Value> = versions[1..]
        .iter()
        .map(|since| {
            let ops = json!([{ "op": "wrap", "at": "/a", "key": "a" }]);
            json!({ "id": since, "since": since, "on": { "event": "E" }, "summary": "s.", "lossy": "none", "ops": ops })
        })
        .collect();
    let document = json!({ "format": 1, "versions": versions, "events": { "E": { "model": "M" } },
        "models": { "M": {} }, "changes": changes });
    let shims = Shims::from_json(&document.to_string()).unwrap();
    let versions = [Version::new(1, 0, 0), Version::new(300, 0, 0)];
    let types = PayloadTypes::new(&shims, &[sample("E", versions[0], r#"{"a":1}"#)], &versions).unwrap();
    let text = types.json_schema(versions[1]).unwrap();
    assert!(text.matches("\"a\"").count() < 200, "{text}");
}
