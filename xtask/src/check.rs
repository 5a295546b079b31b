//! Promises of the repository that no compiler keeps.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::step::{Done, output, root};

/// Every dependency that a user gets builds with the Rust that Cargo.toml names.
pub fn rust_version() -> Done {
    let mut cargo = Command::new(env!("CARGO"));
    let printed = output(cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()))?;
    let metadata: Value = serde_json::from_str(&printed).map_err(|error| error.to_string())?;
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata lists no packages")?;
    let version = |package: &Value| {
        let mut numbers =
            text(package, "rust_version").unwrap_or("1.0").split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    };
    let ours = packages
        .iter()
        .find(|package| text(package, "name") == Some("mambo-webhooks"))
        .map(version)
        .unwrap_or_default();
    let newer: Vec<String> = packages
        .iter()
        .filter(|package| version(package) > ours)
        .map(|package| format!("{:?} asks for {:?}", text(package, "name"), version(package)))
        .collect();
    if newer.is_empty() { Ok(()) } else { Err(format!("Cargo.toml says {ours:?}, but {}", newer.join(", "))) }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The imports of the module, without the hashes in their names, are those in tests/module-imports.txt.
pub fn imports() -> Done {
    let script = "const { readFileSync } = require('node:fs');
        const module = new WebAssembly.Module(readFileSync('pkg/dist/core_bg.wasm'));
        const names = WebAssembly.Module.imports(module).map(({ module, name }) => module + ' ' + name);
        console.log([...new Set(names.map((name) => name.replace(/_[0-9a-f]{16}$/, '')))].sort().join('\\n'));";
    let found = output(Command::new("node").args(["-e", script]).current_dir(root()))?;
    let path = root().join("tests/module-imports.txt");
    let expected = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if found.trim() == expected.trim() { Ok(()) } else { Err(format!("expected\n{expected}\nfound\n{found}")) }
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
