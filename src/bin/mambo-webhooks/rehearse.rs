//! Rehearsing an upgrade, which only the npm package can: handlers are JavaScript.

use std::path::PathBuf;

use crate::CliOutput;

/// Run the handlers of a module on saved deliveries at two versions, and tell what differs.
#[derive(clap::Args)]
pub struct Rehearse {
    /// The folder of saved deliveries, as `listen --save` makes it.
    #[arg(value_name = "FOLDER")]
    _folder: PathBuf,
    /// A registry document.
    #[arg(long = "registry", value_name = "FILE")]
    _registry: PathBuf,
    /// The version that the handlers are written for.
    #[arg(long = "from", value_name = "VERSION")]
    _from: String,
    /// The version to upgrade to.
    #[arg(long = "to", value_name = "VERSION")]
    _to: String,
    /// The module that exports the handlers.
    #[arg(long = "handlers", value_name = "MODULE")]
    _handlers: PathBuf,
    /// A profile, as JSON.
    #[arg(long = "profile", value_name = "FILE")]
    _profile: Option<PathBuf>,
}

/// Says where the command is.
pub fn refuse() -> Result<CliOutput, String> {
    Err("handlers are JavaScript: run `npx mambo-webhooks rehearse` with the same options".into())
}
