//! Inference against hidden registries: what it finds must do what they do, also to payloads that it has not seen.
//!
//! `MAMBO_CASES` sets how many registries there are, `MAMBO_SEED` where they start; `MAMBO_SHOW` prints each failure.

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use mambo_webhooks::shim::{InferRequest, LossKind, SamplePair, Shims, Strictness, apply, infer};
use serde_json::Value;

use super::generate::{Case, bodies};
use super::reference_convert::same;

const PAIRS: usize = 60;
const UNSEEN: usize = 30;
/// The payloads from which a user chooses samples.
const CAPTURED: usize = 500;
/// The most bodies that are generated in search of payloads for one registry.
const MOST_BODIES: usize = 30_000;

type Pairs = Vec<(String, String)>;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn differs((old, new): &(String, String)) -> bool {
    !same(&value(old), &value(new))
}

/// A hidden registry that is accepted and changes something between the two versions.
struct Hidden {
    case: Case,
    shims: Shims,
    /// The names of the ops between the versions.
    names: BTreeSet<String>,
}

impl Hidden {
    fn new(seed: u64, with_losses: bool) -> Option<Self> {
        let case = Case::new(seed);
        let document = value(&case.registry);
        let changes = document["changes"].as_array().unwrap();
        let is_plain = |change: &Value| {
            change["lossy"] == "none" && change["ops"].as_array().unwrap().iter().all(|op| op["op"] != "when")
        };
        if !with_losses && !changes.iter().all(is_plain) {
            return None;
        }
        let shims = Shims::from_json(&case.registry).ok()?;
        let steps = shims.plan("Thing", case.low, case.high);
        let mut names = BTreeSet::new();
        for (id, _) in steps.steps() {
            let ops = changes.iter().filter(|change| change["id"] == id).flat_map(|it| it["ops"].as_array().unwrap());
            names.extend(ops.map(|op| op["op"].as_str().unwrap().to_owned()));
        }
        (!names.is_empty()).then_some(Self { case, shims, names })
    }

    /// Payloads with their upgrade. A body with one of these losses is not of the shape that it claims to be, as the
    /// law of quasi-inverses has it too; a payload that was really sent is, so `odd` ones are left out by default.
    fn pairs(&self, seed: u64, wanted: usize, with_odd: bool) -> Pairs {
        let plan = self.shims.plan("Thing", self.case.low, self.case.high);
        let is_odd = |kind: LossKind| [LossKind::NameTaken, LossKind::BothPresent, LossKind::Unfit].contains(&kind);
        let mut found = Vec::new();
        for old in bodies(seed).take(MOST_BODIES) {
            if found.len() >= wanted {
                break;
            }
            let new = apply(plan, &old, Strictness::Lenient).unwrap();
            if with_odd || !new.losses.iter().any(|loss| is_odd(loss.kind)) {
                let new = new.data.into_owned();
                found.push((old, new));
            }
        }
        found
    }
}

/// What is different between two values: places with what stands there before and after.
fn differences(old: Option<&Value>, new: Option<&Value>, at: &str, found: &mut BTreeSet<String>) {
    match (old, new) {
        (Some(Value::Object(olds)), Some(Value::Object(news))) => {
            let names: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
            for name in names {
                differences(olds.get(name), news.get(name), &format!("{at}/{name}"), found);
            }
        }
        (Some(Value::Array(olds)), Some(Value::Array(news))) if olds.len() == news.len() => {
            olds.iter().zip(news).for_each(|(old, new)| differences(Some(old), Some(new), &format!("{at}/*"), found));
        }
        (Some(old), Some(new)) if same(old, new) => {}
        (old, new) => {
            let shown = |value: Option<&Value>| match value {
                None => "nothing".to_owned(),
                Some(Value::Array(_)) => "a list".to_owned(),
                Some(Value::Object(_)) => "an object".to_owned(),
                Some(scalar) => scalar.to_string(),
            };
            found.insert(format!("{at}: {} {}", shown(old), shown(new)));
        }
    }
}

/// The pairs that a user picks who looks for samples that differ in new ways, and others until there are enough.
fn chosen(captured: &Pairs) -> Pairs {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let (mut picked, mut rest) = (Vec::new(), Vec::new());
    for pair in captured {
        let mut found = BTreeSet::new();
        differences(Some(&value(&pair.0)), Some(&value(&pair.1)), "", &mut found);
        let is_new = found.iter().any(|difference| seen.get(difference).is_none_or(|times| *times < 2));
        if is_new && picked.len() < PAIRS {
            for difference in found {
                *seen.entry(difference).or_default() += 1;
            }
            picked.push(pair.clone());
        } else {
            rest.push(pair.clone());
        }
    }
    picked.extend(rest);
    picked.truncate(PAIRS);
    picked
}

/// Pairs that differ, and ten that do not: what a user sends who looks at no more than that.
fn differing(captured: &Pairs) -> Pairs {
    let (mut different, alike): (Pairs, Pairs) = captured.iter().cloned().partition(differs);
    different.truncate(PAIRS - 10);
    different.extend(alike);
    different.truncate(PAIRS);
    different
}

