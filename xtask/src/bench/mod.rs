//! `cargo xtask bench NAME`: figures that anyone can measure again.

mod fan_in;
mod frames;
mod freshness;
mod ingest;
mod memory;
mod newcomer;
mod peers;
mod postgres;
mod sync;
mod tree;
pub(crate) mod wan;
mod watch;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::load::{Client, sign_in};
use crate::server::Server;
use crate::setup;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Which bench.
    name: Name,
    /// Fewer reports.
    #[arg(long)]
    quick: bool,
    /// Runs whose median is told, where a run depends on which packets are lost.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// One line of JSON a figure.
    #[arg(long)]
    json: bool,
    /// Without peers, where there are any.
    #[arg(long)]
    alone: bool,
    /// Measure the development build, which is quicker to make.
    #[arg(long)]
    dev: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// Durable submissions over HTTP, beside bare SQLite and PostgreSQL.
    Ingest,
    /// From a receipt to being in a figure.
    Freshness,
    /// Resident memory of an idle node with a year of reports.
    Memory,
    /// Replication by others: PouchDB and a POST a form, on the emulated link.
    SyncPeers,
    /// A backlog over a weak link: ours, and those of others beside it.
    Sync,
    /// Bytes of an incident report within a sync frame, beside zstd alone.
    Frames,
    /// All offices return to one centre at once, each with a backlog.
    FanIn,
    /// A new regency node over a weak link, from a province that has pruned and one that hasn't.
    Newcomer,
    /// A month of the whole country over weak links, in virtual time.
    Tree,
    /// Early warning: what is found, how soon and how often in vain, beside R's surveillance.
    Watch,
}

/// One measured figure.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figure {
    bench: &'static str,
    figure: &'static str,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_value: Option<f64>,
}

/// Runs one bench and prints its figures.
pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let program = setup::build_program(!args.dev)?;
    let figures = match args.name {
        Name::Ingest => ingest::run(&program, args.quick)?,
        Name::Freshness => freshness::run(&program, args.quick)?,
        Name::Memory => memory::run(&program, args.quick)?,
        Name::Sync => sync::run(&program, args.quick, args.runs, args.alone)?,
        Name::SyncPeers => sync::peers(&program, args.quick, args.runs)?,
        Name::Frames => frames::run(&program, args.quick)?,
        Name::FanIn => fan_in::run(&program, args.quick)?,
        Name::Newcomer => newcomer::run(&program, args.quick)?,
        Name::Tree => tree::run(&program, args.quick)?,
        Name::Watch => watch::run(&program, args.quick, args.alone)?,
    };
    for figure in figures {
        if args.json {
            println!("{}", serde_json::to_string(&figure)?);
        } else {
            let peer = figure.peer.zip(figure.peer_value);
            let beside = peer.map(|(name, value)| format!("   ({name}: {value:.1})"));
            let Figure { bench, figure, value, unit, .. } = figure;
            println!("{bench}.{figure}: {value:.2} {unit}{}", beside.unwrap_or_default());
        }
    }
    Ok(())
}

/// A small demonstration node and clients that are signed in as its regency operator.
struct Bed {
    _folder: tempfile::TempDir,
    dir: PathBuf,
    server: Server,
    cookie: String,
    office: u32,
}

impl Bed {
    fn new(program: &std::path::Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let dir = folder.path().join("node");
        let server = Server::demo(program, &dir, &["--days", "1", "--offices-limit", "3"])?;
        let account = server.account("operator", "regency")?;
        let cookie = sign_in(&server.url, &account.name)?;
        let office = account.office;
        Ok(Self { _folder: folder, dir, server, cookie, office })
    }

    fn client(&self, seed: u64) -> anyhow::Result<Client> {
        Client::new(&self.server.url, &self.cookie, self.office, seed)
    }
}

/// The middle one of what several runs gave.
fn median<Run>(runs: &[Run], value: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    percentile(&values, 0.5)
}

/// The value below which this share of a sorted list lies.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of a short list"
    )]
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
