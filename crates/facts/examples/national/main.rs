//! A skewed national data set for `cargo xtask bench figures`: it is made here, through the write
//! path of the facts, and eight named figures are asked of it.

#![expect(clippy::print_stdout, reason = "it tells what it measured")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

mod data;
mod figures;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use facts::{FLUSH_ROWS, FactRow, Facts};
use serde_json::json;

use data::{Corpus, Country};
use figures::{Asker, Source};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows handed over at once: about as many as the projector derives at once.
const APPEND_ROWS: usize = 8 * 1024;

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make so many rows, and `offices.csv` beside them.
    Make {
        /// The folder of the facts.
        dir: PathBuf,
        /// How many rows.
        #[arg(long)]
        rows: u64,
        /// Chooses what they say.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Ask the figures, each so many times, and print times and answers.
    Ask {
        /// The folder of the facts.
        dir: PathBuf,
        /// From rows, though the roll-up could answer.
        #[arg(long)]
        rows: bool,
        /// How many times after a first.
        #[arg(long, default_value_t = 5)]
        times: usize,
        /// Rows that are added first and stay in memory.
        #[arg(long, default_value_t = 0)]
        hot: u64,
    },
}

fn main() -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    match Args::parse().command {
        Command::Make { dir, rows, seed } => runtime.block_on(make(&dir, rows, seed)),
        Command::Ask { dir, rows, times, hot } => {
            let source = if rows { Source::Rows } else { Source::Any };
            runtime.block_on(ask(&dir, source, times, hot))
        }
    }
}

async fn make(dir: &Path, rows: u64, seed: u64) -> Done {
    let country = Country::new();
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("offices.csv"), country.csv())?;
    let facts = Facts::open(dir).await?;
    let mut taken = Duration::ZERO;
    let mut chunk: Vec<FactRow> = Vec::with_capacity(APPEND_ROWS);
    let mut corpus = Corpus::new(&country, rows, seed, 0);
    let mut made = 0;
    loop {
        chunk.clear();
        while chunk.len() < APPEND_ROWS && corpus.operation(&mut chunk) {}
        let Some(last) = chunk.last() else { break };
        made += chunk.len();
        let begin = Instant::now();
        if facts.append(&chunk, last.pos)? >= FLUSH_ROWS {
            facts.flush().await?;
        }
        taken += begin.elapsed();
    }
    let begin = Instant::now();
    facts.settle().await?;
    taken += begin.elapsed();
    let stats = facts.stats();
    let told = json!({
        "values": made, "seconds": taken.as_secs_f64(), "segments": stats.segments,
        "segment_bytes": stats.segment_bytes, "rollup_cells": stats.rollup_cells,
        "resident_mb": resident_mb()?,
    });
    println!("{told}");
    Ok(())
}

async fn ask(dir: &Path, source: Source, times: usize, hot: u64) -> Done {
    let country = Country::new();
    let begin = Instant::now();
    let facts = Facts::open(dir).await?;
    let open_ms = ms(begin);
    append_hot(&facts, &country, hot)?;
    let asker = Asker::new(&country, &facts);
    for name in figures::NAMES {
        let mut taken = Vec::with_capacity(times);
        let answer = asker.ask(name, source).await?;
        for _ in 0..times {
            let begin = Instant::now();
            let again = asker.ask(name, source).await?;
            taken.push(ms(begin));
            assert_eq!(again, answer, "{name} answers differently");
        }
        println!("{}", json!({ "figure": name, "ms": taken, "answer": answer }));
    }
    println!("{}", json!({ "open_ms": open_ms, "resident_mb": resident_mb()? }));
    Ok(())
}

/// Rows of the last weeks, which stay in memory.
fn append_hot(facts: &Facts, country: &Country, hot: u64) -> Done {
    let mut corpus = Corpus::new(country, hot, 2, facts.position());
    let mut chunk = Vec::with_capacity(APPEND_ROWS);
    loop {
        chunk.clear();
        while chunk.len() < APPEND_ROWS && corpus.operation(&mut chunk) {}
        let Some(last) = chunk.last() else { return Ok(()) };
        facts.append(&chunk, last.pos)?;
    }
}

fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1_000.0
}

/// The most memory that this process had.
fn resident_mb() -> Done<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? * 1_024.0 / 1e6)
}
