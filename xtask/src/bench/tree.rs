//! A month of the whole country in virtual time: whether anything is lost, and how late it comes.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::Value;

use super::Figure;
use super::sync::{Corpus, Kind};
use crate::sh;

/// Different forms that are filed.
const FORMS: usize = 5_000;
/// Days of a full and a quick run.
const DAYS: (u32, u32) = (30, 3);

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let days = if quick { DAYS.1 } else { DAYS.0 };
    let corpus = Corpus::make(program, Kind::Prose, FORMS)?;
    let mut command = Command::new(program.with_file_name("sim"));
    command.args(["tree", "--json", "--seed", "1", "--days", &days.to_string()]);
    command.arg("--forms").arg(corpus.file());
    command.arg("--pack").arg(sh::root().join("packs/kejadian"));
    let begin = Instant::now();
    let told: Value = serde_json::from_str(&sh::output(&mut command)?)?;
    let wall = begin.elapsed().as_secs_f64();
    let figure = |figure: &'static str, unit| {
        let value = told[figure].as_f64().with_context(|| format!("no {figure} was told"))?;
        Ok(Figure { bench: "tree", figure, value, unit, ..Figure::default() })
    };
    let told: anyhow::Result<Vec<Figure>> = [
        ("filed", ""),
        ("lost", ""),
        ("doubled", ""),
        ("staleness_median_s", "s"),
        ("staleness_p99_s", "s"),
        ("urgent_p99_s", "s"),
        ("bytes_per_op_hop", "B"),
        ("greeting_bytes_per_connect", "B"),
        ("idle_bytes_per_office_day", "B"),
    ]
    .into_iter()
    .map(|(name, unit)| figure(name, unit))
    .collect();
    let mut figures = told?;
    let wall =
        Figure { bench: "tree", figure: "wall_s", value: wall, unit: "s", ..Figure::default() };
    figures.push(wall);
    Ok(figures)
}
