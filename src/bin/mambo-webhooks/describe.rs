//! The commands that the npm package has too, as data: its own program is driven by them.

use clap::{Arg, ArgAction, Command};
use serde_json::{Value, json};

use crate::CliOutput;

/// The names of the shared commands. Those of `registry` have their group in front.
const SHARED: [&str; 9] = ["listen", "verify", "diagnose", "detect", "sign", "send", "upgrade", "registry", "rehearse"];

/// Prints the table.
pub fn commands(mut program: Command) -> CliOutput {
    program.build();
    let mut rows = Vec::new();
    for name in SHARED {
        let Some(command) = program.find_subcommand(name) else { continue };
        if command.has_subcommands() {
            let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
            rows.extend(inner.map(|inner| row(&format!("{name} {}", inner.get_name()), inner)));
        } else {
            rows.push(row(name, command));
        }
    }
    let table = json!({ "commands": rows });
    CliOutput(true, format!("{table:#}"), table)
}

fn row(name: &str, command: &Command) -> Value {
    let is_shared = |argument: &&Arg| match (name, argument.get_id().as_str()) {
        // Without a store there are neither many events nor repeated ones; server and profile are global here.
        (_, "help" | "json") | ("send", "lines" | "key" | "traceparent") => false,
        ("send", "server" | "profile") => true,
        _ => !argument.is_global_set(),
    };
    let options: Vec<Value> = command.get_arguments().filter(is_shared).map(option).collect();
    let about = match name {
        "send" => Some("Post one signed test delivery to a URL: https, or http to this machine".into()),
        _ => command.get_about().map(ToString::to_string),
    };
    json!({ "name": name, "about": about, "options": options })
}

fn option(argument: &Arg) -> Value {
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    json!({
        "name": argument.get_long().unwrap_or_else(|| argument.get_id().as_str()),
        "isPositional": argument.is_positional(),
        "isRequired": argument.is_required_set() || argument.get_id() == "url",
        "isRepeated": matches!(argument.get_action(), ArgAction::Append),
        "value": value.filter(|_| takes_value),
        "default": argument.get_default_values().first().map(|value| value.to_string_lossy()),
        "help": argument.get_help().map(ToString::to_string),
    })
}
