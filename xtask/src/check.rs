//! Promises of the repository that no compiler keeps.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::step::{Done, output, root, run};

/// The oldest Rust for each set of features: the core alone, the sender with PostgreSQL, the command line.
const RUST_VERSIONS: [(&str, (u32, u32)); 3] = [("std", (1, 85)), ("postgres", (1, 85)), ("cli,postgres", (1, 89))];

/// Every file of TypeScript and JavaScript is as Prettier prints it, at the width of .editorconfig.
pub fn formatting() -> Done {
    let kinds = ["*.ts", "*.cts", "*.mjs", "*.cjs", "*.js"];
    let files = output(Command::new("git").arg("ls-files").args(kinds).current_dir(root()))?;
    let mut prettier = Command::new(root().join("js/node_modules/.bin/prettier"));
    run(prettier.args(["--check", "--log-level", "warn"]).args(files.lines()).current_dir(root()))
}

/// Every dependency that a user gets builds with the Rust that README.md names for the features that need it.
pub fn rust_version() -> Done {
    for (features, ours) in RUST_VERSIONS {
        let mut cargo = Command::new(env!("CARGO"));
        let arguments = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
        let printed = output(cargo.args(arguments).args(["--features", features]).current_dir(root()))?;
        let used: Vec<(&str, &str)> = printed
            .lines()
            .filter_map(|line| {
                let mut words = line.split(' ');
                Some((words.next()?, words.next()?.trim_start_matches('v')))
            })
            .collect();
        let newer: Vec<String> = packages()?
            .iter()
            .filter(|package| {
                let (name, version) = (text(package, "name"), text(package, "version"));
                used.iter().any(|used| (Some(used.0), Some(used.1)) == (name, version))
            })
            .filter(|package| rust_version_of(package) > ours)
            .map(|package| format!("{:?} asks for {:?}", text(package, "name"), rust_version_of(package)))
            .collect();
        if !newer.is_empty() {
            return Err(format!("features {features} are said to need {ours:?}, but {}", newer.join(", ")));
        }
        let said = format!("Rust {}.{}", ours.0, ours.1);
        if !fs::read_to_string(root().join("README.md")).is_ok_and(|readme| readme.contains(&said)) {
            return Err(format!("README.md does not say that {features} needs {said}"));
        }
    }
    Ok(())
}

fn packages() -> Done<Vec<Value>> {
    let mut cargo = Command::new(env!("CARGO"));
    let printed = output(cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()))?;
    let metadata: Value = serde_json::from_str(&printed).map_err(|error| error.to_string())?;
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata lists no packages")?;
    Ok(packages.clone())
}

fn rust_version_of(package: &Value) -> (u32, u32) {
    let version = text(package, "rust_version").unwrap_or("1.0");
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The crate and the npm package are released together.
pub fn versions() -> Done {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(|error| error.to_string())?;
    let crate_version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    let package = fs::read_to_string(root().join("pkg/package.json")).map_err(|error| error.to_string())?;
    let package: Value = serde_json::from_str(&package).map_err(|error| error.to_string())?;
    let package_version = package.get("version").map(Value::to_string).unwrap_or_default();
    if crate_version == Some(&package_version) {
        Ok(())
    } else {
        Err(format!("Cargo.toml has {crate_version:?}, pkg/package.json has {package_version}"))
    }
}
