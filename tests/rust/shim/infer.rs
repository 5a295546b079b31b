//! Inference of a payload change from samples: each op by itself, and each doubt.

use mambo_webhooks::Version;
use mambo_webhooks::shim::{InferRequest, Inference, SamplePair, infer};
use serde_json::{Value, json};

/// Infers from pairs of values.
fn inferred(pairs: &[(Value, Value)]) -> Inference {
    let texts: Vec<(String, String)> = pairs.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
    let pairs: Vec<SamplePair<'_>> = texts.iter().map(|(old, new)| SamplePair { old, new }).collect();
    let found = infer(&InferRequest::event("PointWalletUpdated", Version::new(9, 0, 0), &pairs)).unwrap();
    assert_eq!(mambo_webhooks::Registry::problems(&found.registry), []);
    found
}

/// The ops that are inferred, which must explain every pair in both directions.
fn ops(pairs: &[(Value, Value)]) -> Vec<Value> {
    let found = inferred(pairs);
    assert_eq!((found.unexplained.len(), found.not_restored.len()), (0, 0), "{}", found.registry);
    found.ops.iter().map(|op| serde_json::from_str(&op.json).unwrap()).collect()
}

/// Eight pairs from what the older and the newer shape are made of: a number and a word that differ in each.
fn eight(make: impl Fn(i64, &str) -> (Value, Value)) -> Vec<(Value, Value)> {
    let words = ["red", "green", "blue", "white", "black", "brown", "pink", "grey"];
    (101..).zip(words).map(|(number, word)| make(number, word)).collect()
}

/// The codes of the doubts, each once.
fn codes(found: &Inference) -> Vec<&'static str> {
    let mut codes: Vec<&str> = found.doubts.iter().map(|doubt| doubt.code).collect();
    codes.dedup();
    codes
}

#[test]
fn the_rename_of_mambos_docs_is_certain_with_enough_pairs() {
    let found = inferred(&eight(|number, _| (json!({ "exampleField": number }), json!({ "newExampleField": number }))));
    assert_eq!(
        found.registry,
        r#"{
  "format": 1,
  "versions": ["9.0.0"],
  "changes": [
    {
      "id": "point-wallet-updated-9.0.0",
      "since": "9.0.0",
      "on": { "event": "PointWalletUpdated" },
      "summary": "exampleField is called newExampleField.",
      "lossy": "none",
      "ops": [
        { "op": "rename", "at": "/exampleField", "to": "newExampleField" }
      ]
    }
  ]
}
"#
    );
    assert_eq!(found.doubts, []);
    assert!(found.is_certain());
    assert_eq!((found.ops.len(), found.ops[0].evidence, found.lossy), (1, 8, "none"));
}

