//! The ops of the reference interpreter, each as the documentation says it.

use serde_json::{Map, Value, json};

use super::reference_convert::{convert, same};

pub struct Ops {
    pub is_up: bool,
    pub losses: Vec<&'static str>,
}

type Object = Map<String, Value>;

/// Every value that a pointer leads to, changed by `act`. The names here need no escapes.
fn each(value: &mut Value, pointer: &str, act: &mut dyn FnMut(&mut Value)) {
    let Some(rest) = pointer.strip_prefix('/') else { return act(value) };
    let end = rest.find('/').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    match value {
        Value::Array(items) if name == "*" => items.iter_mut().for_each(|item| each(item, rest, act)),
        Value::Array(items) => {
            if let Some(item) = name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                each(item, rest, act);
            }
        }
        Value::Object(map) if name != "*" => {
            if let Some(value) = map.get_mut(name) {
                each(value, rest, act);
            }
        }
        _ => {}
    }
}

fn holders(value: &mut Value, pointer: &str, act: &mut dyn FnMut(&mut Object, &str)) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    each(value, holder, &mut |value| {
        if let Value::Object(map) = value {
            act(map, key);
        }
    });
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

impl Ops {
    pub fn carry_out(&mut self, op: &Value, above: &str, value: &mut Value) {
        let text = |name: &str| op[name].as_str().unwrap_or_default().to_owned();
        let at = format!("{above}{}", text("at"));
        match op["op"].as_str().unwrap() {
            "rename" => holders(value, &at, &mut |map, key| self.rename(map, key, &text("to"))),
            "move" => self.relocate(value, &format!("{above}{}", text("from")), &format!("{above}{}", text("to"))),
            "add" => holders(value, &at, &mut |map, key| {
                map.entry(key).or_insert_with(|| op["default"].clone());
            }),
            "remove" => holders(value, &at, &mut |map, key| {
                if map.remove(key).is_some_and(|value| !same(&value, &op["default"])) {
                    self.losses.push("value_dropped");
                }
            }),
            "wrap" => each(value, &at, &mut |value| *value = json!({ text("key"): value.take() })),
            "unwrap" => each(value, &at, &mut |value| {
                let Some(inner) = value.get(text("key")).cloned() else { return self.losses.push("unfit") };
                if value.as_object().unwrap().len() > 1 {
                    self.losses.push("members_dropped");
                }
                *value = inner;
            }),
            "to_list" => each(value, &at, &mut |value| {
                *value = if value.is_null() { json!([]) } else { json!([value.take()]) };
            }),
            "head" => each(value, &at, &mut |value| {
                let Some(items) = value.as_array().cloned() else { return self.losses.push("unfit") };
                if items.len() > 1 || items == [Value::Null] {
                    self.losses.push("tail_dropped");
                }
                *value = items.first().cloned().unwrap_or_default();
            }),
            "map_value" => each(value, &at, &mut |value| self.map_value(op, value)),
            "convert" => each(value, &at, &mut |value| self.convert(&text("kind"), value)),
            "split" => {
                holders(value, &at, &mut |map, key| self.split(map, key, &text("separator"), &names(&op["into"])))
            }
            "join" => holders(value, &at, &mut |map, key| self.join(map, key, &text("separator"), &names(&op["from"]))),
            "when" => each(value, &at, &mut |value| {
                if value
                    .as_object()
                    .and_then(|map| map.get(&text("member")))
                    .is_some_and(|found| same(found, &op["is"]))
                {
                    op["ops"].as_array().unwrap().iter().for_each(|op| self.carry_out(op, "", value));
                }
            }),
            other => panic!("{other}"),
        }
    }

    fn taken(&mut self, is_taken: bool) {
        if is_taken {
            self.losses.push("name_taken");
        }
    }

    fn rename(&mut self, map: &mut Object, key: &str, to: &str) {
        let Some(found) = map.get(key).cloned() else {
            return self.taken(map.contains_key(to));
        };
        map.remove(key);
        if map.contains_key(to) {
            self.losses.push("both_present");
            if self.is_up {
                return;
            }
        }
        map.insert(to.into(), found);
    }

