//! Hands the host's target triple to the code: the fuzz targets are built for it by name.

fn main() {
    println!("cargo::rustc-env=XTASK_HOST={}", std::env::var("TARGET").unwrap_or_default());
}
