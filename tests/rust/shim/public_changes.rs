//! Changes of public webhook APIs, rebuilt as small pairs of ours: each is inferred from its pairs.

use mambo_webhooks::shim::{InferRequest, SamplePair, Shims, Strictness, apply, infer};
use mambo_webhooks::{Registry, Version};
use serde_json::Value;

#[test]
fn each_public_change_is_inferred_from_its_pairs() {
    let document: Value = serde_json::from_str(include_str!("../../vectors/public-changes.json")).unwrap();
    let changes = document["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 13);
    let mut exact = 0;
    for change in changes {
        let name = change["name"].as_str().unwrap();
        let texts: Vec<(String, String)> = change["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair["old"].to_string(), pair["new"].to_string()))
            .collect();
        let pairs: Vec<SamplePair<'_>> = texts.iter().map(|(old, new)| SamplePair { old, new }).collect();
        let (on, since) = (change["on"].as_str().unwrap(), change["since"].as_str().unwrap().parse().unwrap());
        let before = Version::new(1, 0, 0);
        let found = infer(&InferRequest::event(on, since, &pairs).from(before)).unwrap();
        assert_eq!((&found.unexplained[..], &found.not_restored[..]), (&[][..], &[][..]), "{name}: {}", found.registry);
        // So few pairs leave something open, and the inference says so.
        assert!(!found.is_certain(), "{name}");
        assert_eq!(Registry::problems(&found.registry), [], "{name}");
        let shims = Shims::from_json(&found.registry).unwrap();
        for (old, new) in &texts {
            let upgraded = apply(shims.plan(on, before, since), old, Strictness::Lenient).unwrap().data;
            let [upgraded, new]: [Value; 2] = [&upgraded[..], new].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(upgraded, new, "{name}");
        }
        let ops: Vec<Value> = found.ops.iter().map(|op| serde_json::from_str(&op.json).unwrap()).collect();
        if Value::from(ops.clone()) == change["ops"] {
            exact += 1;
        } else {
            println!("{name}: {}\n  by its author: {}", Value::from(ops), change["ops"]);
        }
    }
    println!("{exact} of {} with the ops of its author", changes.len());
    assert!(exact >= 1);
}
