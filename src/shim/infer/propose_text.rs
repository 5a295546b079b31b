//! Suggests splits and joins: texts that are parts of another one.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::aligned::Aligned;
use super::distance::weight;
use super::pool::Pool;
use super::value::{Value, pattern};
use crate::json::Pointer;
use crate::shim::op::Op;

/// The most ways in which one text is taken for a joined one.
const MOST_PARTITIONS: usize = 64;
/// The most steps of the search for such ways in one text: equal parts have as many orders as their factorial.
const MOST_STEPS: usize = 4096;
/// The longest separator that is looked for, in bytes.
const MOST_SEPARATOR_BYTES: usize = 8;
/// The most parts of one text.
const MOST_PARTS: usize = 6;
/// The most texts of one object that are tried as parts.
const MOST_TEXTS: usize = 12;

type Members = BTreeMap<String, Value>;

pub(super) fn propose_texts(pair: &Aligned<'_>, olds: &Members, news: &Members, pool: &mut Pool) {
    let holder = pattern(&pair.path);
    let (left, came) = (texts(olds, news, true), texts(news, olds, false));
    for (name, whole) in &left {
        for (separator, into) in partitions(whole, &came) {
            let gain = 10.0 + into.iter().filter_map(|name| news.get(name)).map(weight).sum::<f64>();
            let at = Pointer::key(name).under(&holder);
            pool.suggest(Op::Split { at, separator, into }, gain);
        }
    }
    for (name, whole) in &came {
        for (separator, from) in partitions(whole, &left) {
            let gain = 10.0 + from.iter().filter_map(|name| olds.get(name)).map(weight).sum::<f64>();
            let at = Pointer::key(name).under(&holder);
            pool.suggest(Op::Join { at, separator, from }, gain);
        }
    }
}

/// The texts among the members that the other shape lacks, or, if so wanted, has with another value.
fn texts<'m>(members: &'m Members, others: &Members, or_changed: bool) -> Vec<(&'m str, &'m str)> {
    let is_loose = |name: &str, value: &Value| match others.get(name) {
        None => true,
        Some(other) => or_changed && other != value,
    };
    let loose = members.iter().filter(|(name, value)| is_loose(name, value));
    let texts = loose.filter_map(|(name, value)| match value {
        Value::Text(text) => Some((name.as_str(), text.as_str())),
        _ => None,
    });
    texts.take(MOST_TEXTS).collect()
}

/// The ways to write `whole` as two or more of the texts with one separator between them.
fn partitions(whole: &str, texts: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut steps = MOST_STEPS;
    for (first, text) in texts {
        let Some(rest) = whole.strip_prefix(text) else { continue };
        let ends = rest.char_indices().map(|(at, character)| at.saturating_add(character.len_utf8()));
        for end in ends.take_while(|end| *end <= MOST_SEPARATOR_BYTES) {
            let Some((separator, rest)) = rest.split_at_checked(end) else { continue };
            let mut names = alloc::vec![*first];
            extend(rest, separator, texts, &mut names, &mut found, &mut steps);
        }
    }
    found
}

/// Continues a partition after a separator, and adds those that reach the end of the text.
fn extend<'n>(
    rest: &str,
    separator: &str,
    texts: &[(&'n str, &str)],
    names: &mut Vec<&'n str>,
    found: &mut Vec<(String, Vec<String>)>,
    steps: &mut usize,
) {
    if names.len() >= MOST_PARTS || found.len() >= MOST_PARTITIONS || *steps == 0 {
        return;
    }
    *steps = steps.saturating_sub(1);
    for (name, text) in texts {
        if names.contains(name) {
            continue;
        }
        names.push(name);
        if rest == *text {
            found.push((separator.into(), names.iter().map(|name| String::from(*name)).collect()));
        } else if let Some(rest) = rest.strip_prefix(text).and_then(|rest| rest.strip_prefix(separator)) {
            extend(rest, separator, texts, names, found, steps);
        }
        names.pop();
    }
}
