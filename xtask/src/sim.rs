//! `cargo xtask sim`: many simulated nodes, from seeds; and whether its checkers see planted bugs.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::sh;

/// Arguments of `sim`.
#[derive(Debug, Args)]
pub(crate) struct SimArgs {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Plays one seed and tells what happens in it.
    #[arg(long, conflicts_with = "planted")]
    seed: Option<u64>,
    /// Plants each bug, and plays seeds until it is caught.
    #[arg(long)]
    planted: bool,
}

/// Builds the simulator, all of the workspace at once, and plays.
pub(crate) fn run(args: &SimArgs) -> anyhow::Result<()> {
    sh::run(&mut sh::cargo(&["test", "--quiet", "--workspace", "--all-targets", "--no-run"]))?;
    play(&sh::root().join("target/debug/sim"), args)
}

/// What `check` plays: seeds without a bug, then each bug until it is caught.
pub(crate) fn in_check(program: &Path) -> anyhow::Result<()> {
    let (seeds, start, seed) = (1_000, 1, None);
    play(program, &SimArgs { seeds, start, seed, planted: false })?;
    play(program, &SimArgs { seeds, start, seed, planted: true })
}

fn play(program: &Path, args: &SimArgs) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    match args.seed {
        Some(seed) => command.args(["--seed", &seed.to_string()]),
        None => command
            .args(["--quiet", "--seeds", &args.seeds.to_string()])
            .args(["--start", &args.start.to_string()]),
    };
    if args.planted {
        command.arg("--planted");
    }
    sh::run(&mut command)
}
