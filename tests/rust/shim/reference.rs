//! A slow reference interpreter of registry documents, on generic JSON values. It shares no code with the engine: it
//! reads the document, finds the places, and orders and inverts the ops by itself.

use serde_json::{Value, json};

use super::reference_ops::Ops;

/// Ids of changes with the kinds of loss.
pub type Losses = Vec<(String, String)>;

type Version = Vec<u64>;

/// What a document makes of the data of an event on its way from one version to another.
pub fn interpret(document: &str, kind: &str, from: &str, to: &str, data: &Value) -> (Value, Losses) {
    let document: Value = serde_json::from_str(document).unwrap();
    let event = &document["events"][kind];
    let introduced = event["introduced"].as_str().map_or(Version::new(), version);
    let (from, to) = (version(from).max(introduced.clone()), version(to).max(introduced));
    let is_up = from <= to;
    let (low, high) = if is_up { (&from, &to) } else { (&to, &from) };
    let mut steps = Vec::new();
    for change in document["changes"].as_array().unwrap() {
        let since = version(change["since"].as_str().unwrap());
        if since > *low && since <= *high {
            for at in places(&document, event, change, &since) {
                steps.push((since.clone(), at.matches('/').count(), at, change));
            }
        }
    }
    steps.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(&one.1)));
    let mut ops: Vec<(String, String, Value)> = Vec::new();
    for (_, _, at, change) in steps {
        let id = change["id"].as_str().unwrap();
        ops.extend(change["ops"].as_array().unwrap().iter().map(|op| (id.to_owned(), at.clone(), op.clone())));
    }
    if !is_up {
        ops.reverse();
        for (_, _, op) in &mut ops {
            *op = inverse(op);
        }
    }
    let mut data = data.clone();
    let mut losses = Losses::new();
    for (change, at, op) in ops {
        let mut run = Ops { is_up, losses: Vec::new() };
        run.carry_out(&op, &at, &mut data);
        losses.extend(run.losses.into_iter().map(|kind| (change.clone(), kind.to_owned())));
    }
    (data, losses)
}

fn version(text: &str) -> Version {
    text.split('.').map(|part| part.parse().unwrap()).collect()
}

/// Where the change's target is in the shape right before its version.
fn places(document: &Value, event: &Value, change: &Value, since: &Version) -> Vec<String> {
    let Some(target) = change["on"]["model"].as_str() else {
        return vec![String::new()];
    };
    let mut level = vec![(event["model"].as_str().unwrap(), String::new(), Vec::new())];
    let mut found = Vec::new();
    while !level.is_empty() {
        let mut deeper = Vec::new();
        for (model, at, above) in level {
            if model == target {
                found.push(at.clone());
            }
            let above: Vec<&str> = above.into_iter().chain([model]).collect();
            for inner in document["models"][model]["contains"].as_array().into_iter().flatten() {
                let bound = |name: &str| inner[name].as_str().map(version);
                let name = inner["model"].as_str().unwrap();
                let is_there = bound("since").is_none_or(|first| first < *since)
                    && bound("until").is_none_or(|end| end >= *since)
                    && above.iter().filter(|model| **model == name).count() <= 8;
                if is_there {
                    deeper.push((name, format!("{at}{}", inner["at"].as_str().unwrap()), above.clone()));
                }
            }
        }
        level = deeper;
    }
    found
}

/// The op that undoes another one, by the table of the documentation.
fn inverse(op: &Value) -> Value {
    let mut inverted = op.clone();
    let name = op["op"].as_str().unwrap();
    inverted["op"] = match name {
        "add" => "remove",
        "remove" => "add",
        "wrap" => "unwrap",
        "unwrap" => "wrap",
        "to_list" => "head",
        "head" => "to_list",
        "split" => "join",
        "join" => "split",
        same => same,
    }
    .into();
    match name {
        "rename" => {
            let (holder, key) = op["at"].as_str().unwrap().rsplit_once('/').unwrap();
            inverted["at"] = format!("{holder}/{}", op["to"].as_str().unwrap()).into();
            inverted["to"] = key.into();
        }
        "move" => {
            inverted["from"] = op["to"].clone();
            inverted["to"] = op["from"].clone();
        }
        "map_value" => {
            let pairs = op["pairs"].as_array().unwrap().iter().map(|pair| json!([pair[1], pair[0]]));
            inverted["pairs"] = pairs.collect();
            inverted["upOther"] = op["downOther"].clone();
            inverted["downOther"] = op["upOther"].clone();
        }
        "convert" => {
            let (from, to) = op["kind"].as_str().unwrap().split_once("_to_").unwrap();
            inverted["kind"] = format!("{to}_to_{from}").into();
        }
        "split" => inverted["from"] = op["into"].clone(),
        "join" => inverted["into"] = op["from"].clone(),
        "when" => inverted["ops"] = op["ops"].as_array().unwrap().iter().rev().map(inverse).collect(),
        _ => {}
    }
    inverted
}
