//! Commands that apply, check and print registries of payload changes.

use std::path::PathBuf;

use clap::Subcommand;
use mambo_webhooks::internal::commands::{Answer, Command, run};

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
    },
    /// A registry document as Markdown.
    Changelog {
        /// The document; the built-in registry alone without one.
        #[arg(value_name = "FILE")]
        registry: Option<PathBuf>,
    },
}

pub fn upgrade(Upgrade { registry, event_type, from, to, data }: Upgrade) -> Result<Answer, String> {
    let (registry, data) = (text(&registry)?, input::json(&data)?);
    run(&Command::Upgrade { registry, event_type, from, to, data }, &[])
}

pub fn document(command: &Document) -> Result<Answer, String> {
    let command = match command {
        Document::Check { registry } => Command::RegistryCheck { registry: text(registry)? },
        Document::Changelog { registry } => {
            Command::RegistryChangelog { registry: registry.as_ref().map(|file| text(file)).transpose()? }
        }
    };
    run(&command, &[])
}
