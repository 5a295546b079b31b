//! A diff of registries as Markdown and as JSON.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::diff::{ChangeDiff, ChangeStatus, Compatibility, EventDiff, EventStatus, RegistryDiff};
use crate::json::quoted;

impl RegistryDiff {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether a consumer has to change: an event type is gone, or a change does more than add members.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        let breaks = |change: &ChangeDiff| change.compatibility != Compatibility::Additive;
        self.events.iter().any(|event| event.status == EventStatus::Gone || event.changes.iter().any(breaks))
    }

    /// Prints the differences as JSON, with the member `breaking` and the list `events`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let events: Vec<String> = self.events.iter().map(EventDiff::to_json).collect();
        format!("{{\"breaking\":{},\"events\":[{}]}}", self.is_breaking(), events.join(","))
    }
}

impl EventDiff {
    fn to_json(&self) -> String {
        let Self { event_type, status, changes } = self;
        let changes: Vec<String> = changes.iter().map(ChangeDiff::to_json).collect();
        let (event_type, status) = (quoted(event_type), status.as_str());
        format!("{{\"eventType\":{event_type},\"status\":\"{status}\",\"changes\":[{}]}}", changes.join(","))
    }
}

impl ChangeDiff {
    fn to_json(&self) -> String {
        let Self { id, since, status, compatibility, summary, ops } = self;
        let ops: Vec<String> = ops.iter().map(|op| quoted(op)).collect();
        let (id, summary, ops) = (quoted(id), quoted(summary), ops.join(","));
        let (status, compatibility) = (status.as_str(), compatibility.as_str());
        format!(
            "{{\"id\":{id},\"since\":\"{since}\",\"status\":\"{status}\",\"compatibility\":\"{compatibility}\",\
             \"summary\":{summary},\"ops\":[{ops}]}}"
        )
    }
}

impl EventStatus {
    /// The status as text, for example `changed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

impl ChangeStatus {
    /// The status as text, for example `applied`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Undone => "undone",
            Self::Edited => "edited",
        }
    }
}

impl Compatibility {
    /// The compatibility as text, for example `breaking_data_lost`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Breaking => "breaking",
            Self::BreakingDataLost => "breaking_data_lost",
        }
    }
}

/// Prints the differences as Markdown.
impl fmt::Display for RegistryDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Payload differences\n")?;
        if self.is_empty() {
            f.write_str("\nNo payload has another shape.\n")?;
        }
        for event in &self.events {
            write!(f, "\n## {}\n\n", event.event_type)?;
            f.write_str(match event.status {
                EventStatus::Changed => "",
                EventStatus::New => "The event type is new.\n",
                EventStatus::Gone => "The event type is gone: breaking.\n",
            })?;
            for ChangeDiff { id, since, status, compatibility, summary, ops } in &event.changes {
                let status = match status {
                    ChangeStatus::Applied => "",
                    ChangeStatus::Undone => ", undone",
                    ChangeStatus::Edited => ", edited",
                };
                let compatibility = match compatibility {
                    Compatibility::Additive => "additive",
                    Compatibility::Breaking => "breaking",
                    Compatibility::BreakingDataLost => "breaking, data is lost",
                };
                writeln!(f, "- `{id}`, since {since}{status}: {compatibility}. {summary}")?;
                ops.iter().try_for_each(|op| writeln!(f, "  - {op}"))?;
            }
        }
        Ok(())
    }
}
