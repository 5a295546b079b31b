//! Inferred ops as a registry document writes them, and as a sentence of its summary.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::json::{Pointer, Segment, quoted};
use crate::shim::op::{Op, Other};

/// The op as JSON text, its members in the order of the documentation.
pub(super) fn op_json(op: &Op) -> String {
    let mut members: Vec<(&str, String)> = Vec::new();
    let place = |at: &Pointer| quoted(&at.to_string());
    let name = match op {
        Op::Rename { at, to } => {
            members.extend([("at", place(at)), ("to", quoted(to))]);
            "rename"
        }
        Op::Move { from, to } => {
            members.extend([("from", place(from)), ("to", place(to))]);
            "move"
        }
        Op::Add { at, default } | Op::Remove { at, default } => {
            members.extend([("at", place(at)), ("default", default.clone())]);
            if matches!(op, Op::Add { .. }) { "add" } else { "remove" }
        }
        Op::Wrap { at, key } | Op::Unwrap { at, key } => {
            members.extend([("at", place(at)), ("key", quoted(key))]);
            if matches!(op, Op::Wrap { .. }) { "wrap" } else { "unwrap" }
        }
        Op::ToList { at } | Op::Head { at } => {
            members.push(("at", place(at)));
            if matches!(op, Op::ToList { .. }) { "to_list" } else { "head" }
        }
        Op::MapValue { at, pairs, up_other, down_other } => {
            let pairs: Vec<String> = pairs.iter().map(|(old, new)| format!("[{old}, {new}]")).collect();
            members.extend([("at", place(at)), ("pairs", list(&pairs))]);
            members.extend(other(up_other).map(|text| ("upOther", text)));
            members.extend(other(down_other).map(|text| ("downOther", text)));
            "map_value"
        }
        Op::Convert { at, conversion } => {
            members.extend([("at", place(at)), ("kind", quoted(conversion.name()))]);
            "convert"
        }
        Op::Split { at, separator, into: names } | Op::Join { at, separator, from: names } => {
            let (name, parts) = if matches!(op, Op::Split { .. }) { ("split", "into") } else { ("join", "from") };
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            members.extend([("at", place(at)), ("separator", quoted(separator)), (parts, list(&names))]);
            name
        }
        Op::When { at, member, is, ops } => {
            let ops: Vec<String> = ops.iter().map(op_json).collect();
            members.extend([("at", place(at)), ("member", quoted(member)), ("is", is.clone()), ("ops", list(&ops))]);
            "when"
        }
    };
    let members: Vec<String> = members.iter().map(|(name, value)| format!(", \"{name}\": {value}")).collect();
    format!("{{ \"op\": \"{name}\"{} }}", members.concat())
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn other(other: &Other) -> Option<String> {
    match other {
        Other::Keep => None,
        Other::Error => Some("\"error\"".into()),
        Other::To(value) => Some(format!("{{ \"to\": {value} }}")),
    }
}

/// The op as a clause, for example "`a` is called `b`".
pub(super) fn clause(op: &Op) -> String {
    match op {
        Op::Rename { at, to } => format!("{} is called {to}", name(at)),
        Op::Move { from, to } => format!("{} moves to {}", name(from), name(to)),
        Op::Add { at, .. } => format!("{} is added", name(at)),
        Op::Remove { at, .. } => format!("{} is removed", name(at)),
        Op::Wrap { at, key } => format!("{} becomes an object that holds the value as {key}", name(at)),
        Op::Unwrap { at, key } => format!("{} becomes the value that it holds as {key}", name(at)),
        Op::ToList { at } => format!("{} becomes a list", name(at)),
        Op::Head { at } => format!("{} becomes its first element", name(at)),
        Op::MapValue { at, .. } => format!("{} has other values", name(at)),
        Op::Convert { at, conversion } => match conversion.name().split_once("_to_") {
            Some((old, new)) => format!("{} is converted from {old} to {new}", name(at)),
            None => format!("{} is converted", name(at)),
        },
        Op::Split { at, into, .. } => format!("{} is split into {}", name(at), into.join(", ")),
        Op::Join { at, from, .. } => format!("{} are joined to {}", from.join(", "), name(at)),
        Op::When { member, is, ops, .. } => {
            let ops: Vec<String> = ops.iter().map(clause).collect();
            format!("where {member} is {is}, {}", ops.join(" and "))
        }
    }
}

/// A place as a person names it: a member at the top by its name, any other by its pointer.
pub(super) fn name(at: &Pointer) -> String {
    match at.segments() {
        [] => "the data".into(),
        [Segment::Key(key)] => key.clone(),
        _ => at.to_string(),
    }
}

/// The most ops that a summary names.
const MOST_NAMED: usize = 3;

/// One sentence about all ops.
pub(super) fn summary(ops: &[Op]) -> String {
    let named: Vec<String> = ops.iter().take(MOST_NAMED).map(clause).collect();
    let more = match ops.len().saturating_sub(named.len()) {
        0 => String::new(),
        1 => "; and 1 more change".into(),
        more => format!("; and {more} more changes"),
    };
    format!("{}{more}.", named.join("; "))
}
