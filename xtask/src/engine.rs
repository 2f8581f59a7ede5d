//! The core of a device in WebAssembly: `web/engine`, built for the browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::{setup, sh};

const TARGET: &str = "wasm32-unknown-unknown";
/// Where Debian's `rust-web-src` puts the standard library.
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std";
/// What builds for WebAssembly where the toolchain has no such target.
const DEBIAN: [&str; 4] = ["cargo-web", "lld", "rust-web-src", "rustc-web"];

/// Builds it and puts it where the web app's build finds it. Cargo does nothing where nothing
/// changed.
pub(crate) fn build() -> anyhow::Result<()> {
    let into = sh::root().join("target/engine");
    let mut cargo = if has_target()? { own(&into) } else { debian(&into)? };
    sh::run(cargo.current_dir(folder()))?;
    let built = into.join(TARGET).join("release/genggam_engine.wasm");
    let bytes = std::fs::read(&built).with_context(|| format!("no {}", built.display()))?;
    let to = folder().join("genggam.wasm");
    if std::fs::read(&to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    std::fs::write(&to, &bytes).with_context(|| format!("can't write {}", to.display()))
}

fn folder() -> PathBuf {
    sh::root().join("web/engine")
}

/// Whether the toolchain in use can build for it.
fn has_target() -> anyhow::Result<bool> {
    let sysroot = sh::output(&mut sh::command("rustc", &["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).is_dir())
}

fn own(into: &Path) -> Command {
    let mut cargo = sh::cargo(&["build", "--release", "--locked", "--quiet", "--target", TARGET]);
    cargo.env("CARGO_TARGET_DIR", into);
    cargo
}

/// Debian's own compiler, which builds the standard library too.
fn debian(into: &Path) -> anyhow::Result<Command> {
    if !Path::new(DEBIAN_STD).is_dir() || !Path::new("/usr/bin/wasm-ld").exists() {
        println!("this toolchain has no target {TARGET}: installing Debian's compiler for it");
        setup::apt_install(&DEBIAN)?;
    }
    let mut cargo = sh::command("/usr/bin/cargo", &["build", "--release", "--locked", "--quiet"]);
    cargo
        .args(["--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .arg("-Zbuild-std-features=optimize_for_size")
        .env("PATH", "/usr/bin:/bin")
        // The standard library is built from source, which a stable compiler does only so.
        .env("RUSTC_BOOTSTRAP", "1")
        // A panic ends the module anyway: its words need not travel.
        .env("RUSTFLAGS", "-Zunstable-options -Cpanic=immediate-abort")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
        .env("CARGO_TARGET_DIR", into)
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN");
    Ok(cargo)
}
