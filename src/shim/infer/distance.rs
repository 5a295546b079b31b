//! How far a value is from another: about the number of changes that one op or more have to make. A pair of values
//! that a single op could turn into one another is nearer than the number of their members says, so that a search by
//! single steps finds chains of them.

use alloc::string::String;

use super::value::Value;
use crate::shim::convert::Conversion;

/// The weight of one scalar that is missing or too many.
const SCALAR: f64 = 10.0;
/// Two scalars of which one can be converted into the other.
const CONVERTIBLE: f64 = 4.0;
/// Two scalars that a table could map. Above the weight of one: where names shift, as when `b` becomes `c` and `a`
/// becomes `b`, the first step must not look better that leaves the wrong value at `b`.
const MAPPED: f64 = 10.5;
/// A value that an op could wrap or take out.
const WRAPPED: f64 = 4.0;
/// A value that an op could put into a list or take out.
const LISTED: f64 = 5.0;

/// The most members of an object that is compared with one that wraps it.
const MOST_MEMBERS: usize = 24;

fn members(value: &Value) -> usize {
    if let Value::Object(members) = value { members.len() } else { 0 }
}

/// What it costs to add or drop a value.
pub(super) fn weight(value: &Value) -> f64 {
    match value {
        Value::List(items) => SCALAR + items.iter().map(weight).sum::<f64>(),
        Value::Object(members) => SCALAR + members.values().map(weight).sum::<f64>(),
        _ => SCALAR,
    }
}

/// How far `old` is from `new`; zero for the same value.
pub(super) fn distance(old: &Value, new: &Value) -> f64 {
    let plain = match (old, new) {
        (Value::Object(olds), Value::Object(news)) => {
            let kept =
                olds.iter().map(|(name, old)| news.get(name).map_or_else(|| weight(old), |new| distance(old, new)));
            let added = news.iter().filter(|(name, _)| !olds.contains_key(*name)).map(|(_, new)| weight(new));
            kept.chain(added).sum()
        }
        (Value::List(olds), Value::List(news)) => {
            let kept = olds.iter().zip(news).map(|(old, new)| distance(old, new));
            let extra = olds.iter().skip(news.len()).chain(news.iter().skip(olds.len())).map(weight);
            kept.chain(extra).sum()
        }
        _ => far(old, new),
    };
    if plain <= WRAPPED { plain } else { plain.min(one_op_away(old, new)) }
}

/// The distance without looking for what one op could do.
fn flat(old: &Value, new: &Value) -> f64 {
    match (old, new) {
        (Value::Object(olds), Value::Object(news)) => {
            let kept = olds.iter().map(|(name, old)| news.get(name).map_or_else(|| weight(old), |new| flat(old, new)));
            let added = news.iter().filter(|(name, _)| !olds.contains_key(*name)).map(|(_, new)| weight(new));
            kept.chain(added).sum()
        }
        (Value::List(olds), Value::List(news)) => {
            let kept = olds.iter().zip(news).map(|(old, new)| flat(old, new));
            let extra = olds.iter().skip(news.len()).chain(news.iter().skip(olds.len())).map(weight);
            kept.chain(extra).sum()
        }
        _ => far(old, new),
    }
}

/// The distance of values that are not both objects or both lists.
fn far(old: &Value, new: &Value) -> f64 {
    if old == new {
        0.0
    } else if !(old.is_scalar() && new.is_scalar()) {
        weight(old) + weight(new)
    } else if convertible(old, new) {
        CONVERTIBLE
    } else {
        MAPPED
    }
}

fn one_op_away(old: &Value, new: &Value) -> f64 {
    let mut least = f64::INFINITY;
    if members(old) > MOST_MEMBERS || members(new) > MOST_MEMBERS {
        return least;
    }
    if let Value::Object(news) = new {
        let all: f64 = news.values().map(weight).sum();
        for inner in news.values() {
            least = least.min(WRAPPED + flat(old, inner) + all - weight(inner));
        }
    }
    if let Value::Object(olds) = old {
        let all: f64 = olds.values().map(weight).sum();
        for inner in olds.values() {
            // What is beside the value is dropped with it.
            least = least.min(WRAPPED + flat(inner, new) + (all - weight(inner)) / 2.0);
        }
    }
    match (old, new) {
        (Value::List(_), Value::List(_)) => {}
        (old, Value::List(news)) if news.len() <= 1 => {
            least = least.min(LISTED + news.first().map_or_else(|| flat(old, &Value::Null), |new| flat(old, new)));
        }
        (Value::List(olds), new) => {
            let rest: f64 = olds.iter().skip(1).map(|_| 1.0).sum();
            least =
                least.min(LISTED + rest + olds.first().map_or_else(|| flat(&Value::Null, new), |old| flat(old, new)));
        }
        _ => {}
    }
    least
}

/// Whether a conversion turns the old scalar into the new one.
pub(super) fn convertible(old: &Value, new: &Value) -> bool {
    conversions(old, new).next().is_some()
}

/// The conversions that turn the old scalar into the new one.
pub(super) fn conversions(old: &Value, new: &Value) -> impl Iterator<Item = Conversion> {
    // Both are written only where a conversion can be: most pairs of scalars have the same type.
    let could_be = matches!(
        (old, new),
        (Value::Number(_), Value::Number(_) | Value::Text(_))
            | (Value::Text(_), Value::Number(_) | Value::Bool(_))
            | (Value::Bool(_), Value::Text(_))
    );
    let texts: Option<(String, &Value)> = could_be.then(|| (old.json(), new));
    texts.into_iter().flat_map(|(old, new)| {
        Conversion::NAMES.iter().filter_map(move |(_, conversion)| {
            let converted = conversion.convert(&old)?;
            (Value::read(&converted) == *new).then_some(*conversion)
        })
    })
}
