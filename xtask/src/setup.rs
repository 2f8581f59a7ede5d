//! What the tools need beyond Rust and Node.js, installed when it isn't there.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{engine, sh};

/// Installs a Debian package unless its program is there.
pub(crate) fn debian(program: &str, package: &str) -> anyhow::Result<()> {
    let has_program =
        sh::exists(program) || Path::new("/usr/lib/postgresql").is_dir() && package == "postgresql";
    if has_program {
        return Ok(());
    }
    if !sh::exists("apt-get") {
        bail!("`{program}` isn't installed, and there is no apt-get: install {package} by hand");
    }
    println!("installing the Debian package {package}");
    apt_install(&[package])
}

/// Installs Debian packages.
pub(crate) fn apt_install(packages: &[&str]) -> anyhow::Result<()> {
    if !sh::exists("apt-get") {
        bail!("there is no apt-get: install {} by hand", packages.join(", "));
    }
    apt(&["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(&[install.as_slice(), packages].concat())
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    let mut command = if is_root()? {
        sh::command("apt-get", args)
    } else {
        let mut sudo = sh::command("sudo", &["-n", "apt-get"]);
        sudo.args(args);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    sh::run(&mut command)
}

/// Whether we run as root.
pub(crate) fn is_root() -> anyhow::Result<bool> {
    Ok(sh::output(&mut sh::command("id", &["-u"]))?.trim() == "0")
}

/// The packages of `web/`, exactly as locked, without their install scripts.
pub(crate) fn npm_packages() -> anyhow::Result<()> {
    npm_ci(&sh::root().join("web"))
}

/// The packages of a folder, exactly as locked, without their install scripts.
pub(crate) fn npm_ci(folder: &Path) -> anyhow::Result<()> {
    let installed = folder.join("node_modules/.package-lock.json");
    let changed = |path: PathBuf| path.metadata().and_then(|m| m.modified());
    let fresh = match (changed(installed), changed(folder.join("package-lock.json"))) {
        (Ok(installed), Ok(lock)) => installed >= lock,
        _ => false,
    };
    if fresh {
        return Ok(());
    }
    println!("installing the npm packages of {}", folder.display());
    let mut npm = sh::npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    sh::run(npm.current_dir(folder))
}

/// A Python environment in the target folder with the packages of a list; returns its Python.
pub(crate) fn python_packages(name: &str, list: &Path) -> anyhow::Result<PathBuf> {
    let folder = sh::root().join("target/tools").join(name);
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = std::fs::read(list)?;
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    if !sh::exists("python3") {
        bail!("the peers need Python 3.9 or later");
    }
    println!("installing the Python packages of {}", list.display());
    let mut make = sh::command("python3", &["-m", "venv"]);
    sh::run(make.arg(&folder))?;
    let mut install = std::process::Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    sh::run(install.arg(list))?;
    std::fs::write(installed, wanted)?;
    Ok(python)
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
    engine::build()?;
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
