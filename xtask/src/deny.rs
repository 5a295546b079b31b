//! What may be a dependency, by cargo-deny and deny.toml.

use std::process::Command;

use crate::step::{Done, root, run};
use crate::tools::tool;

const CARGO_DENY: &str = "0.20.2";

/// Licences, bans and sources. Not the advisories: their list is not at a package registry.
pub fn deny() -> Done {
    let folder = tool("cargo-deny", CARGO_DENY, "cargo-deny", &["--locked"])?;
    let arguments = ["--log-level", "error", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    run(Command::new(folder.join("cargo-deny")).args(arguments).current_dir(root()))
}
