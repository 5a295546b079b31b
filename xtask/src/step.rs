//! A step: says what it does, does it, says how long it took.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What went wrong, in a sentence.
pub type Done<T = ()> = Result<T, String>;

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new(".")).into()
}

/// Runs `act` as a step with a name.
#[expect(clippy::disallowed_methods, reason = "a build tool tells how long its steps take")]
pub fn step<T>(name: &str, act: impl FnOnce() -> Done<T>) -> Done<T> {
    let start = Instant::now();
    println!("── {name}");
    let done = act();
    println!("   {} {:.1} s", if done.is_ok() { "done in" } else { "failed after" }, start.elapsed().as_secs_f64());
    done
}

/// Runs a command with its output on the terminal.
pub fn run(command: &mut Command) -> Done {
    let shown = shown(command);
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(error) => Err(format!("`{shown}` did not start: {error}")),
    }
}

/// Runs a command and hands back what it printed on standard output.
pub fn output(command: &mut Command) -> Done<String> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("`{shown}` did not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{shown}` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// Runs a command, shows what it prints, and hands it back with whether it succeeded.
pub fn watched(command: &mut Command) -> Done<(bool, String)> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("`{shown}` did not start: {error}"))?;
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    print!("{text}");
    Ok((output.status.success(), text))
}

fn shown(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
