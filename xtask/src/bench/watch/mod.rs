//! Early warning: how much is found, how soon, and how often in vain, on simulated outbreaks and
//! on the real conflict series; and whether R's `surveillance` gives the same limits.
//!
//! The rules are in `docs/formats/watch.md`.

mod conflict;
mod judge;
mod peer;
mod simulated;

use std::path::Path;

use super::Figure;
use judge::Judgement;

/// The methods that judge one office at a time.
const METHODS: [&str; 5] = ["c1", "c2", "c3", "cusum", "farrington"];
/// The first week judged: Farrington's five years and three weeks, and a little.
const FROM: usize = 268;
/// A province with fewer events in fourteen years isn't compared: nothing is computed of it.
const COMPARED_EVENTS_MIN: u32 = 10;
/// The seed of all that is simulated.
const SEED: u64 = 1;

/// Weekly counts of one office, and when something happened.
#[derive(Clone, Debug)]
struct Series {
    name: String,
    counts: Vec<u32>,
    /// First and last week of each outbreak.
    outbreaks: Vec<(usize, usize)>,
    /// Weeks in which an alarm is in vain.
    quiet: Vec<bool>,
}

pub(super) fn run(program: &Path, quick: bool, alone: bool) -> anyhow::Result<Vec<Figure>> {
    let simulated = simulated::series(if quick { 40 } else { 400 }, SEED);
    let conflict = conflict::series()?;
    let mut figures = Vec::new();
    for (kind, series) in [("simulated", &simulated), ("conflict", &conflict)] {
        for method in METHODS {
            let judged = judge::run(program, method, series, false)?;
            figures.extend(told(&format!("{kind}_{method}"), &score(series, &judged)));
        }
    }
    if !alone {
        let few = simulated.iter().take(if quick { 4 } else { 12 });
        let enough = |series: &&Series| series.counts.iter().sum::<u32>() >= COMPARED_EVENTS_MIN;
        let compared: Vec<Series> = few.chain(conflict.iter().filter(enough)).cloned().collect();
        figures.extend(peer::compare(program, &compared)?);
    }
    Ok(figures)
}

/// What a method is worth on some series.
#[derive(Debug, Default)]
struct Score {
    outbreaks: f64,
    found: f64,
    /// Weeks until each that was found.
    delays: Vec<f64>,
    in_vain: f64,
    quiet_weeks: f64,
}

fn score(series: &[Series], judged: &[Vec<Option<Judgement>>]) -> Score {
    let mut score = Score::default();
    for (series, judged) in series.iter().zip(judged) {
        let alarm = |week: usize| {
            let judgement = week.checked_sub(FROM).and_then(|at| judged.get(at)?.as_ref());
            judgement.is_some_and(|judgement| judgement.alarm)
        };
        for (first, last) in &series.outbreaks {
            score.outbreaks += 1.0;
            if let Some(week) = (*first..=*last).find(|week| alarm(*week)) {
                score.found += 1.0;
                score.delays.push((week - first) as f64);
            }
        }
        for week in (FROM..series.counts.len()).filter(|week| series.quiet[*week]) {
            score.quiet_weeks += 1.0;
            score.in_vain += f64::from(u8::from(alarm(week)));
        }
    }
    score.delays.sort_by(f64::total_cmp);
    score
}

fn told(what: &str, score: &Score) -> [Figure; 4] {
    let figure = |name: &str, value, unit| Figure {
        bench: "watch",
        // A few dozen names, until the program ends.
        figure: format!("{what}_{name}").leak(),
        value,
        unit,
        ..Figure::default()
    };
    [
        figure("outbreaks", score.outbreaks, ""),
        figure("sensitivity", 100.0 * score.found / score.outbreaks, "%"),
        figure("false_alarms_per_office_year", 52.0 * score.in_vain / score.quiet_weeks, ""),
        figure("median_delay", super::percentile(&score.delays, 0.5), "weeks"),
    ]
}
