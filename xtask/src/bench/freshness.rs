//! From a receipt to being in a figure, at 500 submissions a second.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Bed, Figure, percentile};

/// Submissions a second.
const RATE_PER_SECOND: u32 = 500;
/// Clients that share the rate.
const CLIENTS: u32 = 20;
/// Seconds of a full and a quick run.
const SECONDS: (u32, u32) = (30, 6);

/// A moment at which all of the log up to a place was in, or acknowledged.
type Mark = (u64, Instant);

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let seconds = if quick { SECONDS.1 } else { SECONDS.0 };
    let bed = Bed::new(program)?;
    let client = bed.client(u64::MAX)?;
    let before = count(&client)?;
    let facts = std::sync::Arc::new(Mutex::new(Vec::new()));
    listen(&bed, std::sync::Arc::clone(&facts))?;
    let receipts = submit(&bed, seconds)?;
    let last = receipts.iter().map(|(pos, _)| *pos).max().unwrap_or(0);
    let begin = Instant::now();
    while facts.lock().expect("invariant").last().is_none_or(|(pos, _): &Mark| *pos < last) {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(60), "the figures never caught up");
        std::thread::sleep(Duration::from_millis(20));
    }
    let gained = count(&client)? - before;
    let filed = i64::try_from(receipts.len())?;
    anyhow::ensure!(
        gained == filed,
        "{filed} reports were acknowledged, the figure gained {gained}"
    );
    let delays = delays(&receipts, &facts.lock().expect("invariant: the listener does not panic"));
    let figure = |figure, value| Figure {
        bench: "freshness",
        figure,
        value,
        unit: "ms",
        ..Figure::default()
    };
    let achieved = f64::from(u32::try_from(receipts.len())?) / f64::from(seconds);
    Ok(vec![
        figure("p99_ms", percentile(&delays, 0.99)),
        figure("median_ms", percentile(&delays, 0.5)),
        Figure { unit: "1/s", ..figure("submissions_per_second", achieved) },
    ])
}

fn count(client: &crate::load::Client) -> anyhow::Result<i64> {
    let answer = client.figure(&json!({
        "measures": ["kejadian.jumlah"], "rows": [], "columns": [],
        "from": "1990-01-01", "to": "2099-12-31", "boundaries": "now",
    }))?;
    let value = answer["cells"][0]["value"].as_str().unwrap_or("0");
    Ok(value.parse()?)
}

/// Notes, in the background, up to where the figures are whenever the node says so.
fn listen(bed: &Bed, facts: std::sync::Arc<Mutex<Vec<Mark>>>) -> anyhow::Result<()> {
    let answer =
        ureq::get(format!("{}/api/events", bed.server.url)).header("cookie", &bed.cookie).call()?;
    std::thread::spawn(move || {
        let mut is_facts = false;
        for line in BufReader::new(answer.into_body().into_reader()).lines() {
            let Ok(line) = line else { break };
            if let Some(event) = line.strip_prefix("event:") {
                is_facts = event.trim() == "facts";
            } else if let Some(data) = line.strip_prefix("data:").filter(|_| is_facts) {
                let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
                let mark = (data["pos"].as_u64().unwrap_or(0), Instant::now());
                facts.lock().expect("invariant: no holder panics").push(mark);
            }
        }
    });
    Ok(())
}

fn submit(bed: &Bed, seconds: u32) -> anyhow::Result<Vec<Mark>> {
    let receipts = Mutex::new(Vec::new());
    let begin = Instant::now();
    let pause = Duration::from_secs(1) * CLIENTS / RATE_PER_SECOND;
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let mut running = Vec::new();
        for number in 0..CLIENTS {
            let (mut client, receipts) = (bed.client(u64::from(number))?, &receipts);
            running.push(scope.spawn(move || -> anyhow::Result<()> {
                for turn in 0..seconds * RATE_PER_SECOND / CLIENTS {
                    let due = pause * turn + pause * number / CLIENTS;
                    std::thread::sleep(due.saturating_sub(begin.elapsed()));
                    let form = client.form();
                    let receipt = client.file(&form)?;
                    let mark = (receipt.pos, Instant::now());
                    receipts.lock().expect("invariant: no holder panics").push(mark);
                }
                Ok(())
            }));
        }
        for thread in running {
            thread.join().expect("invariant: a client returns its errors")?;
        }
        Ok(())
    })?;
    Ok(receipts.into_inner()?)
}

/// Milliseconds from each receipt to the first mark that covers it, sorted.
fn delays(receipts: &[Mark], facts: &[Mark]) -> Vec<f64> {
    let mut delays: Vec<f64> = receipts
        .iter()
        .filter_map(|(pos, received)| {
            let covered = facts.iter().find(|(up_to, _)| up_to >= pos)?;
            Some(covered.1.saturating_duration_since(*received).as_secs_f64() * 1_000.0)
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    delays
}
