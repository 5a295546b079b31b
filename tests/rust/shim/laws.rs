//! Laws of the shims over generated registries and bodies, and agreement with a reference interpreter.
//!
//! `MAMBO_CASES` sets how many accepted cases there are, `MAMBO_SEED` where they start.

use std::borrow::Cow;
use std::env;

use mambo_webhooks::shim::{LossKind, Shimmed, Shims, Strictness, apply};
use mambo_webhooks::{Registry, Version};
use serde_json::Value;

use super::generate::Case;
use super::reference;
use super::reference_convert::same;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Runs `law` over as many cases as are wanted whose registry is accepted.
fn each_case(law: impl Fn(&Case, &Shims, &str)) {
    let (wanted, mut seed) = (number("MAMBO_CASES", 10_000), number("MAMBO_SEED", 1));
    let (mut accepted, first) = (0, seed);
    while accepted < wanted {
        let case = Case::new(seed);
        let what = format!("seed {seed}\n{}\n{}", case.registry, case.body);
        if let Ok(shims) = Shims::from_json(&case.registry) {
            accepted += 1;
            law(&case, &shims, &what);
        } else {
            // The generator says what its ops lose by the words of the documentation: there must be no other opinion.
            let problems = Registry::problems(&case.registry);
            assert!(problems.iter().all(|problem| problem.code != "lossy_wrong"), "{what}\n{problems:?}");
        }
        seed += 1;
    }
    assert!(accepted * 4 > seed - first, "only {accepted} of {} registries were accepted", seed - first);
}

fn run<'a>(shims: &'a Shims, from: Version, to: Version, body: &'a str) -> Shimmed<'a, 'a> {
    apply(shims.plan("Thing", from, to), body, Strictness::Lenient).unwrap()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_reference_interpreter_agrees() {
    each_case(|case, shims, what| {
        for (from, to) in [(case.low, case.high), (case.high, case.low)] {
            let (expected, mut expected_losses) =
                reference::interpret(&case.registry, "Thing", &from.to_string(), &to.to_string(), &value(&case.body));
            let found = run(shims, from, to, &case.body);
            assert_eq!(value(&found.data), expected, "{what}");
            if !case.repeats {
                let mut losses: reference::Losses =
                    found.losses.into_iter().map(|loss| (loss.change, loss.kind.as_str().to_owned())).collect();
                losses.sort();
                expected_losses.sort();
                assert_eq!(losses, expected_losses, "{what}");
            }
        }
    });
}

#[test]
fn there_and_back_is_the_same_where_nothing_is_lost() {
    each_case(|case, shims, what| {
        let registry = value(&case.registry);
        let lossless = registry["changes"].as_array().unwrap().iter().all(|change| change["lossy"] == "none");
        for (from, to) in [(case.low, case.high), (case.high, case.low)] {
            let there = run(shims, from, to, &case.body);
            let back = run(shims, to, from, &there.data);
            let again = run(shims, from, to, &back.data);
            if lossless && there.losses.is_empty() && back.losses.is_empty() {
                assert!(same(&value(&back.data), &value(&case.body)), "{what}\n{}", back.data);
            }
            // A body with such a loss is not of the shape it claims to be.
            let odd = |event_type| [LossKind::NameTaken, LossKind::BothPresent, LossKind::Unfit].contains(&event_type);
            let single = shims.plan("Thing", from, to).steps().map(|(_, ops)| ops.len()).sum::<usize>() == 1;
            // Of single ops: one op may make what another one reads, so a chain of quasi-inverses need not be one.
            if single && back.losses.is_empty() && !there.losses.iter().any(|loss| odd(loss.kind)) {
                assert!(same(&value(&again.data), &value(&there.data)), "{what}\n{}", again.data);
            }
            if there.losses.is_empty() && back.losses.is_empty() {
                let kept = contained(&value(&case.body), &value(&back.data), &case.defaults);
                assert!(kept, "a difference without a listed loss: {what}\n{}", back.data);
            }
        }
    });
}

/// Whether `whole` has everything that `part` has. Absence and a default are the same thing.
fn contained(part: &Value, whole: &Value, defaults: &[Value]) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().all(|(name, value)| {
            whole.get(name).map_or_else(
                || defaults.iter().any(|default| same(default, value)),
                |whole| contained(value, whole, defaults),
            )
        }),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| contained(part, whole, defaults))
        }
        (part, whole) => same(part, whole),
    }
}

#[test]
fn two_steps_are_one() {
    each_case(|case, shims, what| {
        for [from, between, to] in [[case.low, case.middle, case.high], [case.high, case.middle, case.low]] {
            let first = run(shims, from, between, &case.body);
            let second = run(shims, between, to, &first.data);
            let direct = run(shims, from, to, &case.body);
            assert_eq!(second.data, direct.data, "{what}");
            assert_eq!([&first.losses[..], &second.losses[..]].concat(), direct.losses, "{what}");
            assert_eq!([&first.applied[..], &second.applied[..]].concat(), direct.applied, "{what}");
        }
    });
}

#[test]
fn what_is_not_named_is_not_touched() {
    // Nothing here survives a round through a generic JSON value.
    const MEMBER: &str =
        r#" "unknown\u0020name" :  { "n": 12345678901234567890123 , "f":1.50e+2,"s":"\u00e9\/","d":1,"d":2 } "#;
    each_case(|case, shims, what| {
        for (from, to) in [(case.low, case.high), (case.high, case.low)] {
            let plain = run(shims, from, to, &case.body);
            // In front of the first member, in a body that has one.
            let with = |body: &str| body.replacen('{', &format!("{{{MEMBER},"), 1);
            if value(&case.body).as_object().unwrap().is_empty() || value(&plain.data).as_object().unwrap().is_empty() {
                continue;
            }
            let more = with(&case.body);
            let found = run(shims, from, to, &more);
            assert_eq!(found.data, with(&plain.data), "{what}");
            assert_eq!(found.losses, plain.losses, "{what}");
        }
    });
}

#[test]
fn nothing_to_do_gives_the_input_itself() {
    each_case(|case, shims, what| {
        let identity = run(shims, case.low, case.low, "not even JSON");
        assert!(matches!(identity.data, Cow::Borrowed("not even JSON")), "{what}");
        for (from, to) in [(case.low, case.high), (case.high, case.low)] {
            let found = run(shims, from, to, &case.body);
            if found.applied.is_empty() {
                let same = matches!(&found.data, Cow::Borrowed(data) if std::ptr::eq(*data, case.body.as_str()));
                assert!(same, "{what}");
            }
        }
    });
}
