//! The JavaScript suites: each a folder in tests/, run on the package as it was packed and installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{install, package};
use crate::example;
use crate::step::{Done, root, run};
use crate::tools::{debian_program, npm_ci};

/// Runs one suite.
pub fn suite(name: Option<&str>) -> Done {
    let ready = match name {
        Some("js") => javascript,
        Some("types") => types,
        Some("runtimes") => || runtimes(true),
        Some("bundlers") => bundlers,
        Some("examples") => examples,
        Some("programs") => user_programs,
        _ => return Err("which? js, types, runtimes, bundlers, examples or programs".into()),
    };
    package()?;
    run(&mut ready()?)
}

/// Tests of the library and of its adapters.
pub fn javascript() -> Done<Command> {
    debian_program("/usr/bin/redis-server", "redis-server")?;
    debian_program("/usr/bin/chromium", "chromium")?;
    programs()?;
    let scratch = prepare("js")?;
    let mut names: Vec<String> = names(&scratch)?.into_iter().filter(|name| name.ends_with(".test.mjs")).collect();
    names.sort();
    let mut node = node(&scratch);
    node.args(["--test", "--test-reporter=tap"]).args(names);
    Ok(node)
}

/// The examples, in their place, with what the sender sends.
pub fn examples() -> Done<Command> {
    npm_ci(&root().join("tests/runtimes"))?;
    debian_program("/usr/bin/chromium", "chromium")?;
    debian_program("/usr/lib/postgresql", "postgresql")?;
    programs()?;
    example::page()?;
    let mut node = node(&root().join("tests/examples"));
    node.args([
        "--test",
        "--test-reporter=tap",
        "cases.test.mjs",
        "servers.test.mjs",
        "debugger.test.mjs",
        "debugger-registries.test.mjs",
        "newcomer.test.mjs",
        "upgrade.test.mjs",
    ]);
    Ok(node)
}

/// The command line and the examples in Rust. With the members and features of the Rust tests, so that nothing is built
/// twice.
fn programs() -> Done {
    let targets = ["build", "--quiet", "--workspace", "--bins", "--examples"];
    run(Command::new(env!("CARGO"))
        .args(targets)
        .args(["--features", "cli,postgres,failpoints,otlp"])
        .current_dir(root()))
}

/// Programs that users put the package into: frameworks, wrappers and test runners.
pub fn user_programs() -> Done<Command> {
    let folder = root().join("tests/programs");
    npm_ci(&folder)?;
    let scratch = prepare("programs")?;
    let installed = folder.join("node_modules");
    for name in names(&installed)?.into_iter().filter(|name| !name.starts_with('.')) {
        let link = scratch.join("node_modules").join(&name);
        symlink(installed.join(&name), &link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    let mut tests: Vec<String> = names(&scratch)?.into_iter().filter(|name| name.ends_with(".test.mjs")).collect();
    tests.sort();
    let mut node = node(&scratch);
    node.args(["--test", "--test-reporter=tap"]).args(tests);
    Ok(node)
}

/// Every compiler and resolution that users have, and the shape of the package.
pub fn types() -> Done<Command> {
    let mut node = node(&prepare("types")?);
    node.arg("run.mjs");
    Ok(node)
}

/// The shared vectors on every runtime that `all`, or the default run, has.
pub fn runtimes(all: bool) -> Done<Command> {
    npm_ci(&root().join("tests/runtimes"))?;
    debian_program("/usr/bin/chromium", "chromium")?;
    if all {
        debian_program("/usr/bin/firefox-esr", "firefox-esr")?;
    }
    let scratch = prepare("runtimes")?;
    vectors(&scratch)?;
    let mut node = node(&scratch);
    node.arg("run.mjs").args(all.then_some("all"));
    Ok(node)
}

/// The shared vectors through every bundler, and in Next.
pub fn bundlers() -> Done<Command> {
    npm_ci(&root().join("tests/bundlers"))?;
    npm_ci(&root().join("tests/runtimes"))?;
    debian_program("/usr/bin/chromium", "chromium")?;
    let scratch = prepare("bundlers")?;
    let suite = root().join("tests/runtimes");
    for name in ["suite.mjs", "browser.mjs", "record.mjs"] {
        copy(&suite.join(name), &scratch.join(name))?;
    }
    vectors(&scratch)?;
    let mut node = node(&scratch);
    node.arg("run.mjs");
    Ok(node)
}

/// Installs the package in a scratch project, and copies the suite's files beside it.
fn prepare(suite: &str) -> Done<PathBuf> {
    let source = root().join("tests").join(suite);
    let scratch = install(suite)?;
    for name in names(&source)? {
        if !["package.json", "package-lock.json", "node_modules"].contains(&name.as_str()) {
            copy(&source.join(&name), &scratch.join(&name))?;
        }
    }
    Ok(scratch)
}

fn vectors(scratch: &Path) -> Done {
    let vectors = fs::read_to_string(root().join("tests/vectors/receive.json")).map_err(|error| error.to_string())?;
    fs::write(scratch.join("vectors.mjs"), format!("export default {vectors};")).map_err(|error| error.to_string())
}

fn node(scratch: &Path) -> Command {
    let mut node = Command::new("node");
    node.current_dir(scratch).env("MAMBO_REPOSITORY", root());
    node
}

fn names(folder: &Path) -> Done<Vec<String>> {
    let problem = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(problem)?;
    entries.map(|entry| Ok(entry.map_err(problem)?.file_name().to_string_lossy().into_owned())).collect()
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Done {
    let problem = |error| format!("{}: {error}", from.display());
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ()).map_err(problem);
    }
    fs::create_dir_all(to).map_err(problem)?;
    for name in names(from)? {
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}
