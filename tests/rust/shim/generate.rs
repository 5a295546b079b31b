//! Registries and bodies from a seed: few names and few values, so that they meet.

use fastrand::Rng;
use mambo_webhooks::Version;
use serde_json::{Value, json};

/// A registry document, a body, and three versions in order.
pub struct Case {
    pub registry: String,
    pub body: String,
    pub low: Version,
    pub middle: Version,
    pub high: Version,
    /// Every default in the registry.
    pub defaults: Vec<Value>,
    /// Whether the body has an object with a repeated name.
    pub repeats: bool,
}

const KEYS: [&str; 5] = ["a", "b", "c", "d", "kind"];

impl Case {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut defaults = Vec::new();
        let changes: Vec<Value> = (0..rng.usize(1..4)).map(|index| change(&mut rng, index, &mut defaults)).collect();
        let mut event = json!({ "model": "Whole" });
        if rng.u8(0..8) == 0 {
            event["introduced"] = "12.0.0".into();
        }
        // A part of the whole, a part of that, and at times a tree of parts or one whose place changes.
        let mut whole = vec![json!({ "at": pointer(&mut rng, false), "model": "Part" })];
        if rng.u8(0..4) == 0 {
            whole[0]["until"] = "13.0.0".into();
            whole.push(json!({ "at": pointer(&mut rng, false), "model": "Part", "since": "13.0.0" }));
        }
        let within = ["Leaf", "Leaf", "Leaf", "Part"][rng.usize(0..4)];
        let part = json!([{ "at": pointer(&mut rng, false), "model": within }]);
        let registry = json!({
            "format": 1,
            "versions": ["11.0.0", "12.0.0", "13.0.0", "14.0.0"],
            "events": { "Thing": event },
            "models": { "Whole": { "contains": whole }, "Part": { "contains": part }, "Leaf": {} },
            "changes": changes,
        });
        let mut versions = [rng.u32(11..15), rng.u32(11..15), rng.u32(11..15)];
        versions.sort_unstable();
        let [low, middle, high] = versions.map(|major| Version::new(major, 0, 0));
        let mut repeats = false;
        let body = object(&mut rng, 3, &mut repeats);
        Self { registry: registry.to_string(), body, low, middle, high, defaults, repeats }
    }
}

/// Bodies without end, for any of the generated registries.
pub fn bodies(seed: u64) -> impl Iterator<Item = String> {
    let mut rng = Rng::with_seed(seed);
    std::iter::repeat_with(move || object(&mut rng, 3, &mut false))
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(0..from.len())]
}

fn pointer(rng: &mut Rng, inner: bool) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(if inner { 0..2 } else { 1..3 }) {
        text.push('/');
        text.push_str(pick(rng, &KEYS));
        if rng.u8(0..4) == 0 {
            text.push_str("/*");
        }
    }
    text
}

/// A pointer that ends at a member.
fn member(rng: &mut Rng) -> String {
    format!("{}/{}", pointer(rng, true), pick(rng, &KEYS))
}

fn scalar(rng: &mut Rng) -> Value {
    match rng.u8(0..7) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => rng.i64(-3..4).into(),
        6 => [7.0, 0.5, -2.0][rng.usize(0..3)].into(),
        3 => [0_i64, 1_700_000_000_000, -1, i64::MAX][rng.usize(0..4)].into(),
        _ => pick(rng, &["x", "y", "x y", "7", "true", "", "é\"", "2023-11-14T22:13:20.000Z"]).into(),
    }
}

fn change(rng: &mut Rng, index: usize, defaults: &mut Vec<Value>) -> Value {
    let mut ops: Vec<Value> = (0..rng.usize(1..4)).map(|_| op(rng, defaults)).collect();
    if rng.u8(0..6) == 0 {
        let is = [json!("x"), json!(7), json!(null), json!(true)][rng.usize(0..4)].clone();
        ops = vec![json!({ "op": "when", "at": pointer(rng, true), "member": "kind", "is": is, "ops": ops })];
    }
    let lossy = ["none", "up", "down", "both"][lossy(&ops)];
    let on = json!({ "model": pick(rng, &["Whole", "Whole", "Part", "Leaf"]) });
    let since = format!("{}.0.0", rng.u32(12..15));
    json!({ "id": format!("c{index}"), "since": since, "on": on, "summary": "s", "lossy": lossy, "ops": ops })
}

