//! `cargo xtask …`: everything that is done to this repository, without a tool to install first.

#![allow(unreachable_pub, reason = "a program has no public API; pub says what a module offers")]

mod bench;
mod bless;
mod build;
mod check;
mod demo;
mod deny;
mod example;
mod fuzz;
mod pinned;
mod step;
mod suites;
mod table;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo    build the package, install it in a scratch project, and dispatch webhooks to it
cargo xtask test    every test, lint and check; closes with a count
cargo xtask test --all                          with every bundler, Next and Firefox; writes the README's runtimes table
cargo xtask suite js|types|programs|runtimes|bundlers|examples    one suite of JavaScript on the packed tarball
cargo xtask example NAME [PORT]                 run one of the examples of JavaScript
cargo xtask debugger                            build the page that says why a delivery is refused, and open it
cargo xtask build   build the npm package in pkg/dist
cargo xtask bench   measure beside the peers, and write docs/PERFORMANCE.md
cargo xtask pinned                              compare what is pinned in tests/pinned; MAMBO_BLESS=1 writes it
cargo xtask fuzz [SECONDS [TARGET]]             fuzz each target, or one, for so long
cargo xtask setup   install what the others need (they do it themselves)

WASM_TOOLCHAIN=distro   take Debian's Rust for WebAssembly instead of rustup's target";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |index: usize| arguments.get(index).map(String::as_str);
    let command = word(0).unwrap_or_default();
    let done = match command {
        "setup" => tools::setup().map(|_| ()),
        "build" => build::package().map(|_| ()),
        "demo" => demo::demo(),
        "test" => test::test(word(1) == Some("--all")),
        "suite" => suites::suite(word(1)),
        "example" => example::example(word(1), arguments.get(2..).unwrap_or_default()),
        "pinned" => build::package().and_then(|_| pinned::all()),
        "debugger" => example::debugger(),
        "bench" => bench::bench(),
        "fuzz" => fuzz::fuzz(word(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(60), word(2)),
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
