//! Many writers, a bad network and crashes, from one seed: the same seed fails the same way.
//!
//! `sim --seeds 100 --start 1` plays a hundred seeds. It fails if a checker objects, or if a kind
//! of fault never happened: a simulation that breaks nothing shows nothing.

mod check;
mod fault;
mod machine;
mod model;
mod network;
mod pack;
mod want;
mod world;

use std::process::ExitCode;

use clap::Parser;

use crate::fault::{Counts, Fault};

/// Plays seeds and checks what comes of them.
#[derive(Debug, Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 25)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// One line of JSON a seed, and one for all.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for seed in (args.start..).take(usize::try_from(args.seeds).unwrap_or(usize::MAX)) {
        match play(seed) {
            Ok(played) => {
                say_seed(args.json, seed, &played);
                counts.add(&played.counts);
            }
            Err(error) => {
                failed.push(seed);
                say_failure(args.json, seed, &error);
            }
        }
    }
    let missing = counts.missing();
    say_all(&args, &counts, &failed, &missing);
    if failed.is_empty() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a seed; a panic is a failure of that seed like any other.
fn play(seed: u64) -> anyhow::Result<world::Played> {
    std::panic::catch_unwind(|| world::play(seed)).unwrap_or_else(|panic| {
        let says = panic.downcast_ref::<String>().map(String::as_str);
        let says = says.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow::anyhow!("panicked: {}", says.unwrap_or("without a word")))
    })
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn say_seed(json: bool, seed: u64, played: &world::Played) {
    let world::Played { operations, records, digest, .. } = played;
    if json {
        let line = serde_json::json!({
            "seed": seed, "operations": operations, "records": records, "digest": digest,
        });
        println!("{line}");
    } else {
        println!("seed {seed}: {operations} operations, {records} records, {digest:.16}");
    }
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn say_failure(json: bool, seed: u64, error: &anyhow::Error) {
    if json {
        println!("{}", serde_json::json!({ "seed": seed, "failed": format!("{error:#}") }));
    } else {
        println!("seed {seed} FAILED: {error:#}\n  replay: sim --seeds 1 --start {seed}");
    }
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn say_all(args: &Args, counts: &Counts, failed: &[u64], missing: &[Fault]) {
    let missing: Vec<&str> = missing.iter().map(|fault| fault.name()).collect();
    if args.json {
        let faults: serde_json::Map<String, serde_json::Value> =
            counts.each().map(|(fault, count)| (fault.name().to_owned(), count.into())).collect();
        let line = serde_json::json!({
            "seeds": args.seeds, "failed": failed, "faults": faults, "missing": missing,
        });
        println!("{line}");
        return;
    }
    for (fault, count) in counts.each() {
        println!("{count:>8}  {}", fault.name());
    }
    if !missing.is_empty() {
        println!("never happened: {}", missing.join(", "));
    }
    println!("{} seeds, {} failed", args.seeds, failed.len());
}