fn op(rng: &mut Rng, defaults: &mut Vec<Value>) -> Value {
    let at = member(rng);
    let key = pick(rng, &KEYS);
    match rng.u8(0..14) {
        0 | 1 => json!({ "op": "rename", "at": at, "to": key }),
        2 | 12 | 13 => {
            let above = pointer(rng, true);
            let (from, to) = (steps(rng), steps(rng));
            json!({ "op": "move", "from": format!("{above}{from}"), "to": format!("{above}{to}") })
        }
        3 | 4 => {
            let default = match rng.u8(0..6) {
                0 => json!([]),
                1 => json!({}),
                2 => json!([scalar(rng)]),
                3 => json!({ pick(rng, &KEYS): scalar(rng), "e": [scalar(rng)] }),
                _ => scalar(rng),
            };
            defaults.push(default.clone());
            json!({ "op": if rng.bool() { "add" } else { "remove" }, "at": at, "default": default })
        }
        5 => json!({ "op": if rng.bool() { "wrap" } else { "unwrap" }, "at": at, "key": key }),
        6 => json!({ "op": if rng.bool() { "to_list" } else { "head" }, "at": at }),
        7 | 8 => {
            let exact = |rng: &mut Rng| Some(scalar(rng)).filter(|value| !value.is_f64()).unwrap_or(7.into());
            let pairs: Vec<Value> = (0..rng.usize(1..4)).map(|_| json!([exact(rng), exact(rng)])).collect();
            let mut other = || match rng.u8(0..5) {
                0 => json!({ "to": pick(rng, &["x", "y", ""]) }),
                1 => "error".into(),
                _ => "keep".into(),
            };
            let (up, down) = (other(), other());
            json!({ "op": "map_value", "at": at, "pairs": pairs, "upOther": up, "downOther": down })
        }
        9 => {
            let kinds = [
                "int_to_string",
                "string_to_int",
                "number_to_string",
                "string_to_number",
                "bool_to_string",
                "string_to_bool",
                "seconds_to_millis",
                "millis_to_seconds",
                "millis_to_rfc3339",
                "rfc3339_to_millis",
            ];
            json!({ "op": "convert", "at": at, "kind": pick(rng, &kinds) })
        }
        10 => json!({ "op": "split", "at": at, "separator": " ", "into": [key, pick(rng, &KEYS)] }),
        _ => json!({ "op": "join", "at": at, "separator": " ", "from": [key, pick(rng, &KEYS)] }),
    }
}

/// One to three names without a star.
fn steps(rng: &mut Rng) -> String {
    (0..rng.usize(1..3)).map(|_| format!("/{}", pick(rng, &KEYS))).collect()
}

/// What the ops come to, by the words of the documentation: bit 0 for up, bit 1 for down.
fn lossy(ops: &[Value]) -> usize {
    ops.iter().fold(0, |sum, op| {
        sum | match op["op"].as_str().unwrap() {
            "add" | "to_list" => 2,
            "remove" | "head" => 1,
            "convert" if op["kind"] == "seconds_to_millis" => 2,
            "convert" if op["kind"] == "millis_to_seconds" => 1,
            "map_value" => {
                let pairs = op["pairs"].as_array().unwrap();
                let repeated = |side: usize| {
                    pairs
                        .iter()
                        .enumerate()
                        .any(|(index, pair)| pairs[..index].iter().any(|other| other[side] == pair[side]))
                };
                let up = op["upOther"].is_object() || repeated(1);
                let down = op["downOther"].is_object() || repeated(0);
                usize::from(up) | usize::from(down) << 1
            }
            "when" => lossy(op["ops"].as_array().unwrap()),
            _ => 0,
        }
    })
}

fn blank(rng: &mut Rng) -> &'static str {
    ["", "", "", " ", "\n\t"][rng.usize(0..5)]
}

fn any(rng: &mut Rng, depth: usize, repeats: &mut bool) -> String {
    match rng.u8(0..5) {
        0 | 1 if depth > 0 => object(rng, depth - 1, repeats),
        2 if depth > 0 => {
            let items: Vec<String> = (0..rng.usize(0..3))
                .map(|_| format!("{}{}{}", blank(rng), any(rng, depth - 1, repeats), blank(rng)))
                .collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let scalar = scalar(rng).to_string();
            // The same value, sometimes spelled otherwise.
            if rng.u8(0..10) == 0 { scalar.replace('x', "\\u0078").replace("\"7\"", "\"\\u0037\"") } else { scalar }
        }
    }
}

fn object(rng: &mut Rng, depth: usize, repeats: &mut bool) -> String {
    let mut names: Vec<&str> = Vec::new();
    // Dense, so that ops find what they look for; sometimes empty, since that is another case.
    let count = if rng.u8(0..12) == 0 { 0 } else { rng.usize(2..8) };
    let members: Vec<String> = (0..count)
        .filter_map(|_| {
            let name = pick(rng, &KEYS);
            if names.contains(&name) {
                if rng.u8(0..20) > 0 {
                    return None;
                }
                *repeats = true;
            }
            names.push(name);
            // The same name, sometimes with an escape in it.
            let shown = if rng.u8(0..10) == 0 { name.replace('a', "\\u0061") } else { name.to_owned() };
            let [before, left, right, after] = [(); 4].map(|()| blank(rng));
            Some(format!("{before}\"{shown}\"{left}:{right}{}{after}", any(rng, depth, repeats)))
        })
        .collect();
    format!("{{{}{}}}", members.join(","), if members.is_empty() { blank(rng) } else { "" })
}
