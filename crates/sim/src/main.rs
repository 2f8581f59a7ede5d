//! Many nodes in one process, in virtual time, from one seed: the same seed fails the same way.
//!
//! `sim --seeds 100 --start 1` plays a hundred seeds. It fails if a checker objects, or if a kind
//! of fault never happened: a simulation that breaks nothing shows nothing. `sim --planted` plants
//! bugs, one after the other, and fails if one of them isn't caught.

mod attack;
mod check;
mod detour;
mod fan_in;
mod fan_in_wire;
mod fault;
mod found;
mod lives;
mod machine;
mod model;
mod net;
mod newer;
mod pack;
mod plan;
mod play;
mod pruning;
mod scope;
mod steps;
mod tap;
mod tree;
mod tree_link;
mod tree_node;
mod tree_plan;
mod tree_tell;
mod villain;
mod want;
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Parser, Subcommand};
use domain::planted::Bug;

use crate::fault::{Counts, Fault};
use crate::play::{Failed, Played, play, shrink};

/// Failures that are made short: one shows more than many.
const SHRUNK_MAX: usize = 1;

/// Plays seeds and checks what comes of them.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many seeds.
    #[arg(long, default_value_t = 25)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Plays one seed and tells what happens in it.
    #[arg(long)]
    seed: Option<u64>,
    /// Seeds played at once; as many as there are processors if 0.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Plants this bug.
    #[arg(long)]
    bug: Option<String>,
    /// Plants each bug, and plays seeds until it is caught.
    #[arg(long)]
    planted: bool,
    /// One line of JSON a seed, and one for all.
    #[arg(long)]
    json: bool,
    /// Says nothing of seeds that hold.
    #[arg(long)]
    quiet: bool,
}

