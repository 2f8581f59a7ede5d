//! Eight named figures over five years of a country: from the roll-up, from rows, and with rows
//! in memory; beside them DuckDB and chDB over the same Parquet files. Answers must be equal.

mod peers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::Value;

use self::peers::{Peer, Peers};
use super::{Figure, median, percentile};
use crate::sh;

/// Rows of a full run where none are asked for, and of a quick one.
const ROWS: (u64, u64) = (100_000_000, 2_000_000);
/// Rows that are in memory beside the segments, and never more than half as many as in these.
const HOT_ROWS: u64 = 1_000_000;
/// How often each figure is asked after a first time.
const TIMES: usize = 5;

/// A number of rows such as `100M`.
pub(crate) fn rows(text: &str) -> Result<u64, String> {
    let (digits, times) = match text.strip_suffix(['M', 'm']) {
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| "write a number such as 100M".to_owned())?;
    number.checked_mul(times).filter(|rows| *rows > 0).ok_or_else(|| "no such number".to_owned())
}

/// What making the rows told.
#[derive(Debug, Deserialize)]
struct Made {
    values: u64,
    seconds: f64,
    segment_bytes: u64,
    resident_mb: f64,
}

/// One figure as somebody answered it.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    figure: String,
    ms: Vec<f64>,
    answer: Value,
}

/// What all figures took.
#[derive(Clone, Debug, Default)]
struct Round {
    by_figure: BTreeMap<String, Asked>,
    resident_mb: f64,
}

/// The data set and the program that made it.
#[derive(Debug)]
struct Place {
    program: PathBuf,
    folder: tempfile::TempDir,
}

pub(super) fn run(quick: bool, dev: bool, rows: Option<u64>) -> anyhow::Result<Vec<Figure>> {
    let rows = rows.unwrap_or(if quick { ROWS.1 } else { ROWS.0 });
    let peers = Peers::install()?;
    let place = Place { program: build(!dev)?, folder: tempdir()? };
    let made: Made = serde_json::from_str(&place.told("make", &["--rows", &rows.to_string()])?)?;
    let times = TIMES.to_string();
    let rolled_up = place.ask(&["--times", &times])?;
    let raw = place.ask(&["--times", &times, "--rows"])?;
    let hot = HOT_ROWS.min(rows / 2).to_string();
    let hot = place.ask(&["--times", &times, "--rows", "--hot", &hot])?;
    raw.same_as("the roll-up", &rolled_up)?;
    let duckdb = peers.ask(Peer::DuckDb, place.folder.path(), TIMES)?;
    raw.same_as("DuckDB", &duckdb)?;
    let chdb = peers.ask(Peer::ChDb, place.folder.path(), TIMES)?;
    raw.same_as("chDB", &chdb)?;
    Ok(figures(&made, [&rolled_up, &raw, &hot], [&duckdb, &chdb]))
}

/// A folder on the disk of the target folder: where temporary files are kept may be memory.
fn tempdir() -> anyhow::Result<tempfile::TempDir> {
    let target = sh::root().join("target");
    Ok(tempfile::Builder::new().prefix("bench-figures-").tempdir_in(target)?)
}

/// Builds the program that makes the rows and asks the figures.
fn build(release: bool) -> anyhow::Result<PathBuf> {
    let mut args = vec!["build", "--workspace", "--example", "national"];
    if release {
        args.push("--release");
    }
    sh::run(&mut sh::cargo(&args))?;
    let profile = if release { "release" } else { "debug" };
    Ok(sh::root().join("target").join(profile).join("examples/national"))
}

impl Place {
    fn told(&self, what: &str, args: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(&self.program);
        sh::output(command.arg(what).arg(self.folder.path()).args(args))
    }

    fn ask(&self, args: &[&str]) -> anyhow::Result<Round> {
        let text = self.told("ask", args)?;
        let (figures, last) = text.trim_end().rsplit_once('\n').context("nothing was answered")?;
        let last: Value = serde_json::from_str(last)?;
        let mut round = Round::read(figures)?;
        round.resident_mb = last["resident_mb"].as_f64().context("no memory was told")?;
        Ok(round)
    }
}

