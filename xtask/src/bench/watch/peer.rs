//! The peer: R's `surveillance` on the same series, installed when it isn't there.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::{FROM, METHODS, Series, judge};
use crate::bench::Figure;
use crate::{setup, sh};

/// Reads `name,count,…` lines and prints `name,method,limit,…` lines. Documented formulas are kept
/// to: the limit of C3 in 1.20 has this week's count where its documentation has C2's mean, which
/// is put back here with what C2 itself says.
const SCRIPT: &str = r#"
suppressMessages(library(surveillance))
arguments <- commandArgs(trailingOnly = TRUE)
from <- as.integer(arguments[2]) + 1
say <- function(name, method, limits)
  cat(name, method, formatC(as.numeric(limits), digits = 17, format = "g", width = 1), sep = ",", fill = FALSE)
for (line in readLines(arguments[1])) {
  parts <- strsplit(line, ",")[[1]]
  counts <- as.numeric(parts[-1])
  range <- from:length(counts)
  series <- sts(counts, start = c(1990, 1), frequency = 52)
  ears <- function(...) upperbound(earsC(series, control = list(range = range, ...)))
  say(parts[1], "c1", ears(method = "C1")); cat("\n")
  say(parts[1], "c2", ears(method = "C2")); cat("\n")
  mean_c2 <- ears(method = "C2", alpha = 0.5)
  c3 <- ears(method = "C3") - counts[range] + mean_c2
  say(parts[1], "c3", pmax(c3, 0)); cat("\n")
  if (sum(counts[seq_len(from - 1)]) > 0) {
    rossi <- algo.cusum(sts2disProg(series),
      control = list(range = range, k = 1.04, h = 2.26, m = NULL, trans = "rossi"))
    say(parts[1], "cusum", rossi$upperbound); cat("\n")
  }
  flexible <- tryCatch(suppressWarnings(farringtonFlexible(series, control = list(range = range, b = 5,
    w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin", alpha = 0.01,
    pThresholdTrend = 1, glmWarnings = FALSE))), error = function(e) NULL)
  if (!is.null(flexible)) { say(parts[1], "farrington", upperbound(flexible)); cat("\n") }
}
"#;
/// A week whose mean is below this isn't compared for Farrington: models of nearly only zeros
/// settle where rounding lets them.
const MEAN_MIN: f64 = 0.1;

/// For each method the largest difference of limits, relative to counts above one.
pub(super) fn compare(program: &Path, series: &[Series]) -> anyhow::Result<Vec<Figure>> {
    install()?;
    let folder = tempfile::tempdir()?;
    let (script, data) = (folder.path().join("limits.R"), folder.path().join("series.csv"));
    std::fs::write(&script, SCRIPT)?;
    let mut text = String::new();
    for one in series {
        let counts: Vec<String> = one.counts.iter().map(u32::to_string).collect();
        writeln!(text, "{},{}", one.name, counts.join(","))?;
    }
    std::fs::write(&data, text)?;
    let mut command = Command::new("Rscript");
    let told = sh::output(command.arg(&script).arg(&data).arg(FROM.to_string()))?;
    let mut figures = Vec::new();
    for method in METHODS {
        let ours = judge::run(program, method, series, true)?;
        let (mut compared, mut largest) = (0.0, 0.0_f64);
        for (one, ours) in series.iter().zip(&ours) {
            let Some(limits) = limits(&told, &one.name, method)? else { continue };
            for (ours, limit) in ours.iter().zip(limits) {
                let Some(ours) = ours else { continue };
                let sparse = method == "farrington" && ours.expected < MEAN_MIN;
                if sparse || !limit.is_finite() {
                    continue;
                }
                compared += 1.0;
                largest = largest.max((ours.threshold - limit).abs() / limit.abs().max(1.0));
            }
        }
        figures.extend(told_of(method, compared, largest));
    }
    Ok(figures)
}

fn told_of(method: &str, compared: f64, largest: f64) -> [Figure; 2] {
    let figure = |name: &str, value, unit| Figure {
        bench: "watch",
        // Ten names, until the program ends.
        figure: format!("surveillance_{method}_{name}").leak(),
        value,
        unit,
        ..Figure::default()
    };
    [
        figure("limits_compared", compared, ""),
        figure("largest_difference", largest * 1e9, "billionths"),
    ]
}

/// The limits that R gave for a series by a method; none if it gave none.
fn limits(told: &str, name: &str, method: &str) -> anyhow::Result<Option<Vec<f64>>> {
    let head = format!("{name},{method},");
    let Some(line) = told.lines().find_map(|line| line.strip_prefix(&head)) else {
        return Ok(None);
    };
    let number = |text: &str| match text.trim() {
        "NA" | "NaN" => Ok(f64::NAN),
        text => text.parse().with_context(|| format!("R said {text}")),
    };
    line.split(',').map(number).collect::<anyhow::Result<_>>().map(Some)
}

fn install() -> anyhow::Result<()> {
    setup::debian("Rscript", "r-base-core")?;
    let mut has = Command::new("Rscript");
    has.args(["-e", "suppressMessages(library(surveillance))"]);
    if sh::output(&mut has).is_err() {
        setup::apt_install(&["r-cran-surveillance"])?;
    }
    Ok(())
}
