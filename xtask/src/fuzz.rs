//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, one after the other.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::sh;

/// Every target, as the binaries of `fuzz/` are named.
const TARGETS: [&str; 7] = ["wire", "body", "session", "ops", "blobs", "trust", "bundle"];
/// Seconds for one input: the largest takes milliseconds.
const INPUT_SECONDS_MAX: u32 = 10;
/// Bytes of one input: a frame and what stands around it.
const INPUT_BYTES_MAX: u32 = 12 * 1024;
/// Megabytes that a target may take: an input that claims terabytes fails here.
const MEMORY_MB_MAX: u32 = 1_500;

/// Arguments of `fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// Seconds for each target; 0 plays what is kept once, and looks for nothing new.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target.
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
    /// Keeps of what was found the least that reaches as much, in `fuzz/corpus`.
    #[arg(long)]
    keep: bool,
}

/// Builds the targets and plays each; an input that breaks one stays in `fuzz/artifacts`.
pub(crate) fn run(args: &FuzzArgs) -> anyhow::Result<()> {
    if !sh::exists("cargo-fuzz") {
        bail!("cargo-fuzz is missing: cargo install cargo-fuzz --locked");
    }
    sh::run(&mut fuzz(&["build"], &[]))?;
    let chosen = |target: &&str| args.target.as_deref().is_none_or(|only| only == *target);
    for target in TARGETS.into_iter().filter(chosen) {
        println!("fuzz: {target}");
        play(target, args.seconds)?;
        if args.keep {
            keep(target)?;
        }
    }
    Ok(())
}

/// Plays what is kept once, with the workspace's compiler flags: where the core changed, the targets
/// still build and hold.
pub(crate) fn in_check() -> anyhow::Result<()> {
    let mut command = sh::cargo(&["test", "--locked", "--target-dir", "../target/fuzz"]);
    sh::run(command.current_dir(sh::root().join("fuzz")))
}

fn play(target: &str, seconds: u32) -> anyhow::Result<()> {
    let (grown, corpus) = (folder("grown", target)?, format!("corpus/{target}"));
    let end = match seconds {
        0 => "-runs=0".to_owned(),
        seconds => format!("-max_total_time={seconds}"),
    };
    let timeout = format!("-timeout={INPUT_SECONDS_MAX}");
    let max_len = format!("-max_len={INPUT_BYTES_MAX}");
    let memory = format!("-rss_limit_mb={MEMORY_MB_MAX}");
    let flags =
        ["--", &end, &timeout, &max_len, &memory, "-len_control=20", "-print_final_stats=1"];
    let mut command = fuzz(&["run"], &[target, &grown, &corpus]);
    sh::run(command.args(flags))
}

/// What a target's corpus can do without goes; what is new in `grown` comes in.
fn keep(target: &str) -> anyhow::Result<()> {
    let old = sh::root().join("fuzz/corpus").join(target);
    let merged = tempfile::tempdir_in(sh::root().join("fuzz/grown"))?;
    let to = merged.path().to_str().context("the repository's path is no text")?;
    let (grown, corpus) = (format!("grown/{target}"), format!("corpus/{target}"));
    let mut command = fuzz(&["run"], &[target, to, &grown, &corpus]);
    sh::run(command.args(["--", "-merge=1"]))?;
    std::fs::remove_dir_all(&old)?;
    std::fs::rename(merged.keep(), &old).with_context(|| format!("can't replace {}", old.display()))
}

/// `cargo fuzz` in `fuzz/`, without a sanitizer: no crate of ours has unsafe code, and the stable
/// compiler can count coverage but not sanitize.
fn fuzz(verb: &[&str], args: &[&str]) -> Command {
    let mut command = sh::cargo(&["fuzz"]);
    command
        .current_dir(sh::root().join("fuzz"))
        .args(verb)
        .args(["--sanitizer", "none", "--features", "libfuzzer"])
        .args(args);
    command
}

fn folder(kind: &str, target: &str) -> anyhow::Result<String> {
    let name = format!("{kind}/{target}");
    std::fs::create_dir_all(Path::new(&sh::root()).join("fuzz").join(&name))?;
    Ok(name)
}
