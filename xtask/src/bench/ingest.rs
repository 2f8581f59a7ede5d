//! Acknowledged, durable submissions over HTTP, 64 connections, the whole walk; beside it bare
//! SQLite with group commit of the same bytes, and PostgreSQL with one `INSERT` a request.

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use rusqlite::Connection;

use super::{Bed, Figure, percentile, postgres};

/// Connections at once.
pub(super) const CONNECTIONS: usize = 64;
/// Reports of a full and a quick run.
const REPORTS: (usize, usize) = (40_000, 6_400);
/// Rows that share one commit in bare SQLite: as many as connections can wait at once.
const GROUP_ROWS: usize = CONNECTIONS;

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let reports = if quick { REPORTS.1 } else { REPORTS.0 };
    let bed = Bed::new(program)?;
    let per_connection = reports / CONNECTIONS;
    let forms = prepared(&bed, per_connection)?;
    let (rate, latencies) = measure(&bed, &forms)?;
    let bytes: Vec<Vec<u8>> =
        forms.iter().flatten().map(serde_json::to_vec).collect::<Result<_, _>>()?;
    let bare = bare_sqlite(&bed.dir, &bytes, GROUP_ROWS)?;
    let postgres = postgres::inserts_per_second(&bytes)?;
    let figure =
        |figure, value, unit| Figure { bench: "ingest", figure, value, unit, ..Figure::default() };
    Ok(vec![
        Figure {
            peer: Some("PostgreSQL, one INSERT a request"),
            peer_value: Some(postgres),
            ..figure("submissions_per_second", rate, "1/s")
        },
        figure("p99_ms", percentile(&latencies, 0.99), "ms"),
        figure("median_ms", percentile(&latencies, 0.5), "ms"),
        Figure {
            peer: Some("bare SQLite, rows a second"),
            peer_value: Some(bare),
            ..figure("ratio_to_bare_sqlite", rate / bare, "")
        },
        figure("ratio_to_postgresql", rate / postgres, ""),
    ])
}

fn prepared(bed: &Bed, each: usize) -> anyhow::Result<Vec<Vec<serde_json::Value>>> {
    let mut forms = Vec::new();
    for connection in 0..CONNECTIONS {
        let mut client = bed.client(u64::try_from(connection)?)?;
        forms.push((0..each).map(|_| client.form()).collect());
    }
    Ok(forms)
}

fn measure(bed: &Bed, forms: &[Vec<serde_json::Value>]) -> anyhow::Result<(f64, Vec<f64>)> {
    let latencies = Mutex::new(Vec::new());
    let begin = Instant::now();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let mut running = Vec::new();
        for forms in forms {
            let (client, latencies) = (bed.client(0)?, &latencies);
            running.push(scope.spawn(move || -> anyhow::Result<()> {
                let mut mine = Vec::with_capacity(forms.len());
                for form in forms {
                    let sent = Instant::now();
                    client.file(form)?;
                    mine.push(sent.elapsed().as_secs_f64() * 1_000.0);
                }
                latencies.lock().expect("invariant: no holder panics").extend(mine);
                Ok(())
            }));
        }
        for thread in running {
            thread.join().expect("invariant: a client returns its errors")?;
        }
        Ok(())
    })?;
    let seconds = begin.elapsed().as_secs_f64();
    let mut latencies = latencies.into_inner()?;
    latencies.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a count of reports")]
    let rate = latencies.len() as f64 / seconds;
    Ok((rate, latencies))
}

/// Rows a second of bare SQLite with so many rows a commit.
pub(super) fn bare_sqlite(
    beside: &Path,
    rows: &[Vec<u8>],
    group_rows: usize,
) -> anyhow::Result<f64> {
    let mut database = Connection::open(beside.join("bare.sqlite"))?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         CREATE TABLE report (pos INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    )?;
    let begin = Instant::now();
    for group in rows.chunks(group_rows) {
        let transaction = database.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO report (body) VALUES (?)")?;
            for row in group {
                insert.execute([row])?;
            }
        }
        transaction.commit()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of reports")]
    let rate = rows.len() as f64 / begin.elapsed().as_secs_f64();
    Ok(rate)
}
