//! What users get, pinned in tests/pinned, so that nothing comes or goes unnoticed. `MAMBO_BLESS=1` writes the files
//! anew.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bench;
use crate::bless::pinned;
use crate::step::{Done, output, root};

/// All of it.
pub fn all() -> Done {
    imports()?;
    files()?;
    declarations()?;
    bench::compare()
}

/// The imports of the module, without the hashes in their names.
pub fn imports() -> Done {
    let script = "const { readFileSync } = require('node:fs');
        const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync('pkg/dist/core_bg.wasm')));
        const names = imports.map(({ module, name }) => module + ' ' + name.replace(/_[0-9a-f]{16}$/, ''));
        console.log([...new Set(names)].sort().join('\\n'));";
    pinned("module-imports.txt", &output(Command::new("node").args(["-e", script]).current_dir(root()))?)
}

/// The files of the crate and of the npm package.
pub fn files() -> Done {
    let list = ["package", "--list", "--allow-dirty", "--package", "mambo-webhooks"];
    let packed = output(Command::new(env!("CARGO")).args(list).current_dir(root()))?;
    // Only cargo knows whether it packs from a repository.
    let mut files: Vec<&str> = packed.lines().filter(|name| !name.starts_with(".cargo_vcs")).collect();
    files.sort_unstable();
    pinned("crate-files.txt", &files.join("\n"))?;
    let printed = output(Command::new("npm").args(["pack", "--dry-run", "--json"]).current_dir(root().join("pkg")))?;
    let packed: Value = serde_json::from_str(&printed).map_err(|error| error.to_string())?;
    let files = packed.pointer("/0/files").and_then(Value::as_array).ok_or("npm pack lists no files")?;
    let mut names: Vec<String> = files.iter().filter_map(|file| Some(unhashed(file.get("path")?.as_str()?))).collect();
    names.sort_unstable();
    names.dedup();
    pinned("npm-files.txt", &names.join("\n"))
}

/// `dist/chunk-5U6RFDWW.js` without what changes with its text.
fn unhashed(path: &str) -> String {
    let Some((folder, _)) = path.split_once("/chunk-") else {
        return path.into();
    };
    format!("{folder}/chunk-*.js")
}

/// The declarations that users compile against.
pub fn declarations() -> Done {
    let dist = root().join("pkg/dist");
    let mut text = String::new();
    for folder in ["", "adapters", "entry", "testing", "testing/rehearse"] {
        let mut names: Vec<String> = fs::read_dir(dist.join(folder))
            .map_err(|error| format!("{folder}: {error}"))?
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter(|name| name.ends_with(".d.ts") && !name.starts_with("core"))
            .collect();
        names.sort_unstable();
        for name in names {
            let path = dist.join(folder).join(&name);
            let declared = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            text.extend(["// ", folder, "/", &name, "\n", declared.trim(), "\n\n"]);
        }
    }
    pinned("npm-api.txt", &text)
}
