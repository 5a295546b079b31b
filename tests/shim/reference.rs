//! A slow reference interpreter of the ops, on a generic JSON value: nothing is shared with the engine.

use mambo_webhooks::json::{Pointer, Segment};
use mambo_webhooks::shim::op::{Op, Other};
use mambo_webhooks::shim::{LossKind, Plan};
use serde_json::{Map, Value, json};

pub type Losses = Vec<(String, LossKind)>;

pub struct Reference {
    is_up: bool,
    change: String,
    losses: Losses,
}

/// What the steps of a plan make of a value. Which way they lead is told, not asked: the engine might be wrong.
pub fn interpret(plan: Plan<'_>, is_up: bool, value: &Value) -> (Value, Losses) {
    let mut value = value.clone();
    let mut reference = Reference { is_up, change: String::new(), losses: Vec::new() };
    for (change, ops) in plan.steps() {
        reference.change = change.into();
        for op in ops {
            reference.op(op, &mut value);
        }
    }
    (value, reference.losses)
}

/// Every value that the path leads to, changed by `act`.
fn at(value: &mut Value, path: &[Segment], act: &mut dyn FnMut(&mut Value)) {
    match (path.split_first(), value) {
        (None, value) => act(value),
        (Some((Segment::Key(key), rest)), Value::Object(map)) => {
            if let Some(value) = map.get_mut(key) {
                at(value, rest, act);
            }
        }
        (Some((Segment::Each, rest)), Value::Array(items)) => items.iter_mut().for_each(|item| at(item, rest, act)),
        _ => {}
    }
}

fn holders(value: &mut Value, place: &Pointer, act: &mut dyn FnMut(&mut Map<String, Value>, &str)) {
    let (holder, key) = place.split_key().unwrap();
    at(value, holder, &mut |value| {
        if let Value::Object(map) = value {
            act(map, key);
        }
    });
}

impl Reference {
    fn lose(&mut self, kind: LossKind) {
        self.losses.push((self.change.clone(), kind));
    }

    fn taken(&mut self, is_taken: bool) {
        if is_taken {
            self.lose(LossKind::NameTaken);
        }
    }

    fn op(&mut self, op: &Op, value: &mut Value) {
        match op {
            Op::Rename { at: place, to } => holders(value, place, &mut |map, key| {
                let Some(found) = map.get(key).cloned() else {
                    return self.taken(map.contains_key(to));
                };
                if map.contains_key(to) {
                    self.lose(LossKind::BothPresent);
                    if self.is_up {
                        map.remove(key);
                        return;
                    }
                }
                map.remove(key);
                map.insert(to.clone(), found);
            }),
            Op::Move { from, to } => {
                let shared = from.segments().iter().rposition(|each| *each == Segment::Each).map_or(0, |at| at + 1);
                at(value, &from.segments()[..shared], &mut |value| {
                    self.relocate(value, &keys(&from.segments()[shared..]), &keys(&to.segments()[shared..]));
                });
            }
            Op::Add { at: place, default } => holders(value, place, &mut |map, key| {
                if !map.contains_key(key) {
                    map.insert(key.into(), parsed(default));
                }
            }),
            Op::Remove { at: place, default } => holders(value, place, &mut |map, key| {
                if map.remove(key).is_some_and(|value| value != parsed(default)) {
                    self.lose(LossKind::ValueDropped);
                }
            }),
            Op::Wrap { at: place, key } => at(value, place.segments(), &mut |value| {
                *value = json!({ key: value.take() });
            }),
            Op::Unwrap { at: place, key } => at(value, place.segments(), &mut |value| {
                let Some(inner) = value.get(key).cloned() else { return self.lose(LossKind::Unfit) };
                if value.as_object().unwrap().len() > 1 {
                    self.lose(LossKind::MembersDropped);
                }
                *value = inner;
            }),
            Op::ToList { at: place } => at(value, place.segments(), &mut |value| {
                *value = if value.is_null() { json!([]) } else { json!([value.take()]) };
            }),
            Op::Head { at: place } => at(value, place.segments(), &mut |value| {
                let Some(items) = value.as_array().cloned() else { return self.lose(LossKind::Unfit) };
                if items.len() > 1 || items == [Value::Null] {
                    self.lose(LossKind::TailDropped);
                }
                *value = items.first().cloned().unwrap_or_default();
            }),
            // Of the op as it is carried out: that of the way back was exchanged when it was derived.
            Op::MapValue { at: place, pairs, up_other: other, .. } => at(value, place.segments(), &mut |value| {
                let found = pairs.iter().find(|(old, _)| parsed(old) == *value);
                let new = match (found, other) {
                    (Some((_, new)), _) | (None, Other::To(new)) => parsed(new),
                    (None, Other::Keep) => value.clone(),
                    (None, Other::Error) => return self.lose(LossKind::Unfit),
                };
                let back =
                    pairs.iter().find(|(_, other)| parsed(other) == new).map_or(new.clone(), |(old, _)| parsed(old));
                if back != *value || (found.is_none() && new != *value) {
                    self.lose(LossKind::ValueMerged);
                }
                *value = new;
            }),
            Op::Convert { at: place, conversion } => at(value, place.segments(), &mut |value| {
                let Some(text) = conversion.convert(&value.to_string()) else { return self.lose(LossKind::Unfit) };
                let new = parsed(&text);
                if conversion.invert().convert(&text).map(|text| parsed(&text)).as_ref() != Some(value) {
                    self.lose(LossKind::ValueMerged);
                }
                *value = new;
            }),
            Op::Split { at: place, separator, into } => holders(value, place, &mut |map, key| {
                let Some(value) = map.get(key).cloned() else {
                    return self.taken(into.iter().any(|name| map.contains_key(name)));
                };
                let parts: Vec<&str> = value
                    .as_str()
                    .map(|text| text.splitn(into.len(), separator.as_str()).collect())
                    .unwrap_or_default();
                if parts.len() != into.len() {
                    return self.lose(LossKind::Unfit);
                }
                if into.iter().any(|name| map.contains_key(name)) {
                    self.lose(LossKind::BothPresent);
                    if self.is_up {
                        map.remove(key);
                        return;
                    }
                }
                map.remove(key);
                for (name, part) in into.iter().zip(parts) {
                    map.insert(name.clone(), part.into());
                }
            }),
            Op::Join { at: place, separator, from } => holders(value, place, &mut |map, key| {
                if !from.iter().any(|name| map.contains_key(name)) {
                    return self.taken(map.contains_key(key));
                }
                let parts: Vec<String> = from.iter().filter_map(|name| Some(map.get(name)?.as_str()?.into())).collect();
                if parts.len() != from.len() {
                    return self.lose(LossKind::Unfit);
                }
                if map.contains_key(key) {
                    self.lose(LossKind::BothPresent);
                    if self.is_up {
                        map.retain(|name, _| !from.contains(name));
                        return;
                    }
                }
                let joined = parts.join(separator);
                let mut apart: Vec<&str> = Vec::new();
                let mut rest = joined.as_str();
                while apart.len() + 1 < parts.len() {
                    let Some((part, after)) = rest.split_once(separator.as_str()) else { break };
                    apart.push(part);
                    rest = after;
                }
                apart.push(rest);
                if apart != parts {
                    self.lose(LossKind::ValueMerged);
                }
                map.retain(|name, _| !from.contains(name));
                map.insert(key.into(), joined.into());
            }),
            Op::When { at: place, member, is, ops } => at(value, place.segments(), &mut |value| {
                if value.get(member) == Some(&parsed(is)) {
                    for op in ops {
                        self.op(op, value);
                    }
                }
            }),
        }
    }

