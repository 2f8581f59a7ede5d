//! `genggam judge`: series of counts from a file, for benches: no node, no office, no person.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::Args;
use node::figures::watch::ask::Name;
use node::figures::watch::{Method, Point};
use serde::{Deserialize, Serialize};

use super::{Context, Done, failed};

#[derive(Debug, Args)]
pub(super) struct Judge {
    /// Series, one JSON a line: {"name": …, "counts": […], "shares": […]}; shares may be left out
    file: PathBuf,
    /// The method
    #[arg(long, value_enum)]
    method: super::watch::Method,
    /// The first period judged, from 0
    #[arg(long)]
    from: usize,
    /// The share of false alarms meant; the method's own if absent
    #[arg(long)]
    alpha: Option<f64>,
    /// As others compute it: EARS without a least spread, CUSUM over all that is before and
    /// without beginning anew after an alarm
    #[arg(long)]
    plain: bool,
}

#[derive(Debug, Deserialize)]
struct Series {
    name: String,
    counts: Vec<f64>,
    #[serde(default)]
    shares: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    name: &'a str,
    verdicts: Vec<Option<Said>>,
}

#[derive(Debug, Serialize)]
struct Said {
    expected: f64,
    threshold: f64,
    score: f64,
    alarm: bool,
}

pub(super) fn run(context: &Context, asked: &Judge) -> Done {
    let bad = |reason: &dyn std::fmt::Display| failed::said("bad_json", &[("reason", reason)]);
    let name: Name = asked.method.key().parse().map_err(|error| bad(&error))?;
    let method = name.method(domain::period::Grain::Week, asked.alpha);
    let Some(method) = method else { return Err(bad(&"scan")) };
    let method = if asked.plain { plain(method, asked.from) } else { method };
    let file = std::fs::File::open(&asked.file).map_err(failed::file(&asked.file))?;
    for line in std::io::BufReader::new(file).lines() {
        let line = line.map_err(failed::file(&asked.file))?;
        let series: Series = serde_json::from_str(&line).map_err(|error| bad(&error))?;
        let shares = series.shares.iter().copied().chain(std::iter::repeat(1.0));
        let points = series.counts.iter().zip(shares);
        let points: Vec<Point> =
            points.map(|(count, share)| Point { count: *count, share }).collect();
        let verdicts = method.judge(&points, asked.from).into_iter().map(|verdict| {
            let said = |v: node::figures::watch::Verdict| Said {
                expected: v.expected,
                threshold: v.threshold,
                score: v.score,
                alarm: v.alarm,
            };
            verdict.map(said)
        });
        let verdicts = verdicts.collect();
        context.output.json_line(&Line { name: &series.name, verdicts })?;
    }
    Ok(())
}

fn plain(method: Method, from: usize) -> Method {
    match method {
        Method::Ears(mut ears) => {
            ears.sigma_min = 0.0;
            Method::Ears(ears)
        }
        Method::Cusum(mut cusum) => {
            cusum.reset = false;
            cusum.baseline = from;
            Method::Cusum(cusum)
        }
        Method::Farrington(farrington) => Method::Farrington(farrington),
    }
}
