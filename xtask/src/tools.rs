//! Finds what the build needs, and installs what is missing. Each step can be interrupted and run again.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Done, output, root, run, step};

/// Which Rust compiles to WebAssembly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that runs this, with std for the target beside it.
    Own,
    /// Debian's, which builds std from its source.
    Distro,
}

/// Everything that the build of the package runs.
pub struct Tools {
    pub toolchain: Toolchain,
    wasm_bindgen: PathBuf,
    wasm_pack: PathBuf,
}

const TARGET: &str = "wasm32-unknown-unknown";
const WASM_PACK: &str = "0.15.1";
const DEBIAN: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/// Finds or installs every tool.
pub fn setup() -> Done<Tools> {
    let node = output(Command::new("node").arg("--version")).map_err(|_| "Node 20 or newer is needed".to_owned())?;
    let major = node.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        return Err(format!("Node 20 or newer is needed, found {}", node.trim()));
    }
    let toolchain = toolchain()?;
    // The command-line tool and the crate must be of one version, to the digit.
    let version = locked("wasm-bindgen")?;
    // Without its default features it needs no TLS stack, which is two thirds of its build.
    let wasm_bindgen = tool("wasm-bindgen-cli", &version, "wasm-bindgen", &["--no-default-features"])?;
    let wasm_pack = tool("wasm-pack", WASM_PACK, "wasm-pack", &["--locked"])?;
    npm_ci(&root().join("js"))?;
    Ok(Tools { toolchain, wasm_bindgen, wasm_pack })
}

impl Tools {
    /// A command that compiles to WebAssembly, with the tools on its path.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut path: Vec<PathBuf> = vec![self.wasm_bindgen.clone(), self.wasm_pack.clone()];
        if self.toolchain == Toolchain::Distro {
            path.push("/usr/bin".into());
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                // wasm-pack must not have rustup fetch a target behind our back.
                .env("RUSTUP_DIST_SERVER", "http://127.0.0.1:9");
        }
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let joined = env::join_paths(path).unwrap_or_else(|_| OsString::new());
        command
            .current_dir(root())
            .env("PATH", joined)
            // Two compilers in one directory would each throw away what the other built.
            .env("CARGO_TARGET_DIR", root().join("target/wasm-build"))
            .env("RUSTFLAGS", flags().join(" "))
            // cargo sets these for what it runs; the cargo that is started here has its own.
            .env_remove("CARGO")
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }

    /// Whether wasm-pack must be told not to look for the target's std.
    pub fn mode(&self) -> &'static str {
        if self.toolchain == Toolchain::Distro { "force" } else { "no-install" }
    }

    /// The program that runs tests compiled to WebAssembly, in Node.
    pub fn test_runner(&self) -> PathBuf {
        self.wasm_bindgen.join("wasm-bindgen-test-runner")
    }
}

/// What the compiler is told: to keep this machine's paths out of the module, and to use SIMD, which every supported
/// runtime has and the hash has code for.
pub fn flags() -> Vec<String> {
    let home = env::var("CARGO_HOME").unwrap_or_else(|_| format!("{}/.cargo", env::var("HOME").unwrap_or_default()));
    let paths = [(home, "cargo"), (root().display().to_string(), "src"), ("/usr/lib/rustlib".into(), "rust")];
    let flags = paths.iter().map(|(from, to)| format!("--remap-path-prefix={from}=/{to}"));
    flags.chain(["-Ctarget-feature=+simd128".to_owned()]).collect()
}

fn toolchain() -> Done<Toolchain> {
    if env::var("WASM_TOOLCHAIN").is_ok_and(|asked| asked == "distro") {
        return debian();
    }
    let libraries = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if libraries.is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(Toolchain::Own);
    }
    let added =
        step(
            "rustup target add wasm32-unknown-unknown",
            || run(Command::new("rustup").args(["target", "add", TARGET])),
        );
    match added {
        Ok(()) => Ok(Toolchain::Own),
        Err(_) if Path::new("/usr/bin/apt-get").exists() => debian(),
        Err(problem) => Err(format!("no std for {TARGET}, and no way to get one: {problem}")),
    }
}

fn debian() -> Done<Toolchain> {
    let needed = ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/bin/wasm-ld-22", "/usr/lib/rustlib/src/rust/library/std"];
    if !needed.iter().all(|path| Path::new(path).exists()) {
        step("Debian's Rust for WebAssembly", || {
            run(apt().args(["update", "-qq"]))?;
            run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(DEBIAN))
        })?;
    }
    Ok(Toolchain::Distro)
}

/// apt-get, through sudo for everybody but root.
pub fn apt() -> Command {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
    if !is_root {
        command.arg("apt-get");
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Installs Debian's package of a program that tests start, if it is not there.
pub fn debian_program(program: &str, package: &str) -> Done {
    if Path::new(program).exists() {
        return Ok(());
    }
    step(&format!("apt-get install {package}"), || {
        run(apt().args(["update", "-qq"]))?;
        run(apt().args(["install", "-y", "-qq", "--no-install-recommends", package]))
    })
}

/// The folder with the programs of a cargo-installed tool, in the user's cache: a clean clone has no target folder.
pub fn tool(package: &str, version: &str, program: &str, options: &[&str]) -> Done<PathBuf> {
    let folder = cache()?.join(format!("{package}-{version}"));
    let programs = folder.join("bin");
    if output(Command::new(programs.join(program)).arg("--version")).is_err() {
        step(&format!("cargo install {package} {version}"), || {
            let mut install = Command::new("cargo");
            install.args(["install", "--quiet", package, "--version", version, "--force", "--root"]).arg(&folder);
            // They run for seconds, and optimised they take minutes to build.
            install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0").env("CARGO_PROFILE_RELEASE_LTO", "off");
            install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
            run(install.args(options))
        })?;
    }
    Ok(programs)
}

/// Where tools are kept between clones.
pub fn cache() -> Done<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).ok_or("HOME is not set")?;
    Ok(folder.join("mambo-webhooks"))
}

/// The version of a package in Cargo.lock.
fn locked(package: &str) -> Done<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version = lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"'));
    version.map(|(version, _)| version.to_owned()).ok_or_else(|| format!("Cargo.lock has no {package}"))
}

/// Installs what a package-lock.json says, if that is not what is there.
pub fn npm_ci(folder: &Path) -> Done {
    let wanted = fs::read(folder.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(&format!("npm ci in {}", folder.strip_prefix(root()).unwrap_or(folder).display()), || {
        let npm = |verb: &[&str]| {
            let mut npm = Command::new("npm");
            // No package may run a script here; none that is used needs to.
            run(npm
                .args(verb)
                .args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=silent"])
                .current_dir(folder))
        };
        // `npm ci` refuses a lock file made at a registry that did not hold the packages of other platforms.
        npm(&["ci"]).or_else(|_| npm(&["install", "--no-save"]))?;
        fs::write(&stamp, &wanted).map_err(|error| format!("{}: {error}", stamp.display()))
    })
}
