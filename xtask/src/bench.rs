//! The benchmarks, side by side with peers, and the budget that the tests hold the package and the core to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::bless;
use crate::build::{install, package};
use crate::step::{Done, output, root, run, step};
use crate::tools::{Toolchain, debian_program, npm_ci};

/// By how much a figure may be over the budget: compilers differ from one release to the next.
const SLACK_PERCENT: u64 = 5;

/// Runs everything once and writes docs/PERFORMANCE.md.
pub fn bench() -> Done {
    package()?;
    let scripts = root().join("benches/js");
    npm_ci(&scripts)?;
    npm_ci(&root().join("tests/runtimes"))?;
    let entry = install("bench")?.join("node_modules/mambo-webhooks/dist/index.js");
    let results = root().join("target/bench");
    fs::create_dir_all(&results).map_err(|error| format!("{}: {error}", results.display()))?;
    let runtimes = root().join("tests/runtimes/node_modules");
    let runs: [(&str, PathBuf, &[&str]); 6] = [
        ("node", "node".into(), &["node.mjs"]),
        ("bun", runtimes.join("@oven/bun-linux-x64/bin/bun"), &["node.mjs", "--verify"]),
        (
            "deno",
            runtimes.join("@deno/linux-x64-glibc/deno"),
            &["run", "--allow-all", "--node-modules-dir=manual", "node.mjs", "--verify"],
        ),
        ("workerd", "node".into(), &["workerd.mjs"]),
        ("cold", "node".into(), &["cold.mjs"]),
        ("memory", "node".into(), &["--expose-gc", "memory.mjs"]),
    ];
    let keep = |name: &str, printed: String| {
        let path = results.join(format!("{name}.json"));
        fs::write(&path, printed).map_err(|error| format!("{}: {error}", path.display()))
    };
    for (name, program, arguments) in runs {
        step(&format!("benches/js: {name}"), || {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&scripts).env("MAMBO_ENTRY", &entry).env("MAMBO_TOOLS", tools());
            keep(name, output(&mut command)?)
        })?;
    }
    step("benches/rust", || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet", "--release"]).current_dir(root().join("benches/rust"));
        keep("rust", output(&mut cargo)?)
    })?;
    step("benches/shim.rs", || {
        let mut cargo = Command::new(env!("CARGO"));
        let printed = output(cargo.args(["bench", "--quiet", "--bench", "shim"]).current_dir(root()))?;
        fs::write(results.join("shim.txt"), printed).map_err(|error| format!("shim.txt: {error}"))
    })?;
    run(Command::new("node").arg("report.mjs").arg(&results).arg(root().join("docs")).current_dir(&scripts))
}

/// Whether docs/COMPARE.md says what the peers do, or writes it there.
pub fn compare() -> Done {
    let scripts = root().join("benches/js");
    npm_ci(&scripts)?;
    let mut node = Command::new("node");
    node.arg("compare.mjs").arg(if bless::blessed() { "--write" } else { "--check" });
    run(node.current_dir(scripts).env("MAMBO_ENTRY", root().join("pkg/dist/index.js")))
}

/// Refuses a package or a core that costs more than benches/budget.json says; of the package's sizes, those that are
/// built as they are published, with std from its source.
pub fn budget(toolchain: Toolchain) -> Done {
    debian_program("/usr/bin/valgrind", "valgrind")?;
    let path = root().join("benches/budget.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let budget: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut over = Vec::new();
    let mut hold = |name: &str, found: u64, allowed: Option<&Value>| {
        let allowed = allowed.and_then(Value::as_u64).unwrap_or(0);
        println!("   {name}: {found}, budget {allowed}");
        if found > allowed.saturating_mul(SLACK_PERCENT.saturating_add(100)) / 100 {
            over.push(format!("{name} is {found}, budget {allowed}"));
        }
    };
    if toolchain == Toolchain::Distro {
        let mut node = Command::new("node");
        node.arg(root().join("benches/js/size.mjs"))
            .env("MAMBO_ENTRY", root().join("pkg/dist/index.js"))
            .env("MAMBO_TOOLS", tools());
        let size: Value = serde_json::from_str(&output(&mut node)?).map_err(|error| error.to_string())?;
        hold("gzipBytes", size.get("gzip").and_then(Value::as_u64).unwrap_or(u64::MAX), budget.get("gzipBytes"));
        let module = fs::metadata(root().join("pkg/dist/core_bg.wasm")).map_err(|error| error.to_string())?;
        hold("moduleBytes", module.len(), budget.get("moduleBytes"));
    }
    run(Command::new(env!("CARGO")).args(["build", "--quiet", "--release"]).current_dir(root().join("benches/count")))?;
    for (task, allowed) in budget.get("instructions").and_then(Value::as_object).into_iter().flatten() {
        hold(task, instructions(task)?, Some(allowed));
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("; ")) }
}

/// How often a task is done for counting it.
const FEW: u64 = 20;
const MANY: u64 = 120;

/// What one of a task costs: the difference between many and few of them.
fn instructions(task: &str) -> Done<u64> {
    let count = |times: u64| -> Done<u64> {
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"])
            .arg(root().join("benches/count/target/release/mambo-webhooks-count"))
            .args([task, &times.to_string()]);
        let printed = output(&mut valgrind)?;
        let found = printed.split_once("Collected : ").and_then(|(_, rest)| rest.split_whitespace().next());
        found.and_then(|number| number.parse().ok()).ok_or(format!("valgrind counted nothing: {printed}"))
    };
    Ok(count(MANY)?.saturating_sub(count(FEW)?) / (MANY - FEW))
}

fn tools() -> PathBuf {
    root().join("js/package.json")
}