#[test]
fn one_pair_is_explained_but_not_certain() {
    let found = inferred(&[(json!({ "exampleField": 1 }), json!({ "newExampleField": 1 }))]);
    assert_eq!(found.ops[0].json, r#"{ "op": "rename", "at": "/exampleField", "to": "newExampleField" }"#);
    assert!(!found.is_certain());
    assert_eq!(codes(&found), ["evidence_thin", "value_weak", "place_rare"]);
    assert_eq!(
        found.doubts[1].sentence,
        "exampleField has only 1 value in the samples, so newExampleField may have equal values by chance"
    );
    assert_eq!(found.doubts[1].ask, "samples in which exampleField has other values");
}

#[test]
fn a_model_and_an_event_that_is_not_built_in_are_declared() {
    let text = |pair: (Value, Value)| (pair.0.to_string(), pair.1.to_string());
    let texts: Vec<_> = eight(|n, _| (json!({ "a": n }), json!({ "b": n }))).into_iter().map(text).collect();
    let pairs: Vec<SamplePair<'_>> = texts.iter().map(|(old, new)| SamplePair { old, new }).collect();
    let since = Version::new(9, 0, 0);
    let event = infer(&InferRequest::event("Unheard", since, &pairs).id("my-id")).unwrap();
    let document: Value = serde_json::from_str(&event.registry).unwrap();
    assert_eq!(document["events"], json!({ "Unheard": { "model": "Unheard" } }));
    assert_eq!(document["changes"][0]["id"], "my-id");
    let model =
        infer(&InferRequest::model("Unheard", Version::new(2, 0, 0), &pairs).from(Version::new(1, 0, 0))).unwrap();
    let document: Value = serde_json::from_str(&model.registry).unwrap();
    assert_eq!((&document["events"], &document["models"]), (&Value::Null, &json!({ "Unheard": {} })));
    assert_eq!(document["versions"], json!(["1.0.0", "2.0.0"]));
    for found in [event, model] {
        assert_eq!(mambo_webhooks::Registry::problems(&found.registry), []);
        assert!(found.is_certain(), "{:?}", found.doubts);
    }
}

#[test]
fn finds_each_op() {
    let rename = eight(|n, w| (json!({ "l": [{ "a": n, "x": w }] }), json!({ "l": [{ "b": n, "x": w }] })));
    assert_eq!(ops(&rename), [json!({ "op": "rename", "at": "/l/*/a", "to": "b" })]);
    let moved = eight(|n, w| (json!({ "a": { "b": n }, "x": w }), json!({ "c": { "d": { "e": n } }, "x": w })));
    assert_eq!(ops(&moved), [json!({ "op": "move", "from": "/a/b", "to": "/c/d/e" })]);
    let wrap = eight(|n, w| (json!({ "a": n, "x": w }), json!({ "a": { "value": n }, "x": w })));
    assert_eq!(ops(&wrap), [json!({ "op": "wrap", "at": "/a", "key": "value" })]);
    let unwrap = eight(|n, w| (json!({ "a": { "value": w } , "x": n }), json!({ "a": w, "x": n })));
    assert_eq!(ops(&unwrap), [json!({ "op": "unwrap", "at": "/a", "key": "value" })]);
    let to_list = eight(|n, w| (json!({ "a": w, "x": n }), json!({ "a": [w], "x": n })));
    assert_eq!(ops(&to_list), [json!({ "op": "to_list", "at": "/a" })]);
    let head = eight(|n, w| (json!({ "a": [w, n] }), json!({ "a": w })));
    assert_eq!(ops(&head), [json!({ "op": "head", "at": "/a" })]);
    let split = eight(|n, w| (json!({ "a": format!("{w} {n} x") }), json!({ "b": w, "c": format!("{n} x") })));
    assert_eq!(ops(&split), [json!({ "op": "split", "at": "/a", "separator": " ", "into": ["b", "c"] })]);
    let join = eight(|n, w| (json!({ "b": w, "c": n.to_string() }), json!({ "a": format!("{w}, {n}") })));
    assert_eq!(ops(&join), [json!({ "op": "join", "at": "/a", "separator": ", ", "from": ["b", "c"] })]);
    let add = eight(|n, w| (json!({ "x": w, "y": n }), json!({ "x": w, "y": n, "currency": "points" })));
    assert_eq!(ops(&add), [json!({ "op": "add", "at": "/currency", "default": "points" })]);
    let remove = eight(|n, w| (json!({ "x": w, "y": n, "old": [1] }), json!({ "x": w, "y": n })));
    assert_eq!(ops(&remove), [json!({ "op": "remove", "at": "/old", "default": [1] })]);
}

#[test]
fn finds_each_conversion() {
    let millis = |n: i64| 1_700_000_000_000 + n * 86_400_000 + n;
    let texts = |n: i64| [n.to_string(), format!("{n}.5")];
    for (kind, pairs) in [
        ("int_to_string", eight(|n, w| (json!({ "a": n, "x": w }), json!({ "a": n.to_string(), "x": w })))),
        ("string_to_int", eight(|n, w| (json!({ "a": n.to_string(), "x": w }), json!({ "a": n, "x": w })))),
        ("seconds_to_millis", eight(|n, w| (json!({ "a": n, "x": w }), json!({ "a": n * 1000, "x": w })))),
        (
            "millis_to_seconds",
            eight(|n, w| (json!({ "a": n * 1001, "x": w }), json!({ "a": n * 1001 / 1000, "x": w }))),
        ),
    ] {
        assert_eq!(ops(&pairs), [json!({ "op": "convert", "at": "/a", "kind": kind })]);
    }
    let halves = eight(|n, _| {
        let number = f64::from(i32::try_from(n).unwrap()) + 0.5;
        (json!({ "a": number }), json!({ "a": texts(n)[1] }))
    });
    assert_eq!(ops(&halves), [json!({ "op": "convert", "at": "/a", "kind": "number_to_string" })]);
    let back: Vec<_> = halves.into_iter().map(|(old, new)| (new, old)).collect();
    assert_eq!(ops(&back), [json!({ "op": "convert", "at": "/a", "kind": "string_to_number" })]);
    let flags = eight(|n, _| (json!({ "a": n % 2 == 0, "x": n }), json!({ "a": (n % 2 == 0).to_string(), "x": n })));
    assert_eq!(ops(&flags), [json!({ "op": "convert", "at": "/a", "kind": "bool_to_string" })]);
    let back: Vec<_> = flags.into_iter().map(|(old, new)| (new, old)).collect();
    assert_eq!(ops(&back), [json!({ "op": "convert", "at": "/a", "kind": "string_to_bool" })]);
    let day = |n: i64| format!("2023-11-{:02}T22:13:20.{n:03}Z", 14 + n);
    let times: Vec<_> = (1..9).map(|n| (json!({ "a": millis(n) }), json!({ "a": day(n) }))).collect();
    assert_eq!(ops(&times), [json!({ "op": "convert", "at": "/a", "kind": "millis_to_rfc3339" })]);
    let back: Vec<_> = times.into_iter().map(|(old, new)| (new, old)).collect();
    assert_eq!(ops(&back), [json!({ "op": "convert", "at": "/a", "kind": "rfc3339_to_millis" })]);
}

#[test]
fn finds_a_table_and_a_guard() {
    let states = [("open", "active"), ("shut", "closed"), ("held", "held")];
    let mapped = eight(|n, w| {
        let (old, new) = states[usize::try_from(n % 3).unwrap()];
        (json!({ "state": old, "x": w }), json!({ "state": new, "x": w }))
    });
    let table = json!({ "op": "map_value", "at": "/state", "pairs": [["open", "active"], ["shut", "closed"]] });
    assert_eq!(ops(&mapped), [table]);
    assert!(codes(&inferred(&mapped)).contains(&"table_incomplete"));
    // Only badges have another name for their level; points and levels keep it.
    let kinds = ["badge", "points", "level"];
    let guarded = eight(|n, w| {
        let kind = kinds[usize::try_from(n % 3).unwrap()];
        let name = if kind == "badge" { "grade" } else { "size" };
        (
            json!({ "awarded": [{ "type": kind, "size": n }, { "type": "level", "size": w }] }),
            json!({ "awarded": [{ "type": kind, name: n }, { "type": "level", "size": w }] }),
        )
    });
    let rename = json!({ "op": "rename", "at": "/size", "to": "grade" });
    let when = json!({ "op": "when", "at": "/awarded/*", "member": "type", "is": "badge", "ops": [rename] });
    assert_eq!(ops(&guarded), [when]);
}

#[test]
fn finds_chains_of_ops() {
    let chain = eight(|n, w| {
        let old = json!({ "user": { "name": w, "age": n }, "at": n * 1000 });
        (old, json!({ "profile": { "fullName": [w], "age": n.to_string() }, "when": { "at": n } }))
    });
    let found = ops(&chain);
    assert_eq!(found.len(), 6, "{found:?}");
    // The same names in another order.
    let shifted = eight(|n, w| (json!({ "a": n, "b": w }), json!({ "b": n, "c": w })));
    let expected = [json!({ "op": "rename", "at": "/b", "to": "c" }), json!({ "op": "rename", "at": "/a", "to": "b" })];
    assert_eq!(ops(&shifted), expected);
}

/// The only doubt with this code.
fn doubt(found: &Inference, code: &str) -> (String, String, String) {
    let mut doubts = found.doubts.iter().filter(|doubt| doubt.code == code);
    let first = doubts.next().unwrap_or_else(|| panic!("{code} is not in {:?}", found.doubts));
    (first.at.clone(), first.sentence.clone(), first.ask.clone())
}

/// A doubt's code, the samples, its place, its sentence and what it asks for.
type Case<'a> = (&'a str, Vec<(Value, Value)>, &'a str, &'a str, &'a str);

#[test]
fn says_what_the_samples_do_not_decide() {
    let cases: Vec<Case<'_>> = vec![
        (
            "op_ambiguous",
            eight(|n, w| (json!({ "a": n, "b": n, "x": w }), json!({ "c": n, "x": w }))),
            "/a",
            "two ops fit equally well: a is called c, or b is called c",
            "a sample in which a and b differ",
        ),
        (
            "op_ambiguous",
            vec![(json!({ "a": 7 }), json!({ "a": "7" })); 8],
            "/a",
            "two ops fit equally well: a is converted from int to string, or a has other values",
            "a sample with another value of a",
        ),
        (
            "value_weak",
            eight(|_, w| (json!({ "a": true, "x": w }), json!({ "b": true, "x": w }))),
            "/a",
            "a has only 1 value in the samples, so b may have equal values by chance",
            "samples in which a has other values",
        ),
        (
            "value_null",
            eight(|n, _| (json!({ "a": n, "x": null }), json!({ "b": n, "x": null }))),
            "/x",
            "x is null in all samples",
            "a sample in which x has a value",
        ),
        (
            "value_empty",
            eight(|n, _| (json!({ "a": n, "x": [] }), json!({ "b": n, "x": [] }))),
            "/x",
            "x is empty in all samples",
            "a sample in which x is not empty",
        ),
        (
            "value_constant",
            eight(|n, _| (json!({ "a": n, "x": "points" }), json!({ "b": n, "x": "points" }))),
            "/x",
            "x has one value in all samples that have it as text",
            "a sample with another value of x",
        ),
        (
            "place_rare",
            eight(|n, w| {
                if n == 101 {
                    (json!({ "a": n, "x": w }), json!({ "b": n, "x": w }))
                } else {
                    (json!({ "a": n }), json!({ "b": n }))
                }
            }),
            "/x",
            "only 1 pair has x as text, expected at least 5",
            "more samples in which x is text",
        ),
        (
            "default_varies",
            eight(|n, w| (json!({ "x": w }), json!({ "x": w, "y": n }))),
            "/y",
            "y differs between samples: not derivable from the older data",
            "the rule for y, or a default for it",
        ),
        (
            "list_short",
            eight(|n, w| (json!({ "a": [w], "x": n }), json!({ "a": w, "x": n }))),
            "/a",
            "a never has two elements, so another one than the first may be taken",
            "a sample in which a has two elements",
        ),
        (
            "separator_once",
            eight(|n, w| (json!({ "a": format!("{w} {n}") }), json!({ "b": w, "c": n.to_string() }))),
            "/a",
            "no a has more separators than parts need, so where the rest goes is not known",
            "a sample in which a has one separator more",
        ),
    ];
    for (code, pairs, at, sentence, ask) in cases {
        let found = inferred(&pairs);
        assert!(!found.is_certain(), "{code}");
        assert_eq!(doubt(&found, code), (at.into(), sentence.into(), ask.into()), "{}", found.registry);
    }
}