/// What it does other than playing seeds.
#[derive(Debug, Subcommand)]
enum Command {
    /// Many offices return to a real centre at once
    #[command(subcommand)]
    FanIn(fan_in::Command),
    /// A month of the whole country, in virtual time
    Tree(tree::TreeArgs),
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(command) = &args.command {
        let done = match command {
            Command::FanIn(command) => fan_in::run(command),
            Command::Tree(args) => tree::run(args),
        };
        if let Err(error) = &done {
            warn(&format!("FAILED: {error:#}"));
        }
        return if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let bug = args.bug.as_deref().map(|name| {
        Bug::ALL.iter().copied().find(|bug| bug.name() == name).ok_or_else(|| name.to_owned())
    });
    let bug = match bug.transpose() {
        Ok(bug) => bug,
        Err(name) => {
            say(&format!("no bug is called {name}"));
            return ExitCode::FAILURE;
        }
    };
    let well = match args.seed {
        _ if args.planted => planted(&args),
        Some(seed) => replay(seed, bug),
        None => many(&args, bug),
    };
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the output of the program")]
fn warn(line: &str) {
    eprintln!("{line}");
}

/// Plays one seed, with all that happens.
fn replay(seed: u64, bug: Option<Bug>) -> bool {
    match play(seed, bug, true) {
        Ok(played) => {
            say(&told(seed, &played));
            true
        }
        Err(failed) => {
            failed.trace.iter().for_each(|line| say(line));
            say(&format!("seed {seed} FAILED: {}", failed.why));
            false
        }
    }
}

fn told(seed: u64, played: &Played) -> String {
    let Played { operations, records, digest, .. } = played;
    format!("seed {seed}: {operations} operations, {records} records, {digest:.16}")
}

/// Plays seeds in threads of their own; `each` is told what one came to, and says whether it held.
fn in_threads(
    args: &Args,
    bug: Option<Bug>,
    first_failure: bool,
    each: impl Fn(u64, Result<Played, Failed>) -> bool + Sync,
) {
    let (next, stop) = (AtomicU64::new(args.start), AtomicU64::new(0));
    let end = args.start.saturating_add(args.seeds);
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if args.threads == 0 { processors() } else { args.threads };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while stop.load(Ordering::SeqCst) == 0 {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end {
                        break;
                    }
                    let held = each(seed, play(seed, bug, false));
                    if !held && first_failure {
                        stop.store(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
}

#[derive(Debug, Default)]
struct Total {
    counts: Counts,
    operations: usize,
    failed: Vec<(u64, String)>,
}

fn many(args: &Args, bug: Option<Bug>) -> bool {
    let total = Mutex::new(Total::default());
    in_threads(args, bug, false, |seed, played| {
        let mut total = total.lock().expect("invariant: no thread panics with it");
        let held = played.is_ok();
        match played {
            Ok(played) => {
                total.counts.add(&played.counts);
                total.operations += played.operations;
                if args.json {
                    let Played { operations, records, digest, .. } = played;
                    let line = serde_json::json!({
                        "seed": seed, "operations": operations, "records": records,
                        "digest": digest,
                    });
                    say(&line.to_string());
                } else if !args.quiet {
                    say(&told(seed, &played));
                }
            }
            Err(failed) => {
                say(&format!("seed {seed} FAILED: {}\n  replay: sim --seed {seed}", failed.why));
                total.failed.push((seed, failed.why));
            }
        }
        held
    });
    let mut total = total.into_inner().expect("invariant: no thread panics with it");
    total.failed.sort();
    for (seed, _) in total.failed.iter().take(SHRUNK_MAX) {
        say_short(*seed, bug);
    }
    let missing = total.counts.missing();
    say_all(args, &total, &missing);
    total.failed.is_empty() && missing.is_empty()
}

/// The shortest part of a seed that still fails.
fn say_short(seed: u64, bug: Option<Bug>) {
    let (steps, failed) = shrink(seed, bug);
    say(&format!("seed {seed}, made short: {} steps", steps.len()));
    failed.trace.iter().for_each(|line| say(line));
    say(&failed.why);
}

fn say_all(args: &Args, total: &Total, missing: &[Fault]) {
    let names: Vec<&str> = missing.iter().map(|fault| fault.name()).collect();
    let failed: Vec<u64> = total.failed.iter().map(|(seed, _)| *seed).collect();
    if args.json {
        let faults: serde_json::Map<String, serde_json::Value> = total
            .counts
            .each()
            .map(|(fault, count)| (fault.name().to_owned(), count.into()))
            .collect();
        let line = serde_json::json!({
            "seeds": args.seeds, "operations": total.operations, "failed": failed,
            "faults": faults, "missing": names,
        });
        return say(&line.to_string());
    }
    for (fault, count) in total.counts.each() {
        say(&format!("{count:>9}  {}", fault.name()));
    }
    if !names.is_empty() {
        say(&format!("never happened: {}", names.join(", ")));
    }
    let (operations, failed) = (total.operations, failed.len());
    say(&format!("{} seeds, {operations} operations at centres, {failed} failed", args.seeds));
}

/// Plants each bug; true if every one is caught.
fn planted(args: &Args) -> bool {
    let mut caught = 0;
    for bug in Bug::ALL {
        let found = Mutex::new(None);
        in_threads(args, Some(*bug), true, |seed, played| {
            // A seed that fails without the bug too shows nothing of it.
            if let Err(failed) = played
                && play(seed, None, false).is_ok()
            {
                let mut found = found.lock().expect("invariant: no thread panics with it");
                let why: String = failed.why.chars().take(160).collect();
                found.get_or_insert((seed, why));
                return false;
            }
            true
        });
        match found.into_inner().expect("invariant: no thread panics with it") {
            Some((seed, why)) => {
                caught += 1;
                say(&format!("{:<22} caught by seed {seed}: {why}", bug.name()));
            }
            None => say(&format!("{:<22} NOT CAUGHT in {} seeds", bug.name(), args.seeds)),
        }
    }
    say(&format!("planted bugs caught: {caught} of {}", Bug::ALL.len()));
    caught == Bug::ALL.len()
}
