//! Commands that apply, check and print registries of payload changes.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use mambo_webhooks::internal::commands::{Answer, Command, Infer, Samples, run};

use crate::input::{self, text};

/// Bring data of one version into the shape of another.
#[derive(clap::Args)]
pub struct Upgrade {
    /// A registry document.
    #[arg(long, value_name = "FILE")]
    registry: PathBuf,
    /// The event type.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: String,
    /// The version that the data is in.
    #[arg(long, value_name = "VERSION")]
    from: String,
    /// The version that is wanted.
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// The data: JSON itself, a file with it, or `-` for standard input.
    #[arg(long, value_name = "JSON")]
    data: String,
}

#[derive(Subcommand)]
pub enum Document {
    /// Every problem of a registry document.
    Check {
        /// The document.
        #[arg(value_name = "FILE")]
        registry: PathBuf,
        /// The published document: a change of it that was edited later is a problem too.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// A registry document as Markdown.
    Changelog {
        /// The document; the built-in registry alone without one.
        #[arg(value_name = "FILE")]
        registry: Option<PathBuf>,
    },
    /// What differs between two registries, or between two versions of one: breaking or additive.
    Diff {
        /// The older document, or the one whose versions are compared.
        #[arg(value_name = "FILE")]
        older: PathBuf,
        /// The newer document.
        #[arg(value_name = "FILE", conflicts_with_all = ["from", "to", "event_type"])]
        newer: Option<PathBuf>,
        /// The older version.
        #[arg(long, value_name = "VERSION", requires = "to")]
        from: Option<String>,
        /// The newer version.
        #[arg(long, value_name = "VERSION", requires = "from")]
        to: Option<String>,
        /// Only this event type.
        #[arg(long = "type", value_name = "TYPE", requires = "from")]
        event_type: Option<String>,
    },
    /// Infer what changed from samples of two versions; prints a registry document.
    Infer {
        /// Samples of the older version: a folder of saved deliveries, paired by the id of their event, or a file with
        /// the data of one event on each line.
        #[arg(long, value_name = "SAMPLES")]
        old: PathBuf,
        /// Samples of the same events in the newer version.
        #[arg(long, value_name = "SAMPLES")]
        new: PathBuf,
        /// The first version with the newer shape.
        #[arg(long, value_name = "VERSION")]
        since: String,
        /// The version of the older samples.
        #[arg(long, value_name = "VERSION")]
        from: Option<String>,
        /// The event type; default: each that the samples name.
        #[arg(long = "type", value_name = "TYPE")]
        event_type: Option<String>,
        /// A profile, as JSON.
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
    /// Types of payloads from samples and a registry.
    Types {
        /// The document; the built-in registry alone without one.
        #[arg(value_name = "FILE")]
        registry: Option<PathBuf>,
        /// A folder of saved deliveries, or a file with the data of one event on each line.
        #[arg(long, value_name = "SAMPLES")]
        samples: Option<PathBuf>,
        /// `typescript`, `rust` or `json-schema`.
        #[arg(long, default_value = "typescript")]
        language: String,
        /// A version to make types for; may be repeated. Default: all that are listed.
        #[arg(long, value_name = "VERSION")]
        version: Vec<String>,
        /// The event type of data that does not name it.
        #[arg(long = "type", value_name = "TYPE")]
        event_type: Option<String>,
        /// The version of samples that do not name it.
        #[arg(long, value_name = "VERSION")]
        pinned: Option<String>,
        /// A profile, as JSON.
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
}

pub fn upgrade(Upgrade { registry, event_type, from, to, data }: Upgrade) -> Result<Answer, String> {
    let (registry, data) = (text(&registry)?, input::json(&data)?);
    run(&Command::Upgrade { registry, event_type, from, to, data }, &[])
}

pub fn document(command: Document) -> Result<Answer, String> {
    let optional = |file: Option<PathBuf>| file.map(|file| text(&file)).transpose();
    let command = match command {
        Document::Check { registry, against } => {
            Command::RegistryCheck { registry: text(&registry)?, against: optional(against)? }
        }
        Document::Changelog { registry } => Command::RegistryChangelog { registry: optional(registry)? },
        Document::Diff { older, newer, from, to, event_type } => {
            Command::RegistryDiff { older: text(&older)?, newer: optional(newer)?, from, to, event_type }
        }
        Document::Infer { old, new, since, from, event_type, profile } => Command::RegistryInfer(Infer {
            old: samples(&old)?,
            new: samples(&new)?,
            event_type,
            from,
            since,
            profile: optional(profile)?,
        }),
        Document::Types { registry, samples: found, language, version, event_type, pinned, profile } => {
            Command::RegistryTypes {
                registry: optional(registry)?,
                samples: found.map(|found| samples(&found)).transpose()?,
                language,
                version,
                event_type,
                pinned,
                profile: optional(profile)?,
            }
        }
    };
    run(&command, &[])
}

/// Reads a folder of saved deliveries, in the order of their names, or a file of data.
fn samples(path: &Path) -> Result<Samples, String> {
    if !path.is_dir() {
        return Ok(Samples::Lines(text(path)?));
    }
    let problem = |error: std::io::Error| format!("{}: {error}", path.display());
    let entries = fs::read_dir(path).map_err(problem)?.collect::<Result<Vec<_>, _>>().map_err(problem)?;
    let is_hidden = |entry: &&DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let paths = entries.iter().filter(|entry| !is_hidden(entry)).map(DirEntry::path);
    let mut folders: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    let bodies = folders.iter().map(|folder| text(&folder.join("body"))).collect::<Result<Vec<_>, _>>()?;
    Ok(Samples::Bodies(bodies))
}