impl Round {
    /// One JSON a line.
    fn read(text: &str) -> anyhow::Result<Self> {
        let mut round = Self::default();
        for line in text.lines() {
            let asked: Asked = serde_json::from_str(line).context(line.to_owned())?;
            round.by_figure.insert(asked.figure.clone(), asked);
        }
        Ok(round)
    }

    /// The median of each figure, by name.
    fn medians(&self) -> impl Iterator<Item = (&str, f64)> {
        self.by_figure.iter().map(|(name, asked)| (name.as_str(), median(&asked.ms, |ms| *ms)))
    }

    fn total(&self) -> f64 {
        self.medians().map(|(_, ms)| ms).sum()
    }

    fn of(&self, name: &str) -> f64 {
        self.medians().find(|(figure, _)| *figure == name).map_or(f64::NAN, |(_, ms)| ms)
    }

    fn same_as(&self, who: &str, other: &Self) -> anyhow::Result<()> {
        for (name, ours) in &self.by_figure {
            let theirs = other.by_figure.get(name).with_context(|| format!("{who}: no {name}"))?;
            let lines = |asked: &Asked| asked.answer.as_array().map_or(0, Vec::len);
            ensure!(lines(ours) > 0, "{name} is empty");
            ensure!(
                ours.answer == theirs.answer,
                "{name}: rows answer {} lines, {who} answers {} that differ",
                lines(ours),
                lines(theirs)
            );
        }
        Ok(())
    }
}

fn figures(
    made: &Made,
    [rolled_up, raw, hot]: [&Round; 3],
    [duckdb, chdb]: [&Round; 2],
) -> Vec<Figure> {
    let figure = |name: &str, value: f64, unit| Figure {
        bench: "figures",
        // A few dozen names, until the program ends.
        figure: name.to_owned().leak(),
        value,
        unit,
        ..Figure::default()
    };
    let beside = |figure: Figure, (peer, value): (&'static str, f64)| Figure {
        peer: Some(peer),
        peer_value: Some(value),
        ..figure
    };
    let best = |ours: f64, duckdb: f64, chdb: f64| {
        let best = if duckdb <= chdb { ("DuckDB", duckdb) } else { ("chDB", chdb) };
        (ours / best.1, best)
    };
    let mut times: Vec<f64> =
        rolled_up.by_figure.values().flat_map(|asked| asked.ms.iter().copied()).collect();
    times.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (values, bytes) = (made.values as f64, made.segment_bytes as f64);
    let (ratio, best_total) = best(raw.total(), duckdb.total(), chdb.total());
    let resident = [rolled_up, raw, hot].map(|round| round.resident_mb);
    let resident = resident.into_iter().fold(made.resident_mb, f64::max);
    let mut all = vec![
        figure("values", values, ""),
        figure("ingest_values_per_second", values / made.seconds, "1/s"),
        figure("bytes_per_value", bytes / values, "B"),
        figure("resident_mb", resident, "MB"),
        figure("rollup_median_ms", percentile(&times, 0.5), "ms"),
        figure("rollup_p95_ms", percentile(&times, 0.95), "ms"),
        beside(figure("raw_total_ms", raw.total(), "ms"), best_total),
        figure("raw_total_ratio_to_best_peer", ratio, ""),
        figure("hot_rows_ratio", hot.total() / raw.total(), ""),
    ];
    for (name, ms) in raw.medians() {
        let (ratio, best) = best(ms, duckdb.of(name), chdb.of(name));
        all.push(figure(&format!("{name}_rollup_ms"), rolled_up.of(name), "ms"));
        all.push(beside(figure(&format!("{name}_raw_ms"), ms, "ms"), best));
        all.push(figure(&format!("{name}_raw_ratio"), ratio, ""));
    }
    all
}

/// Where scripts and lists of this bench stand.
fn source() -> PathBuf {
    sh::root().join(Path::new("xtask/src/bench/figures"))
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn rows_are_told_in_millions() {
        assert_eq!(rows("100M"), Ok(100_000_000));
        assert_eq!(rows("2000"), Ok(2_000));
        assert!(rows("0").is_err() && rows("M").is_err());
    }
}
