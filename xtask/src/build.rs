//! The npm package: wasm-pack, then js/build/build.mjs, then npm pack and an installation of the result.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Done, output, root, run, step};
use crate::tools::{Tools, flags, setup};

/// What the package is made of.
const INPUTS: [&str; 10] = [
    "docs",
    "CHANGELOG.md",
    "src",
    "js",
    "wasm",
    "Cargo.toml",
    "Cargo.lock",
    "pkg/package.json",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// Builds pkg/dist, unless it is what the sources make.
pub fn package() -> Done<Tools> {
    let tools = setup()?;
    let stamp = root().join("pkg/dist/.stamp");
    let wanted = fingerprint()?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(tools);
    }
    module(&tools, "core", &[])?;
    module(&tools, "tools", &["--features", "tools"])?;
    let build = root().join("js/build/build.mjs");
    step("js/build/build.mjs: wasm-opt, tsc, esbuild", || run(Command::new("node").arg(build)))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(tools)
}

/// Builds one of the package's modules into target/wasm-pack.
fn module(tools: &Tools, name: &str, flags: &[&str]) -> Done {
    step(&format!("wasm-pack build wasm: {name}"), || {
        let mut pack = tools.command("wasm-pack");
        pack.args(["--log-level", "error", "build", "--mode", tools.mode()])
            // Our own package.json stands, our own wasm-opt runs, and our own types are written by hand.
            .args(["--no-pack", "--no-opt", "--no-typescript", "--target", "bundler", "--profile", "wasm"])
            .args(["--out-dir", &format!("../target/wasm-pack/{name}"), "--out-name", name, "wasm"])
            .args(flags);
        run(&mut pack)
    })
}

/// Packs the package and installs it in a scratch project; hands back the project's folder.
pub fn install(name: &str) -> Done<PathBuf> {
    let scratch = root().join("target/scratch").join(name);
    step(&format!("npm pack, npm install in target/scratch/{name}"), || {
        let tarball = pack()?;
        let written = fs::remove_dir_all(&scratch).or(Ok(())).and_then(|()| fs::create_dir_all(&scratch));
        let manifest = r#"{"name":"scratch","private":true,"type":"module"}"#;
        written
            .and_then(|()| fs::write(scratch.join("package.json"), manifest))
            .map_err(|error| format!("{}: {error}", scratch.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).arg(tarball).current_dir(&scratch);
        run(&mut npm)
    })?;
    Ok(scratch)
}

/// The tarball as it would be published.
pub fn pack() -> Done<PathBuf> {
    let folder = root().join("target/npm");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(&folder).current_dir(root().join("pkg"));
    Ok(folder.join(output(&mut npm)?.trim()))
}

/// Changes when any input does.
fn fingerprint() -> Done<String> {
    let mut hasher = DefaultHasher::new();
    flags().hash(&mut hasher);
    for input in INPUTS {
        hash(&root().join(input), &mut hasher)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> Done {
    let problem = |error| format!("{}: {error}", path.display());
    if path.file_name().is_some_and(|name| name == "node_modules") {
        return Ok(());
    }
    if !path.is_dir() {
        fs::read(path).map_err(problem)?.hash(hasher);
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(problem)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(problem)?;
    entries.sort();
    for entry in entries {
        entry.hash(hasher);
        hash(&entry, hasher)?;
    }
    Ok(())
}
