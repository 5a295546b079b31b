//! Commands that apply, check and print registries of payload changes.

use std::path::PathBuf;

use clap::Subcommand;
use mambo_webhooks::shim::{Strictness, apply, changelog};
use mambo_webhooks::{Registry, Shims, Version};
use serde_json::{Value, json};

use crate::CliOutput;
use crate::input::{self, text};

/// Bring data of one version into the shape of another.
#[derive(clap::Args)]
pub struct Upgrade {
    /// A registry document.
    #[arg(long)]
    registry: PathBuf,
    /// The event type.
    #[arg(long = "type")]
    event_type: String,
    /// The version that the data is in.
    #[arg(long)]
    from: Version,
    /// The version that is wanted.
    #[arg(long)]
    to: Version,
    /// The data: JSON itself, a file with it, or `-` for standard input.
    #[arg(long)]
    data: String,
}

#[derive(Subcommand)]
pub enum Document {
    /// Every problem of a registry document.
    Check {
        /// The document.
        registry: PathBuf,
    },
    /// A registry document as Markdown.
    Changelog {
        /// The document; the built-in registry alone without one.
        registry: Option<PathBuf>,
    },
}

pub fn upgrade(Upgrade { registry, event_type, from, to, data }: &Upgrade) -> Result<CliOutput, String> {
    let shims = Shims::from_json(&text(registry)?).map_err(|error| error.to_string())?;
    let data = input::json(data)?;
    if let Err(error) = serde_json::from_str::<&serde_json::value::RawValue>(&data) {
        return Err(format!("the data is not JSON at line {} column {}", error.line(), error.column()));
    }
    let plan = shims.plan(event_type, *from, *to);
    let shimmed = apply(plan, &data, Strictness::Lenient).map_err(|error| error.to_string())?;
    let losses: Vec<Value> = shimmed
        .losses
        .iter()
        .map(|loss| json!({ "change": loss.change, "at": loss.at, "kind": loss.kind.as_str() }))
        .collect();
    let json = json!({ "data": shimmed.data, "applied": shimmed.applied, "losses": losses });
    Ok(CliOutput(true, shimmed.data.into_owned(), json))
}

pub fn document(command: &Document) -> Result<CliOutput, String> {
    match command {
        Document::Check { registry } => {
            let problems = Registry::problems(&text(registry)?);
            let lines: Vec<String> =
                problems.iter().map(|problem| format!("{}: {problem} {}", problem.code, problem.hint)).collect();
            let rows: Vec<Value> = problems
                .iter()
                .map(|problem| {
                    json!({ "code": problem.code, "at": problem.at, "sentence": problem.sentence, "hint": problem.hint })
                })
                .collect();
            let said = if lines.is_empty() { "no problem".into() } else { lines.join("\n") };
            Ok(CliOutput(lines.is_empty(), said, json!({ "problems": rows })))
        }
        Document::Changelog { registry } => {
            let registry = match registry {
                None => Registry::builtin(),
                Some(file) => Registry::from_json(&text(file)?).map_err(|error| error.to_string())?,
            };
            let page = changelog(&registry);
            let json = json!({ "changelog": page });
            Ok(CliOutput(true, page, json))
        }
    }
}
