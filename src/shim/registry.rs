//! The registry document: releases, events, models and changes.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::op::Op;
use crate::error::Error;
use crate::release::Release;

/// What is known of payload versions. Read from JSON, so that a new release of Mambo needs no new SDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Registry {
    /// Format of this document: 1.
    pub format: u32,
    /// Known releases, oldest first.
    #[serde(default)]
    pub releases: Vec<Release>,
    /// Events by kind.
    #[serde(default)]
    pub events: BTreeMap<String, EventDef>,
    /// What changed, and when.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventDef {
    /// The model that its data is.
    pub model: String,
    /// The first release that sends it; left out where unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introduced: Option<Release>,
}

/// A payload change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Change {
    /// Its name in results and messages.
    pub id: String,
    /// The first release with the newer shape.
    pub since: Release,
    /// The model it changes.
    pub on: String,
    /// What changed, in a sentence.
    pub summary: String,
    /// From the older shape to the newer.
    pub ops: Vec<Op>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { format: 1, releases: Vec::new(), events: BTreeMap::new(), changes: Vec::new() }
    }
}

impl Registry {
    /// Reads a registry document.
    ///
    /// # Errors
    /// `registry_invalid`.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let invalid = |first: String| Error::RegistryInvalid { count: 1, first };
        let mut registry: Self = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        if registry.format != 1 {
            return Err(invalid(alloc::format!("format {} is unknown, expected 1", registry.format)));
        }
        registry.changes.sort_by_key(|change| change.since);
        Ok(registry)
    }

    /// The newest release that the registry knows.
    #[must_use]
    pub fn newest(&self) -> Option<Release> {
        self.releases.iter().max().copied()
    }
}