    fn map_value(&mut self, op: &Value, value: &mut Value) {
        let pairs = op["pairs"].as_array().unwrap();
        let found = pairs.iter().find(|pair| same(&pair[0], value));
        let new = match (found, op.get("upOther")) {
            (Some(pair), _) => pair[1].clone(),
            (None, Some(Value::Object(to))) => to["to"].clone(),
            (None, Some(Value::String(word))) if word == "error" => return self.losses.push("unfit"),
            _ => value.clone(),
        };
        let back = pairs.iter().find(|pair| same(&pair[1], &new)).map_or(&new, |pair| &pair[0]);
        if !same(back, value) || (found.is_none() && !same(&new, value)) {
            self.losses.push("value_merged");
        }
        if !same(&new, value) {
            *value = new;
        }
    }

    fn convert(&mut self, kind: &str, value: &mut Value) {
        let Some(new) = convert(kind, value) else { return self.losses.push("unfit") };
        let (from, to) = kind.split_once("_to_").unwrap();
        if !convert(&format!("{to}_to_{from}"), &new).is_some_and(|back| same(&back, value)) {
            self.losses.push("value_merged");
        }
        *value = new;
    }

    fn split(&mut self, map: &mut Object, key: &str, separator: &str, into: &[String]) {
        let Some(value) = map.get(key).cloned() else {
            return self.taken(into.iter().any(|name| map.contains_key(name)));
        };
        let parts: Vec<&str> =
            value.as_str().map(|text| text.splitn(into.len(), separator).collect()).unwrap_or_default();
        if parts.len() != into.len() {
            return self.losses.push("unfit");
        }
        map.remove(key);
        if into.iter().any(|name| map.contains_key(name)) {
            self.losses.push("both_present");
            if self.is_up {
                return;
            }
        }
        map.extend(into.iter().zip(parts).map(|(name, part)| (name.clone(), part.into())));
    }

    fn join(&mut self, map: &mut Object, key: &str, separator: &str, from: &[String]) {
        if !from.iter().any(|name| map.contains_key(name)) {
            return self.taken(map.contains_key(key));
        }
        let parts: Vec<String> = from.iter().filter_map(|name| Some(map.get(name)?.as_str()?.into())).collect();
        if parts.len() != from.len() {
            return self.losses.push("unfit");
        }
        if map.contains_key(key) {
            self.losses.push("both_present");
            if self.is_up {
                return map.retain(|name, _| !from.contains(name));
            }
        }
        let joined = parts.join(separator);
        if joined.splitn(parts.len(), separator).collect::<Vec<_>>() != parts {
            self.losses.push("value_merged");
        }
        map.retain(|name, _| !from.contains(name));
        map.insert(key.into(), joined.into());
    }

    /// Both places lie in the same element of the same lists: the part up to the last star is the same.
    fn relocate(&mut self, value: &mut Value, from: &str, to: &str) {
        let shared = from.rfind("/*").map_or(0, |at| at + 2);
        each(value, &from[..shared], &mut |value| self.relocate_within(value, &from[shared..], &to[shared..]));
    }

    fn relocate_within(&mut self, value: &mut Value, from: &str, to: &str) {
        let (holder, key) = to.rsplit_once('/').unwrap();
        let from_holder = from.rsplit_once('/').unwrap().0;
        let found = value.pointer(from).filter(|_| value.pointer(from_holder).is_some_and(Value::is_object)).cloned();
        let Some(found) = found else {
            return self
                .taken(value.pointer(holder).and_then(Value::as_object).is_some_and(|map| map.contains_key(key)));
        };
        // The last holder on the way to the new place that is there.
        let mut there = holder;
        while value.pointer(there).is_none() {
            there = there.rsplit_once('/').unwrap().0;
        }
        let Some(map) = value.pointer(there).unwrap().as_object() else { return self.losses.push("unfit") };
        if map.is_empty() {
            self.losses.push("empty_object");
        }
        if there == holder && map.contains_key(key) {
            self.losses.push("both_present");
            if self.is_up {
                return remove(value, from);
            }
        }
        let mut inner = value.pointer_mut(there).unwrap();
        for name in holder[there.len()..].split('/').skip(1) {
            inner = inner.as_object_mut().unwrap().entry(name).or_insert_with(|| json!({}));
        }
        let map = inner.as_object_mut().unwrap();
        map.remove(key);
        map.insert(key.into(), found);
        remove(value, from);
    }
}

/// Takes a member away, and the holders that it leaves empty.
fn remove(value: &mut Value, pointer: &str) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let map = value.pointer_mut(holder).unwrap().as_object_mut().unwrap();
    map.remove(key);
    let above = holder.rsplit_once('/').map(|(above, _)| above);
    if map.is_empty() && above.is_some_and(|above| value.pointer(above).is_some_and(Value::is_object)) {
        remove(value, holder);
    }
}