#[derive(Default)]
struct Figures {
    cases: u32,
    right: u32,
    complete: u32,
    certain: u32,
    certain_and_wrong: u32,
    by_op: BTreeMap<String, (u32, u32)>,
}

impl Figures {
    fn add(&mut self, hidden: &Hidden, samples: &Pairs, unseen: &Pairs, what: &str) {
        let borrowed: Vec<SamplePair<'_>> = samples.iter().map(|(old, new)| SamplePair { old, new }).collect();
        let found = infer(&InferRequest::event("Thing", hidden.case.high, &borrowed)).unwrap();
        let inferred = Shims::from_json(&found.registry).unwrap();
        let plan = inferred.plan("Thing", hidden.case.low, hidden.case.high);
        let is_wrong = |(old, new): &&(String, String)| {
            !same(&value(&apply(plan, old, Strictness::Lenient).unwrap().data), &value(new))
        };
        let wrong: Vec<_> = unseen.iter().filter(is_wrong).collect();
        let is_right = wrong.is_empty();
        self.cases += 1;
        self.right += u32::from(is_right);
        self.complete += u32::from(found.unexplained.is_empty());
        self.certain += u32::from(found.is_certain());
        self.certain_and_wrong += u32::from(found.is_certain() && !is_right);
        for name in &hidden.names {
            let (cases, right) = self.by_op.entry(name.clone()).or_default();
            *cases += 1;
            *right += u32::from(is_right);
        }
        if env::var("MAMBO_SHOW").is_ok() && !is_right {
            println!("{what}: {} of {} wrong, unexplained {}", wrong.len(), unseen.len(), found.unexplained.len());
            let plan = hidden.shims.plan("Thing", hidden.case.low, hidden.case.high);
            plan.steps().for_each(|(id, ops)| println!("   hidden {id} {ops:?}"));
            found.ops.iter().for_each(|op| println!("   {:3} {}", op.evidence, op.json));
            for (old, new) in wrong {
                println!("  {}\n  -> {}", value(old), value(new));
            }
        }
    }

    fn print(&self, what: &str) {
        let Self { cases, right, complete, certain, certain_and_wrong, by_op } = self;
        println!(
            "{what}: {right} of {cases} right, {complete} explained, {certain} certain, {certain_and_wrong} certain and wrong"
        );
        let by_op: Vec<String> = by_op.iter().map(|(name, (cases, right))| format!("{name} {right}/{cases}")).collect();
        println!("  {}", by_op.join(", "));
    }
}

/// Runs over as many hidden registries as are wanted whose samples differ.
fn each_hidden(default: u64, with_losses: bool, with_odd: bool, mut act: impl FnMut(&Hidden, &Pairs, &Pairs, u64)) {
    let (wanted, mut seed) = (number("MAMBO_CASES", default), number("MAMBO_SEED", 1));
    let mut cases = 0;
    while cases < wanted {
        seed += 1;
        let Some(hidden) = Hidden::new(seed, with_losses) else { continue };
        let captured = hidden.pairs(seed.wrapping_mul(31), CAPTURED, with_odd);
        let is_telling = captured.iter().take(PAIRS).any(differs);
        if captured.len() == CAPTURED && is_telling {
            let unseen = hidden.pairs(seed.wrapping_mul(31).wrapping_add(7), UNSEEN, with_odd);
            cases += 1;
            act(&hidden, &captured, &unseen, seed);
        }
    }
}

#[test]
fn what_is_inferred_does_what_the_hidden_registry_does() {
    let (mut random, mut different, mut picked) = (Figures::default(), Figures::default(), Figures::default());
    each_hidden(60, false, false, |hidden, captured, unseen, seed| {
        random.add(hidden, &captured[..PAIRS].to_vec(), unseen, &format!("seed {seed}, first pairs"));
        different.add(hidden, &differing(captured), unseen, &format!("seed {seed}, pairs that differ"));
        picked.add(hidden, &chosen(captured), unseen, &format!("seed {seed}, chosen pairs"));
    });
    random.print("the first 60 pairs");
    different.print("50 pairs that differ and 10 that do not");
    picked.print("60 pairs chosen of 500");
    assert_eq!(random.certain_and_wrong + different.certain_and_wrong + picked.certain_and_wrong, 0);
    assert!(picked.right * 100 >= picked.cases * 95, "{} of {}", picked.right, picked.cases);
}

/// Registries that lose data or have guards, and payloads that are not of the older shape, are harder; the figures are
/// printed for the record.
#[test]
fn nothing_is_certain_and_wrong_where_the_samples_are_odd() {
    let (mut odd, mut lossy) = (Figures::default(), Figures::default());
    each_hidden(20, false, true, |hidden, captured, unseen, seed| {
        odd.add(hidden, &chosen(captured), unseen, &format!("seed {seed}, odd payloads"));
    });
    each_hidden(20, true, false, |hidden, captured, unseen, seed| {
        lossy.add(hidden, &chosen(captured), unseen, &format!("seed {seed}, any ops"));
    });
    odd.print("payloads of any shape");
    lossy.print("registries with lossy ops and guards");
    assert_eq!(odd.certain_and_wrong + lossy.certain_and_wrong, 0);
}
