//! The command line: look into a captured delivery, sign one, work with registries, and run the sender. Feature `cli`.
//!
//! Secrets come from the environment variable `MAMBO_SECRET`, never from an argument, which every user of the machine
//! can read. Exit codes: 0 for success, 1 for a refusal or a problem, 2 for wrong arguments.
//! `RUST_LOG` filters what workers log.

#![allow(unreachable_pub, reason = "a program has no public API; pub says what a module offers")]

mod describe;
mod egress;
mod endpoint;
mod history;
mod input;
mod inspect;
mod intake;
mod listen;
mod page;
mod registry;
mod rehearse;
mod runtime;
mod save;
mod sender;
mod setup;
mod show;
mod status;
mod tenant;
mod test_delivery;
mod traces;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use mambo_webhooks::internal::commands::Answer;
use serde_json::Value;

/// Look into Mambo webhooks, receive them, and send them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    setup: setup::Setup,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Look(inspect::Look),
    Upgrade(registry::Upgrade),
    /// Check or print a registry document.
    #[command(subcommand)]
    Registry(registry::Document),
    Listen(listen::Listen),
    Rehearse(rehearse::Rehearse),
    /// Print the commands that the npm package has too, as JSON.
    #[command(hide = true)]
    DescribeCommands,
    #[command(flatten)]
    Sender(sender::Command),
}

/// A command's output: whether the result is positive, the text, and the JSON.
#[derive(Debug)]
pub struct CliOutput(bool, String, Value);

/// Prints the remarks of a command that is shared with the npm package.
fn answered(answer: Answer) -> CliOutput {
    for remark in &answer.remarks {
        show::print_problem(remark);
    }
    CliOutput(answer.is_yes, answer.text, answer.json)
}

fn main() -> ExitCode {
    runtime::keep_no_dump();
    let Arguments { json, setup, command } = Arguments::parse();
    let done = match command {
        Command::Look(command) => inspect::inspect(&command).map(answered),
        Command::Upgrade(upgrade) => registry::upgrade(upgrade).map(answered),
        Command::Registry(document) => registry::document(document).map(answered),
        Command::Listen(listen) => listen::run(&listen, json),
        Command::Rehearse(_) => rehearse::refuse(),
        Command::DescribeCommands => Ok(describe::commands(Arguments::command())),
        Command::Sender(command) => sender::run(command, &setup, json),
    };
    match done {
        Ok(CliOutput(is_yes, text, value)) => {
            let said = match value {
                // A listener has printed all that there is.
                Value::Null => text,
                value if json => value.to_string(),
                _ => text,
            };
            if !said.is_empty() {
                show::print(said);
            }
            ExitCode::from(u8::from(!is_yes))
        }
        Err(problem) => {
            if json {
                show::print_problem(serde_json::json!({ "error": problem }));
            } else {
                show::print_problem(format_args!("mambo-webhooks: {problem}"));
            }
            ExitCode::FAILURE
        }
    }
}
