//! Whether an edited registry keeps what was published: receivers that have the older document must go on to agree
//! with senders that have the newer one.

use alloc::vec::Vec;

use super::diff::{all_placed, by_id};
use super::plan::Shims;
use super::registry::{Change, Registry};
use crate::json::pointer::escape_token;
use crate::json::{Problem, Problems};

const HINT: &str = "keep what is published, and add a change with a newer version";

/// Lists each way in which `edited` is not an extension of `published`, with the place in the edited document.
///
/// A published change must keep its version, target, ops and order, and a published event type the places of its
/// changes. A new change needs a version that is newer than every published one. Summaries, reasons, sources and
/// deprecations may be edited. Both registries must be without problems, as
/// [`Registry::from_json`](super::Registry::from_json) returns them.
///
/// ```
/// use mambo_webhooks::Registry;
/// use mambo_webhooks::shim::changed_since;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let document = |to| {
///     Registry::from_json(&format!(
///         r#"{{"format":1,"versions":["9.0.0"],"changes":[{{"id":"wallet","since":"9.0.0","on":{{"model":"PointWallet"}},
///             "summary":"a is called b.","lossy":"none","ops":[{{"op":"rename","at":"/a","to":"{to}"}}]}}]}}"#
///     ))
/// };
/// let problems = changed_since(&document("b")?, &document("c")?);
/// assert_eq!((problems[0].code, problems[0].at.as_str()), ("change_edited", "/changes/0/ops"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn changed_since(published: &Registry, edited: &Registry) -> Vec<Problem> {
    let mut problems = Problems::default();
    for version in published.versions.iter().filter(|version| !edited.versions.contains(version)) {
        let sentence = format_args!("published version {version} is gone");
        problems.report("version_removed", format_args!("/versions"), sentence, "list it again");
    }
    for event_type in published.event_types().filter(|event_type| !edited.events.contains_key(*event_type)) {
        let sentence = format_args!("published event type `{event_type}` is gone");
        problems.report("event_removed", format_args!("/events"), sentence, "list it again");
    }
    published_changes(published, edited, &mut problems);
    new_changes(published, edited, &mut problems);
    if problems.list().is_empty() {
        places(published, edited, &mut problems);
    }
    problems.list().to_vec()
}

/// Finds the change with this id, and its position.
fn find<'r>(registry: &'r Registry, id: &str) -> Option<(usize, &'r Change)> {
    registry.changes.iter().enumerate().find(|(_, change)| change.id == id)
}

fn published_changes(published: &Registry, edited: &Registry, problems: &mut Problems) {
    let mut kept: Vec<(usize, &Change)> = Vec::new();
    for change in &published.changes {
        let id = &change.id;
        let Some((index, now)) = find(edited, id) else {
            let sentence = format_args!("published change `{id}` is gone");
            problems.report("change_removed", format_args!("/changes"), sentence, HINT);
            continue;
        };
        for (member, is_same) in
            [("since", now.since == change.since), ("on", now.on == change.on), ("ops", now.ops == change.ops)]
        {
            if !is_same {
                let sentence = format_args!("published change `{id}` was edited");
                problems.report("change_edited", format_args!("/changes/{index}/{member}"), sentence, HINT);
            }
        }
        // Changes of one version are carried out in the order of the document.
        let before = kept.iter().find(|(other, before)| before.since == change.since && *other > index);
        if let Some((_, before)) = before {
            let sentence = format_args!("published change `{id}` came after `{}`", before.id);
            let hint = "keep the order of the changes of one version";
            problems.report("change_moved", format_args!("/changes/{index}"), sentence, hint);
        }
        kept.push((index, change));
    }
}

fn new_changes(published: &Registry, edited: &Registry, problems: &mut Problems) {
    let Some(newest) = published.versions.last() else { return };
    for (index, Change { id, since, .. }) in edited.changes.iter().enumerate() {
        if since <= newest && find(published, id).is_none() {
            let sentence = format_args!("change `{id}` is new, but version {newest} is published");
            let hint = "give it a version that is newer than every published one";
            problems.report("change_inserted", format_args!("/changes/{index}/since"), sentence, hint);
        }
    }
}

/// Finds published changes that apply at other places than before, though they are the same.
fn places(published: &Registry, edited: &Registry, problems: &mut Problems) {
    let (before, after) = (Shims::made(published.clone()), Shims::made(edited.clone()));
    for event_type in published.event_types() {
        let mut now = all_placed(&after, event_type, true);
        now.retain(|change| find(published, change.id).is_some());
        let was = all_placed(&before, event_type, true);
        let (had, has) = (by_id(&was), by_id(&now));
        let mut ids = was.iter().chain(&now).map(|change| change.id);
        if let Some(id) = ids.find(|id| had.get(id) != has.get(id)) {
            let at = format_args!("/events{}", escape_token(event_type));
            let sentence = format_args!("published change `{id}` applies to other places of `{event_type}`");
            let hint = "keep model and `introduced`; a `contains` whose place changes has `since` and `until`";
            problems.report("places_changed", at, sentence, hint);
        }
    }
}