    fn relocate(&mut self, value: &mut Value, from: &[&str], to: &[&str]) {
        let pointer = |names: &[&str]| names.iter().map(|name| format!("/{name}")).collect::<String>();
        let Some(found) = value.pointer(&pointer(from)).cloned() else {
            let holder = value.pointer(&pointer(&to[..to.len() - 1])).and_then(Value::as_object);
            return self.taken(holder.is_some_and(|map| map.contains_key(to[to.len() - 1])));
        };
        // Down to the last holder of the new place that is there.
        let mut depth = 0;
        while depth < to.len() - 1 && value.pointer(&pointer(&to[..=depth])).is_some() {
            depth += 1;
        }
        match value.pointer(&pointer(&to[..depth])) {
            Some(Value::Object(map)) if map.is_empty() => self.lose(LossKind::EmptyObject),
            Some(Value::Object(map)) if depth == to.len() - 1 && map.contains_key(to[depth]) => {
                self.lose(LossKind::BothPresent);
                if self.is_up {
                    return remove(value, from);
                }
                value.pointer_mut(&pointer(&to[..depth])).unwrap().as_object_mut().unwrap().remove(to[depth]);
            }
            Some(Value::Object(_)) => {}
            _ => return self.lose(LossKind::Unfit),
        }
        let mut holder = &mut *value;
        for name in &to[..to.len() - 1] {
            holder = holder.as_object_mut().unwrap().entry(*name).or_insert_with(|| json!({}));
        }
        holder.as_object_mut().unwrap().insert(to[to.len() - 1].into(), found);
        remove(value, from);
    }
}

/// Takes a member away, and the holders that it leaves empty.
fn remove(value: &mut Value, path: &[&str]) {
    let Some(map) = value.as_object_mut() else { return };
    match path {
        [] => {}
        [last] => {
            map.remove(*last);
        }
        [first, rest @ ..] => {
            let Some(inner) = map.get_mut(*first) else { return };
            remove(inner, rest);
            if inner.as_object().is_some_and(Map::is_empty) {
                map.remove(*first);
            }
        }
    }
}

fn keys(path: &[Segment]) -> Vec<&str> {
    path.iter()
        .map(|segment| match segment {
            Segment::Key(key) => key.as_str(),
            Segment::Each => panic!("a star behind the shared part"),
        })
        .collect()
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}
