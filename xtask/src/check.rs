//! `cargo xtask check`: everything that CI checks, with the time of each stage.

use std::time::Instant;

use clap::Args;

use crate::server::{PASSWORD, Server};
use crate::{crash, engine, fuzz, nodes, setup, sh, sim, tidy};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Only the stages whose names contain this.
    #[arg(long)]
    only: Option<String>,
}

type Stage = (&'static str, fn() -> anyhow::Result<()>);

const STAGES: &[Stage] = &[
    ("tidy", tidy::run),
    ("format", format),
    ("web engine", engine::build),
    ("web packages", setup::npm_packages),
    ("web types", || sh::run(&mut sh::npm(&["run", "--silent", "check"]))),
    ("web tests", || sh::run(&mut sh::npm(&["test", "--silent"]))),
    ("web build", || sh::run(&mut sh::npm(&["run", "--silent", "build"]))),
    ("web budget", || sh::run(&mut sh::npm(&["run", "--silent", "budget"]))),
    ("build", build),
    ("tests", test),
    ("lints", lints),
    ("fuzz corpus", fuzz::in_check),
    ("packs", packs),
    ("simulator", || sim::in_check(&built("sim"))),
    ("crash", || crash::rounds(&built("genggam"), &crash::CrashArgs::in_check())),
    ("nodes", || nodes::in_check(&built("genggam"))),
    ("browser", browser),
    ("documentation", documentation),
    ("dependencies", dependencies),
];

/// Runs the stages in order; the first that fails ends it.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut times = Vec::new();
    for (name, stage) in STAGES {
        if args.only.as_deref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        println!("\n== {name}");
        let stage_begin = Instant::now();
        let result = stage();
        times.push((name, stage_begin.elapsed()));
        if let Err(error) = result {
            print_times(&times);
            return Err(error.context(format!("the stage `{name}` failed")));
        }
    }
    print_times(&times);
    println!("{:>8.1} s  in all", begin.elapsed().as_secs_f64());
    Ok(())
}

fn print_times(times: &[(&&str, std::time::Duration)]) {
    println!("\ntime by stage");
    for (name, time) in times {
        println!("{:>8.1} s  {name}", time.as_secs_f64());
    }
}

fn format() -> anyhow::Result<()> {
    sh::run(&mut sh::cargo(&["fmt", "--all", "--check"]))
}

/// All of the workspace at once: building one package alone would choose other features of shared
/// dependencies, and so build DataFusion a second time.
const ALL: [&str; 3] = ["test", "--workspace", "--all-targets"];

fn build() -> anyhow::Result<()> {
    sh::run(sh::cargo(&ALL).arg("--no-run"))
}

fn test() -> anyhow::Result<()> {
    sh::run(&mut sh::cargo(&ALL))
}

/// A program that the stage `build` made.
fn built(name: &str) -> std::path::PathBuf {
    sh::root().join("target/debug").join(name)
}

fn lints() -> anyhow::Result<()> {
    let args = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    sh::run(&mut sh::cargo(&args))
}

fn packs() -> anyhow::Result<()> {
    let program = built("genggam");
    for entry in std::fs::read_dir(sh::root().join("packs"))? {
        let folder = entry?.path();
        for verb in ["check", "try"] {
            sh::run(std::process::Command::new(&program).args(["pack", verb]).arg(&folder))?;
        }
    }
    Ok(())
}

fn browser() -> anyhow::Result<()> {
    setup::debian("chromium", "chromium")?;
    let program = built("genggam");
    let folder = tempfile::tempdir()?;
    let args = ["--days", "30", "--offices-limit", "40"];
    let server = Server::demo(&program, &folder.path().join("node"), &args)?;
    let mut npm = sh::npm(&["run", "--silent", "e2e"]);
    npm.env("BASE_URL", &server.url);
    let people = [
        ("E2E_OPERATOR", "operator", "regency"),
        ("E2E_VERIFIER", "verifikator", "province"),
        ("E2E_LEADER", "pimpinan", "centre"),
        ("E2E_ADMIN", "pengelola", "centre"),
    ];
    for (key, role, level) in people {
        let account = server.account(role, level)?;
        npm.env(key, format!("{}:{PASSWORD}", account.name));
    }
    sh::run(&mut npm)
}

fn documentation() -> anyhow::Result<()> {
    let mut doc =
        sh::cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    sh::run(doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))
}

fn dependencies() -> anyhow::Result<()> {
    let deny = setup::cargo_deny()?;
    let mut command = std::process::Command::new(deny);
    command.current_dir(sh::root());
    // Advisories live in a repository of their own: `cargo deny check advisories`, where reachable.
    sh::run(command.args(["--all-features", "check", "bans", "licenses", "sources"]))
}
