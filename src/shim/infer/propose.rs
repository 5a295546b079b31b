//! Suggests ops for the differences between samples: renames, additions and removals here, the others in the files
//! beside this one.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::aligned::{Aligned, aligned};
use super::distance::{distance, weight};
use super::pool::Pool;
use super::propose_move::propose_moves;
use super::propose_text::propose_texts;
use super::propose_value::{propose_tables, propose_values};
use super::state::State;
use super::value::{Value, pattern};
use crate::json::{Pointer, Segment};
use crate::shim::op::Op;

/// The most members of one object that are looked at at a time: with more, each op that is found makes room for others.
const MOST_MEMBERS: usize = 32;

type Members = BTreeMap<String, Value>;

/// Members that samples lack or have too many, by their place: how often each value stands there.
type Strays = BTreeMap<Pointer, BTreeMap<String, f64>>;

/// The ops that the remaining differences of a state suggest, the most promising first.
pub(super) fn propose(state: &State, targets: &[Value], most: usize) -> Vec<Op> {
    let mut pool = Pool::default();
    let (mut removed, mut added) = (Strays::new(), Strays::new());
    for (sample, new) in state.samples.iter().zip(targets).filter(|(sample, _)| sample.distance > 0.0) {
        for pair in aligned(&sample.value, new) {
            propose_values(&pair, &mut pool);
            if let (Value::Object(olds), Value::Object(news)) = (pair.old, pair.new) {
                propose_renames(&pair, olds, news, &mut pool);
                propose_texts(&pair, olds, news, &mut pool);
                let holder = pattern(&pair.path);
                for (name, value) in missing(olds, news) {
                    stray(&mut removed, &holder, name, value);
                }
                for (name, value) in missing(news, olds) {
                    stray(&mut added, &holder, name, value);
                }
            }
        }
        propose_moves(&sample.value, new, &mut pool);
    }
    propose_tables(state, targets, &mut pool);
    for (at, values) in added {
        let most = values.iter().max_by(|one, other| one.1.total_cmp(other.1));
        if let Some((default, gain)) = most {
            pool.suggest(Op::Add { at, default: default.clone() }, *gain);
        }
    }
    for (at, values) in removed {
        // A reader of the older shape gets the value that every sample had, or null.
        let default = values.first_key_value().filter(|_| values.len() == 1).map_or("null", |(value, _)| value);
        pool.suggest(Op::Remove { at, default: default.into() }, values.values().sum());
    }
    pool.best(most)
}

/// The members that the other object lacks.
fn missing<'m>(members: &'m Members, others: &'m Members) -> impl Iterator<Item = (&'m String, &'m Value)> {
    members.iter().filter(|(name, _)| !others.contains_key(*name)).take(MOST_MEMBERS)
}

fn stray(strays: &mut Strays, holder: &[Segment], name: &str, value: &Value) {
    let at = Pointer::key(name).under(holder);
    *strays.entry(at).or_default().entry(value.json()).or_default() += weight(value);
}

fn propose_renames(pair: &Aligned<'_>, olds: &Members, news: &Members, pool: &mut Pool) {
    let loose: Vec<_> = olds.iter().filter(|(name, old)| news.get(*name) != Some(*old)).take(MOST_MEMBERS).collect();
    for (to, new) in missing(news, olds) {
        for (name, old) in &loose {
            let stays = news.get(*name);
            // Where both shapes have the name, another value comes to be there later.
            let (before, after) = stays.map_or((weight(old), 0.0), |stays| (distance(old, stays), weight(stays)));
            let at = Pointer::key(name).under(&pattern(&pair.path));
            pool.suggest(Op::Rename { at, to: to.clone() }, before + weight(new) - after - distance(old, new));
        }
    }
}
