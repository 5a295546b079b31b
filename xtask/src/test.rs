//! Every test, lint and check, one row each, with a count at the end.

use std::process::Command;

use crate::bench;
use crate::build::package;
use crate::check;
use crate::demo::demo;
use crate::deny;
use crate::fuzz::{fuzz, smoke_seconds};
use crate::pinned;
use crate::step::{Done, root, run, step, watched};
use crate::suites;
use crate::table;
use crate::tools::{Toolchain, Tools, debian_program};

/// How many tests passed and failed.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    problems: Vec<String>,
}

/// Runs all of it; an error when anything failed. `all` adds what needs slow installations.
pub fn test(all: bool) -> Done {
    let tools = package()?;
    let mut count = Count::default();
    count.check("formatting", || run(cargo().args(["fmt", "--all", "--check"])));
    count.check("formatting of TypeScript and JavaScript", check::formatting);
    count.check("lints", || {
        let every = ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
        run(cargo().args(every))
    });
    count.check("documentation builds", || {
        run(cargo()
            .args(["doc", "--quiet", "--no-deps", "--features", "cli,postgres,otlp"])
            .env("RUSTDOCFLAGS", "-D warnings"))
    });
    count.check("the core builds without std", || no_std(&tools));
    count.check("no dependency asks for a newer Rust than Cargo.toml says", check::rust_version);
    count.check("the module imports nothing but binding helpers", pinned::imports);
    count.check("the crate and the npm package hold the files that are pinned", pinned::files);
    count.check("the declarations of the npm package are those that are pinned", pinned::declarations);
    count.check("licences, sources and bans", deny::deny);
    count.check("package.json and Cargo.toml have one version", check::versions);
    count.check("docs/COMPARE.md says what the peers do", bench::compare);
    count.check("size and instructions are within benches/budget.json", || bench::budget(tools.toolchain));
    count.check("PostgreSQL is there", || debian_program("/usr/lib/postgresql", "postgresql"));
    count.check("PgBouncer is there", || debian_program("/usr/sbin/pgbouncer", "pgbouncer"));
    count.check("network namespaces can be made", || debian_program("/usr/sbin/ip", "iproute2"));
    count.check("the sqlite3 program is there", || debian_program("/usr/bin/sqlite3", "sqlite3"));
    count.tests(
        "Rust tests",
        cargo().args(["test", "--quiet", "--workspace", "--features", "cli,postgres,failpoints,otlp"]),
        "cargo",
    );
    count.tests("the shared vectors under WebAssembly in Node", &mut wasm_tests(&tools), "cargo");
    count.suite("JavaScript tests on the packed tarball", suites::javascript());
    count.suite("the packed package in programs of users", suites::user_programs());
    count.suite("types and shape of the packed package", suites::types());
    count.suite("the packed package on every runtime", suites::runtimes(all));
    count.suite("the examples, with what the sender sends", suites::examples());
    if all {
        count.suite("the packed package through every bundler, and in Next", suites::bundlers());
        count.check("the runtimes table is that of this run", table::write);
    }
    count.check("the README's runtimes table is that of the last full run", table::check);
    count.check("fuzz smoke", || fuzz(smoke_seconds(), None));
    count.check("the demonstration", demo);
    for problem in &count.problems {
        eprintln!("FAILED: {problem}");
    }
    println!("\n{} passed, {} failed", count.passed, count.failed);
    if count.failed == 0 { Ok(()) } else { Err("not everything passed".into()) }
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root());
    cargo
}

/// Compiles the core for a target that has no std.
fn no_std(tools: &Tools) -> Done {
    let mut cargo = tools.command("cargo");
    cargo.args([
        "build",
        "--quiet",
        "--package",
        "mambo-webhooks",
        "--lib",
        "--no-default-features",
        "--target",
        "wasm32v1-none",
    ]);
    match tools.toolchain {
        Toolchain::Distro => {
            cargo.env("CARGO_UNSTABLE_BUILD_STD", "core,alloc");
        }
        Toolchain::Own => run(Command::new("rustup").args(["target", "add", "wasm32v1-none"]))?,
    }
    run(&mut cargo)
}

fn wasm_tests(tools: &Tools) -> Command {
    let mut cargo = tools.command("cargo");
    cargo
        .args(["test", "--package", "mambo-webhooks", "--target", "wasm32-unknown-unknown"])
        .args(["--test", "rust"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools.test_runner());
    cargo
}

impl Count {
    /// One check, which counts as one test.
    fn check(&mut self, name: &str, act: impl FnOnce() -> Done) {
        match step(name, act) {
            Ok(()) => self.passed = self.passed.saturating_add(1),
            Err(problem) => self.failed(name, &problem),
        }
    }

    fn failed(&mut self, name: &str, problem: &str) {
        self.failed = self.failed.saturating_add(1);
        self.problems.push(format!("{name}: {problem}"));
    }

    /// A suite of JavaScript, if it could be made ready.
    fn suite(&mut self, name: &str, ready: Done<Command>) {
        match ready {
            Ok(mut command) => self.tests(name, &mut command, "node"),
            Err(problem) => self.failed(name, &problem),
        }
    }

    /// A command that runs tests and says how many.
    fn tests(&mut self, name: &str, command: &mut Command, runner: &str) {
        let ran = step(name, || {
            let (succeeded, text) = watched(command)?;
            let (passed, failed) = if runner == "cargo" { cargo_counts(&text) } else { node_counts(&text) };
            self.passed = self.passed.saturating_add(passed);
            self.failed = self.failed.saturating_add(failed);
            match (succeeded, passed, failed) {
                (true, 1.., 0) => Ok(()),
                (_, _, 1..) => {
                    self.problems.push(format!("{name}: {failed} tests"));
                    Ok(())
                }
                _ => {
                    Err(format!("{passed} passed, {failed} failed, and the runner ended with a failure or ran nothing"))
                }
            }
        });
        if let Err(problem) = ran {
            self.failed(name, &problem);
        }
    }
}

/// Sums the lines `test result: ok. 3 passed; 0 failed; …`.
fn cargo_counts(text: &str) -> (usize, usize) {
    let lines = text.lines().filter_map(|line| line.split_once("test result:").map(|(_, rest)| rest));
    lines.fold((0, 0), |(passed, failed), line| {
        (passed.saturating_add(number_before(line, " passed")), failed.saturating_add(number_before(line, " failed")))
    })
}

fn number_before(line: &str, word: &str) -> usize {
    let number = line.split_once(word).and_then(|(before, _)| before.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Reads the lines `# pass 3` and `# fail 0`.
fn node_counts(text: &str) -> (usize, usize) {
    let number = |word: &str| {
        let found = text.lines().filter_map(|line| line.strip_prefix(word)).next_back();
        found.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    (number("# pass "), number("# fail "))
}
