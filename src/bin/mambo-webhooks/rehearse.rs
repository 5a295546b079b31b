//! Rehearsing an upgrade, which only the npm package can: handlers are JavaScript.

use std::path::PathBuf;

use crate::CliOutput;

/// Run the handlers of a module on saved deliveries at two versions, and tell what differs.
#[derive(clap::Args)]
#[allow(dead_code, reason = "the npm package reads them; here they are for its help")]
pub struct Rehearse {
    /// The folder of saved deliveries, as `listen --save` makes it.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// A registry document.
    #[arg(long, value_name = "FILE")]
    registry: PathBuf,
    /// The version that the handlers are written for.
    #[arg(long, value_name = "VERSION")]
    from: String,
    /// The version to upgrade to.
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// The module that exports the handlers.
    #[arg(long, value_name = "MODULE")]
    handlers: PathBuf,
    /// The version of deliveries that do not name it. Default: that of `--from`.
    #[arg(long, value_name = "VERSION")]
    pinned: Option<String>,
    /// How the secret in `MAMBO_SECRET` is written: utf8, hex or base64. Without a secret nothing is verified.
    #[arg(long, default_value = "utf8")]
    encoding: String,
    /// A profile, as JSON.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

/// Says where the command is.
pub fn refuse() -> Result<CliOutput, String> {
    Err("handlers are JavaScript: run `npx mambo-webhooks rehearse` with the same options".into())
}
