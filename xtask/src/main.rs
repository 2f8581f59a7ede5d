//! Automation for Genggam: `cargo xtask demo`, `cargo xtask check`, benches and the crash test.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on standard output")]
#![expect(clippy::disallowed_methods, reason = "stages and benches are timed here, and only here")]

mod bench;
mod check;
mod crash;
mod demo;
mod dictionaries;
mod engine;
mod fuzz;
mod load;
mod network;
mod nodes;
mod server;
mod setup;
mod sh;
mod sim;
mod tidy;

use clap::{Parser, Subcommand};

/// Automation for Genggam.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build all and start a centre, a province and a regency with realistic reports.
    Demo(demo::DemoArgs),
    /// Everything that CI checks, with the time of each stage.
    Check(check::CheckArgs),
    /// Measure: ingest, freshness, memory, figures, frames, or how others synchronise.
    Bench(bench::BenchArgs),
    /// Kill the server at random instants while it takes reports; nothing acknowledged may be lost.
    Crash(crash::CrashArgs),
    /// Train the dictionaries of the packs, which sync frames are squeezed with.
    Dictionaries,
    /// Build the core of a device for the browser.
    Engine,
    /// Give the core what no honest peer sends: each fuzz target for a while.
    Fuzz(fuzz::FuzzArgs),
    /// Three real nodes over emulated weak links, cut and killed while reports are filed.
    Nodes,
    /// Play many simulated nodes, from seeds, with every kind of fault.
    Sim(sim::SimArgs),
    /// The rules of the house that no compiler checks.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Crash(args) => crash::run(&args),
        Command::Dictionaries => dictionaries::run(),
        Command::Engine => engine::build(),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Nodes => nodes::run(),
        Command::Sim(args) => sim::run(&args),
        Command::Tidy => tidy::run(),
    }
}
