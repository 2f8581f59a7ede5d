//! What the tools need beyond Rust and Node.js, installed when it isn't there.

use std::path::PathBuf;

use anyhow::bail;

use crate::sh;

/// Installs a Debian package unless its program is there.
pub(crate) fn debian(program: &str, package: &str) -> anyhow::Result<()> {
    let has_program = sh::exists(program)
        || std::path::Path::new("/usr/lib/postgresql").is_dir() && package == "postgresql";
    if has_program {
        return Ok(());
    }
    if !sh::exists("apt-get") {
        bail!("`{program}` isn't installed, and there is no apt-get: install {package} by hand");
    }
    println!("installing the Debian package {package}");
    apt(&["update", "-qq"])?;
    apt(&["install", "-y", "-qq", "--no-install-recommends", package])
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    let root = sh::output(&mut sh::command("id", &["-u"]))?.trim() == "0";
    let mut command = if root {
        sh::command("apt-get", args)
    } else {
        let mut sudo = sh::command("sudo", &["-n", "apt-get"]);
        sudo.args(args);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    sh::run(&mut command)
}

/// The packages of `web/`, exactly as locked, without their install scripts.
pub(crate) fn npm_packages() -> anyhow::Result<()> {
    let web = sh::root().join("web");
    let installed = web.join("node_modules/.package-lock.json");
    let changed = |path: PathBuf| path.metadata().and_then(|m| m.modified());
    let fresh = match (changed(installed), changed(web.join("package-lock.json"))) {
        (Ok(installed), Ok(lock)) => installed >= lock,
        _ => false,
    };
    if fresh {
        return Ok(());
    }
    println!("installing the npm packages of web/");
    sh::run(&mut sh::npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
}

/// `cargo-deny`, in the target folder.
pub(crate) fn cargo_deny() -> anyhow::Result<PathBuf> {
    let tools = sh::root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if program.is_file() {
        return Ok(program);
    }
    println!("installing cargo-deny into target/tools");
    let root = tools.to_string_lossy().into_owned();
    let mut install = sh::cargo(&[
        "install",
        "--quiet",
        "--locked",
        "--debug",
        "--version",
        "0.20.2",
        "--root",
        &root,
        "cargo-deny",
    ]);
    install.env("CARGO_TARGET_DIR", sh::root().join("target/tools/build"));
    sh::run(&mut install)?;
    Ok(program)
}

/// Builds the web app and then the program, in this profile; returns the program.
pub(crate) fn build(release: bool) -> anyhow::Result<PathBuf> {
    npm_packages()?;
    sh::run(&mut sh::npm(&["run", "--silent", "build"]))?;
    build_program(release)
}

/// Builds the program, with the web app as it was last built.
pub(crate) fn build_program(release: bool) -> anyhow::Result<PathBuf> {
    let mut args = vec!["build", "--workspace"];
    if release {
        args.push("--release");
    }
    sh::run(&mut sh::cargo(&args))?;
    Ok(sh::root().join("target").join(if release { "release" } else { "debug" }).join("genggam"))
}
