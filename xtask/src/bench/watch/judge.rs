//! Our own program on series from a file.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use super::{FROM, Series};
use crate::sh;

/// What the program says about one week.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Judgement {
    pub(super) expected: f64,
    pub(super) threshold: f64,
    pub(super) alarm: bool,
}

#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    verdicts: Vec<Option<Judgement>>,
}

/// The judgements of each series, from the first judged week on.
pub(super) fn run(
    program: &Path,
    method: &str,
    series: &[Series],
    plain: bool,
) -> anyhow::Result<Vec<Vec<Option<Judgement>>>> {
    let mut file = tempfile::NamedTempFile::new()?;
    for one in series {
        writeln!(file, "{}", json!({ "name": one.name, "counts": one.counts }))?;
    }
    let mut command = Command::new(program);
    command.args(["judge", "--method", method, "--from", &FROM.to_string()]);
    if plain {
        command.arg("--plain");
    }
    let told = sh::output(command.arg(file.path()))?;
    let mut judged = Vec::new();
    for (line, one) in told.lines().zip(series) {
        let line: Line = serde_json::from_str(line).context("a line of `genggam judge`")?;
        anyhow::ensure!(line.name == one.name, "{} came in place of {}", line.name, one.name);
        judged.push(line.verdicts);
    }
    anyhow::ensure!(judged.len() == series.len(), "not all series were judged");
    Ok(judged)
}
