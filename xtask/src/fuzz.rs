//! The fuzz targets: built with the coverage passes of the installed compiler, seeded from the shared vectors.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::step::{Done, root, run, step};

const TARGETS: [&str; 8] = ["registry", "apply", "header", "envelope", "open", "version", "receive", "diagnose"];

/// What cargo-fuzz passes, less the sanitizer: there is no unsafe code for it to look at, and without it the stable
/// compiler will do.
const FLAGS: [&str; 8] = [
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Clink-dead-code",
    "-Ccodegen-units=1",
];

/// Runs each target, or the one that is named, for so many seconds.
pub fn fuzz(seconds: u32, only: Option<&str>) -> Done {
    let folder = root().join("fuzz");
    let host = env!("XTASK_HOST");
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--release", "--target", host])
        .current_dir(&folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS.join(" "))
        .env_remove("CARGO_TARGET_DIR");
    step("build the fuzz targets", || run(&mut build))?;
    for target in TARGETS.into_iter().filter(|target| only.is_none_or(|only| only == *target)) {
        let corpus = root().join("target/fuzz").join(target);
        seed(target, &corpus)?;
        step(&format!("fuzz {target} for {seconds} s"), || {
            let mut fuzzer = Command::new(folder.join("target").join(host).join("release").join(target));
            fuzzer
                .arg(format!("-max_total_time={seconds}"))
                .args(["-print_final_stats=1", "-verbosity=0", "-max_len=4096", "-timeout=10"])
                .arg(format!("-artifact_prefix={}/", root().join("target/fuzz").display()))
                .arg(&corpus);
            run(&mut fuzzer)
        })?;
    }
    Ok(())
}

/// Starts the corpus from what the repository has.
fn seed(target: &str, corpus: &Path) -> Done {
    let write =
        |name: String, bytes: &[u8]| fs::write(corpus.join(&name), bytes).map_err(|error| format!("{name}: {error}"));
    fs::create_dir_all(corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
    if target == "registry" {
        for path in ["src/shim/registry.json", "src/shim/deprecations.json", "examples/registry/payload-9.0.0.json"] {
            let bytes = fs::read(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
            write(PathBuf::from(path).file_name().unwrap_or_default().to_string_lossy().into_owned(), &bytes)?;
        }
        return Ok(());
    }
    let text = fs::read_to_string(root().join("tests/vectors/receive.json")).map_err(|error| error.to_string())?;
    let vectors: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let cases = vectors.get("cases").and_then(Value::as_array).ok_or("receive.json has no cases")?;
    for (index, case) in cases.iter().enumerate() {
        let header = case.pointer("/headers/0/1").and_then(Value::as_str);
        let body = case.get("body").and_then(Value::as_str);
        if let Some(bytes) = if target == "header" { header } else { body } {
            write(format!("vector-{index}"), bytes.as_bytes())?;
        }
    }
    Ok(())
}

/// How long a target runs in the test command.
pub fn smoke_seconds() -> u32 {
    env::var("MAMBO_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}
