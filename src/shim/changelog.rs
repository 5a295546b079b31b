//! A registry as Markdown, for the people who read payloads.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::op::{Lossy, Op};
use super::registry::{Change, Deprecation, Registry, Target};

/// The registry's changes and deprecations, the newest version first.
#[must_use]
pub fn changelog(registry: &Registry) -> String {
    Changelog(registry).to_string()
}

struct Changelog<'r>(&'r Registry);

impl fmt::Display for Changelog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = self.0;
        f.write_str("# Payload changes\n")?;
        if registry.changes.is_empty() {
            f.write_str("\nNo change of a payload's shape is known.\n")?;
        }
        for version in registry.versions.iter().rev() {
            let mut changes = registry.changes.iter().filter(|change| change.since == *version).peekable();
            if changes.peek().is_some() {
                write!(f, "\n## {version}\n")?;
            }
            changes.try_for_each(|change| section(registry, change, f))?;
        }
        if !registry.deprecations.is_empty() {
            f.write_str("\n## Deprecated\n\nAnnounced to go away; no version without them is named.\n\n")?;
        }
        registry.deprecations.iter().try_for_each(|entry| deprecation(entry, f))
    }
}

fn deprecation(entry: &Deprecation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "- `{}` of {}, since {}", entry.at, entry.model, entry.since)?;
    if let Some(date) = &entry.removal {
        write!(f, ", may be removed after {date}")?;
    }
    if let Some(replacement) = &entry.replacement {
        write!(f, ". Use instead: {replacement}")?;
    }
    write!(f, ".\n  Source: {}.\n", entry.source)?;
    entry.doubt.as_ref().map_or(Ok(()), |doubt| writeln!(f, "  Doubt: {doubt}"))
}

fn section(registry: &Registry, change: &Change, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\n### {}\n\n{}", change.id, change.summary)?;
    if let Some(why) = &change.why {
        write!(f, " {why}")?;
    }
    let (Target::Model(on) | Target::Event(on)) = &change.on;
    let events = registry.events.keys().map(String::as_str);
    let touched = events.filter(|event_type| !registry.places_before(event_type, &change.on, change.since).is_empty());
    let touched: Vec<&str> = touched.collect();
    let touched = if touched.is_empty() { "no known event".into() } else { touched.join(", ") };
    match &change.on {
        Target::Event(_) if *on == touched => write!(f, "\n\nIn {on}.\n\n")?,
        _ => write!(f, "\n\nOn {on}, in {touched}.\n\n")?,
    }
    for op in &change.ops {
        writeln!(f, "- {}", words(op))?;
    }
    f.write_str(match change.lossy {
        Lossy { up: false, down: false } => "",
        Lossy { up: true, down: false } => "\nUpgrading loses data.\n",
        Lossy { up: false, down: true } => "\nDowngrading loses data.\n",
        Lossy { up: true, down: true } => "\nBoth directions lose data.\n",
    })?;
    change.source.as_ref().map_or(Ok(()), |source| write!(f, "\nSource: {source}.\n"))
}

/// An op in words, from the older shape to the newer.
pub(super) fn words(op: &Op) -> String {
    match op {
        Op::Rename { at, to } => format!("`{at}` is called `{to}`"),
        Op::Move { from, to } => format!("`{from}` is now at `{to}`"),
        Op::Add { at, default } => format!("`{at}` is new; payloads without it get `{default}`"),
        Op::Remove { at, default } => format!("`{at}` is gone; older readers get `{default}`"),
        Op::Wrap { at, key } => format!("`{at}` is now an object that holds the value as `{key}`"),
        Op::Unwrap { at, key } => format!("`{at}` is now what it held as `{key}`"),
        Op::ToList { at } => format!("`{at}` is now a list"),
        Op::Head { at } => format!("`{at}` is now the first element of what was a list"),
        Op::MapValue { at, pairs, .. } => {
            let pairs: Vec<String> = pairs.iter().map(|(old, new)| format!("`{old}` → `{new}`")).collect();
            format!("values of `{at}`: {}", pairs.join(", "))
        }
        Op::Convert { at, conversion } => format!("`{at}`: {}", conversion.name().replace('_', " ")),
        Op::Split { at, into, .. } => format!("`{at}` is now {}", list(into)),
        Op::Join { at, from, .. } => format!("{} are now `{at}`", list(from)),
        Op::When { at, member, is, ops } => {
            let inner: Vec<String> = ops.iter().map(words).collect();
            format!("where `{at}` has `{member}` = `{is}`: {}", inner.join("; "))
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
