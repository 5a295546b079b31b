//! The examples of JavaScript, in their place, with the package of this tree.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::build::{pack, package};
use crate::step::{Done, root, run, step};
use crate::tools::npm_ci;

/// Runs one example in its runtime: `receiver.mjs` of its folder, or a file by its path.
pub fn example(name: Option<&str>, arguments: &[String]) -> Done {
    let examples = root().join("examples");
    let name = name.ok_or("which? examples/README.md lists them")?;
    let runtimes = root().join("tests/runtimes/node_modules");
    let (program, words): (PathBuf, Vec<String>) = match name.strip_prefix("servers/").unwrap_or_default() {
        "deno" => {
            let words = ["run", "--allow-net", "--allow-env", "servers/deno.mjs"];
            (runtimes.join("@deno/linux-x64-glibc/deno"), words.map(String::from).into())
        }
        "bun" => (runtimes.join("@oven/bun-linux-x64/bin/bun"), vec!["servers/bun.mjs".into()]),
        host @ ("worker" | "next" | "lambda") => ("node".into(), vec!["servers/local.mjs".into(), host.into()]),
        _ => {
            let files = [format!("{name}/receiver.mjs"), format!("{name}.mjs")];
            let file = files.into_iter().find(|path| examples.join(path).is_file());
            let unknown = || format!("there is no example {name}: examples/README.md lists them");
            ("node".into(), vec![file.ok_or_else(unknown)?])
        }
    };
    if program.starts_with(&runtimes) {
        npm_ci(&root().join("tests/runtimes"))?;
    }
    prepare()?;
    run(Command::new(program).args(words).args(arguments).current_dir(examples))
}

/// Builds the debugger's page, and opens it in the user's browser.
pub fn debugger() -> Done {
    page()?;
    let page = root().join("target/debugger/index.html");
    println!("{}", page.display());
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // Where there is no desktop, the path is all there is to say.
    let _opened = Command::new(opener).arg(page).stderr(Stdio::null()).status();
    Ok(())
}

/// Builds the debugger's page.
pub fn page() -> Done {
    prepare()?;
    step("examples/debugger/build.mjs", || run(Command::new("node").arg(root().join("examples/debugger/build.mjs"))))
}

/// Installs what the examples use, and the package as it would be published.
pub fn prepare() -> Done {
    package()?;
    let examples = root().join("examples");
    npm_ci(&examples)?;
    step("npm pack, and its files in examples/node_modules", || {
        let folder = examples.join("node_modules/mambo-webhooks");
        fs::remove_dir_all(&folder)
            .or(Ok(()))
            .and_then(|()| fs::create_dir_all(&folder))
            .map_err(|error| error.to_string())?;
        // Not by npm: the lock file of the examples stays what it is.
        run(Command::new("tar")
            .args(["--extract", "--strip-components=1", "--file"])
            .arg(pack()?)
            .arg("--directory")
            .arg(folder))
    })
}
