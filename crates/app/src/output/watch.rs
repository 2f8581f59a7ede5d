//! What stands out, on the terminal.

use std::io;

use super::Output;
use super::figure::number;
use crate::http::wire::{Watch, WatchCluster, WatchPoint, WatchSignal};

/// Prints it with what was judged, how it was corrected, and the definition.
pub(crate) fn print(output: &Output, watch: &Watch) -> io::Result<()> {
    output.line(&watch.measure.label)?;
    if watch.method == "scan" {
        clusters(output, &watch.clusters)?;
    } else {
        signals(output, &watch.signals)?;
    }
    output.say(
        "cli.watch.judged",
        &[
            ("judged", &watch.judged),
            ("unjudged", &watch.unjudged),
            ("hidden", &watch.hidden),
            ("from", &watch.periods.first().map_or("", String::as_str)),
            ("to", &watch.periods.last().map_or("", String::as_str)),
        ],
    )?;
    output.line(output.text(&format!("cli.watch.{}", watch.correction)))?;
    output.line(format!("{} — {}", watch.measure.definition, watch.measure.source))
}

fn signals(output: &Output, signals: &[WatchSignal]) -> io::Result<()> {
    if signals.is_empty() {
        return output.line(output.text("cli.watch.nothing"));
    }
    let heads = ["office", "period", "observed", "expected", "threshold", "received"];
    let heads = heads.map(|head| output.text(&format!("cli.watch.head.{head}")));
    let mut rows = Vec::new();
    for signal in signals {
        for point in signal.points.iter().filter(|point| point.alarm) {
            rows.push(row(output, &signal.label, point));
        }
    }
    output.table(&heads.each_ref().map(String::as_str), &rows)
}

fn row(output: &Output, label: &str, point: &WatchPoint) -> Vec<String> {
    let tenths = |value: f64| number(output.lang, &format!("{value:.1}"));
    let or_none = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), tenths);
    vec![
        label.to_owned(),
        point.period.clone(),
        number(output.lang, &point.observed.to_string()),
        or_none(point.expected),
        or_none(point.threshold),
        format!("{:.0} %", point.share * 100.0),
    ]
}

fn clusters(output: &Output, clusters: &[WatchCluster]) -> io::Result<()> {
    if clusters.is_empty() {
        return output.line(output.text("cli.watch.nothing"));
    }
    let heads = ["offices", "since", "observed", "expected", "p"];
    let heads = heads.map(|head| output.text(&format!("cli.watch.head.{head}")));
    let rows = clusters.iter().map(|cluster| {
        let names: Vec<&str> = cluster.offices.iter().map(|o| o.label.as_str()).collect();
        vec![
            names.join(", "),
            cluster.since.clone(),
            number(output.lang, &cluster.observed.to_string()),
            number(output.lang, &format!("{:.1}", cluster.expected)),
            number(output.lang, &format!("{:.3}", cluster.p)),
        ]
    });
    output.table(&heads.each_ref().map(String::as_str), &rows.collect::<Vec<_>>())
}
