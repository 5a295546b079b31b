//! Where input comes from: files, standard input, the environment.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use mambo_webhooks::Profile;

use crate::show::print_problem;

/// The secret, from the environment: every user of the machine can read arguments.
pub fn secret() -> Result<String, String> {
    std::env::var("MAMBO_SECRET").map_err(|_| "set the environment variable MAMBO_SECRET".into())
}

/// A profile from a file, or the default.
pub fn read_profile(file: Option<&Path>) -> Result<Profile, String> {
    file.map_or_else(
        || Ok(Profile::default()),
        |file| Profile::from_json(&text(file)?).map_err(|error| error.to_string()),
    )
}

/// Whether an option has read standard input.
static IS_INPUT_TAKEN: AtomicBool = AtomicBool::new(false);

/// Reads the bytes of a file, or of standard input for `-`.
pub fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let done = if file == Path::new("-") {
        if IS_INPUT_TAKEN.swap(true, Ordering::Relaxed) {
            return Err("-: standard input was read already, for another option".into());
        }
        if stdin().is_terminal() {
            print_problem("reading standard input: end it with Ctrl-D");
        }
        stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        fs::read(file).map(|read| bytes = read)
    };
    done.map(|()| bytes).map_err(|error| format!("{}: {error}", file.display()))
}

/// Returns the JSON of an argument, of the file that it names, or of standard input for `-`.
pub fn json(argument: &str) -> Result<String, String> {
    let is_json = argument.trim_start().starts_with(['{', '[', '"']);
    if is_json { Ok(argument.into()) } else { text(Path::new(argument)) }
}

/// The text of a file, or of standard input for `-`.
pub fn text(file: &Path) -> Result<String, String> {
    String::from_utf8(read(file)?).map_err(|_| format!("{}: not UTF-8", file.display()))
}
