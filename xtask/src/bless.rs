//! Compares what is found with the files of tests/pinned; `MAMBO_BLESS=1` writes them anew.

use std::env;
use std::fs;

use crate::step::{Done, root};

/// Whether what is found is to be taken for what is wanted.
pub fn blessed() -> bool {
    env::var_os("MAMBO_BLESS").is_some()
}

/// Compares what was found with the file of that name.
pub fn pinned(name: &str, found: &str) -> Done {
    let path = root().join("tests/pinned").join(name);
    let problem = |error| format!("{}: {error}", path.display());
    if blessed() {
        return fs::write(&path, format!("{}\n", found.trim())).map_err(problem);
    }
    let expected = fs::read_to_string(&path).map_err(problem)?;
    if found.trim() == expected.trim() {
        return Ok(());
    }
    let missing =
        expected.lines().filter(|line| !found.lines().any(|other| other == *line)).map(|line| format!("- {line}"));
    let new =
        found.lines().filter(|line| !expected.lines().any(|other| other == *line)).map(|line| format!("+ {line}"));
    let lines: Vec<String> = missing.chain(new).collect();
    let found = if lines.is_empty() { "the same lines in another order".into() } else { lines.join("\n") };
    Err(format!("tests/pinned/{name} says otherwise; MAMBO_BLESS=1 takes this:\n{found}"))
}