#[test]
fn pairs_that_do_not_fit_are_counter_examples() {
    let mut pairs = eight(|n, w| (json!({ "a": n, "x": w }), json!({ "b": n, "x": w })));
    pairs.push((json!({ "a": 1, "x": "same" }), json!({ "a": 1, "x": "same" })));
    let found = inferred(&pairs);
    assert!(!found.is_certain());
    let differs = found.unexplained.iter().map(|mismatch| mismatch.pair).collect::<Vec<_>>();
    let guarded = found.ops.iter().any(|op| op.json.contains("when"));
    assert!(differs == [8] || guarded, "{}", found.registry);
}

#[test]
fn refuses_samples_that_it_cannot_use() {
    let infer_of = |pairs: &[SamplePair<'_>]| {
        let found = infer(&InferRequest::event("Ping", Version::new(9, 0, 0), pairs));
        found.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(infer_of(&[]), Err("samples: there is no pair".into()));
    let broken = SamplePair { old: "{}", new: "{\n  x" };
    assert_eq!(infer_of(&[broken]), Err("samples: `new` of pair 0 is not JSON at line 2 column 3".into()));
    assert_eq!(infer_of(&[SamplePair { old: "1", new: "1" }; 257]), Err("samples: 257 pairs, allowed 256".into()));
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let too_large = infer_of(&[SamplePair { old: "1", new: &large }]);
    assert_eq!(too_large, Err("samples: 1048579 bytes in all, allowed 1048576".into()));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let too_deep = infer_of(&[SamplePair { old: &deep, new: "{}" }]);
    assert_eq!(too_deep, Err("samples: `old` of pair 0 is nested 100000 levels deep, allowed 32".into()));
}
