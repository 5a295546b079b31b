//! `cargo xtask registry check|changelog FILE`: a registry document laid over the built-in one.

use std::fs;

use mambo_webhooks::Registry;
use mambo_webhooks::json::Problems;
use mambo_webhooks::shim::changelog;

use crate::step::Done;

/// Prints every problem of the document, or its changelog.
pub fn registry(command: Option<&str>, file: Option<&str>) -> Done {
    let (Some(command @ ("check" | "changelog")), Some(file)) = (command, file) else {
        return Err("expected `check FILE` or `changelog FILE`".into());
    };
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let mut problems = Problems::default();
    let registry = Registry::over_builtin(&text, &mut problems);
    for problem in problems.list() {
        let hint = if problem.hint.is_empty() { String::new() } else { format!("\n    {}", problem.hint) };
        println!("{}: {problem}{hint}", problem.code);
    }
    match (registry, problems.list().len()) {
        (Some(registry), 0) if command == "changelog" => print!("{}", changelog(&registry)),
        (Some(registry), 0) => println!("no problem; {} changes", registry.changes.len()),
        (_, count) => return Err(format!("{file} has {count} problems")),
    }
    Ok(())
}
