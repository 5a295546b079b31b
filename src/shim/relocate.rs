//! Taking a value to another place of the same element.

use alloc::vec::Vec;

use super::loss::{LossKind, Run};
use crate::json::{Node, Object, Path, Segment};

/// Takes the value at `from` to `to`, both under `node`; tells whether that changed something.
pub(super) fn relocate(node: &mut Node<'_>, from: &[Segment], to: &[Segment], at: &Path<'_>, run: &mut Run) -> bool {
    let (Some((key, holder)), Some((to_key, to_holder))) = (ends(from), ends(to)) else {
        return false;
    };
    let present = holder_of(node, &holder).is_some_and(|object| object.get(key).is_some());
    if !present {
        return run.taken(matches!(free(node, &to_holder, to_key), Free::Taken), at, to_key);
    }
    match free(node, &to_holder, to_key) {
        Free::Blocked => return run.unfit(at, "the new holder is no object"),
        Free::Taken => {
            run.conflict(LossKind::BothPresent, at, to_key, "both places are taken");
            if !run.is_lenient() {
                return false;
            }
            let dropped = if run.is_up { holder_of(node, &holder).map(|object| object.remove(key)) } else { None };
            if dropped.is_some() {
                prune(node, &holder);
                return true;
            }
            let _old = holder_of(node, &to_holder).map(|object| object.remove(to_key));
        }
        Free::Empty => run.lose(LossKind::EmptyObject, at, to_key),
        Free::Yes => {}
    }
    let Some(value) = holder_of(node, &holder).and_then(|object| object.remove(key)) else {
        return false;
    };
    make_holder(node, &to_holder, to_key, value);
    prune(node, &holder);
    true
}

/// The last name of a path and those before it.
fn ends(path: &[Segment]) -> Option<(&str, Vec<&str>)> {
    let mut names = path.iter().map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Each => None,
    });
    let last = names.next_back()??;
    Some((last, names.collect::<Option<Vec<_>>>()?))
}

fn holder_of<'n, 'a>(node: &'n mut Node<'a>, names: &[&str]) -> Option<&'n mut Object<'a>> {
    match names.split_first() {
        None => node.open_object(),
        Some((first, rest)) => holder_of(node.value_mut(first)?, rest),
    }
}

enum Free {
    /// The place can be made or is free.
    Yes,
    /// The place is free, in an object that is there and empty: on the way back that object will go away.
    Empty,
    /// A member of that name is there.
    Taken,
    /// A value on the way to the place is no object.
    Blocked,
}

fn free(node: &mut Node<'_>, names: &[&str], key: &str) -> Free {
    if let Some((inner, rest)) = names.split_first().and_then(|(first, rest)| Some((node.value_mut(first)?, rest))) {
        return free(inner, rest, key);
    }
    match node.open_object() {
        None => Free::Blocked,
        Some(object) if names.is_empty() && object.get(key).is_some() => Free::Taken,
        Some(object) if object.is_empty() => Free::Empty,
        Some(_) => Free::Yes,
    }
}

fn make_holder<'a>(node: &mut Node<'a>, names: &[&str], key: &str, value: Node<'a>) {
    let Some((first, rest)) = names.split_first() else {
        if let Some(object) = node.open_object() {
            object.insert(key, value);
        }
        return;
    };
    if node.value_mut(first).is_none() {
        if let Some(object) = node.open_object() {
            object.insert(first, Node::Object(Object::default()));
        }
    }
    if let Some(inner) = node.value_mut(first) {
        make_holder(inner, rest, key, value);
    }
}

/// Takes away the holders that were left empty, from the inside out.
fn prune(node: &mut Node<'_>, names: &[&str]) {
    if let (Some((last, above)), Some(true)) =
        (names.split_last(), holder_of(node, names).map(|object| object.is_empty()))
    {
        let _empty = holder_of(node, above).map(|object| object.remove(last));
        prune(node, above);
    }
}
