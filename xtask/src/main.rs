//! `cargo xtask …`: everything that is done to this repository, without a tool to install first.

#![allow(unreachable_pub, reason = "a program has no public API; pub says what a module offers")]

mod build;
mod check;
mod demo;
mod step;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo    build the package, install it in a scratch project, and dispatch webhooks to it
cargo xtask test    every test, lint and check; closes with a count
cargo xtask build   build the npm package in pkg/dist
cargo xtask setup   install what the others need (they do it themselves)

WASM_TOOLCHAIN=distro   take Debian's Rust for WebAssembly instead of rustup's target";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "setup" => tools::setup().map(|_| ()),
        "build" => build::package().map(|_| ()),
        "demo" => demo::demo(),
        "test" => test::test(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nxtask {command}: {problem}");
            ExitCode::FAILURE
        }
    }
}
