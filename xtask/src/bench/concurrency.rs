//! Two hundred people open a dashboard at once, over real HTTP, at a centre with a year of the
//! reports of 552 offices.

use std::path::Path;
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Figure, percentile};
use crate::load::{Client, sign_in};
use crate::server::Server;

/// People at once.
const USERS: usize = 200;
/// Days of reports of a full and a quick run.
const DAYS: (&str, &str) = ("365", "30");

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let days = if quick { DAYS.1 } else { DAYS.0 };
    let server = Server::demo(program, &folder.path().join("node"), &["--days", days])?;
    let account = server.account("pimpinan", "centre")?;
    let cookie = sign_in(&server.url, &account.name)?;
    let client = || Client::new(&server.url, &cookie, account.office, 0);
    let dashboard = dashboard(&client()?)?;
    let (figures, dashboards) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let together = Barrier::new(USERS);
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let mut running = Vec::new();
        for _ in 0..USERS {
            let (client, dashboard, together) = (client()?, &dashboard, &together);
            let (figures, dashboards) = (&figures, &dashboards);
            running.push(scope.spawn(move || -> anyhow::Result<()> {
                together.wait();
                let begin = Instant::now();
                let mut mine = Vec::with_capacity(dashboard.len());
                for query in dashboard {
                    let sent = Instant::now();
                    client.figure(query)?;
                    mine.push(ms(sent));
                }
                let whole = ms(begin);
                figures.lock().expect("invariant: no holder panics").extend(mine);
                dashboards.lock().expect("invariant: no holder panics").push(whole);
                Ok(())
            }));
        }
        for thread in running {
            thread.join().expect("invariant: a client returns its errors")?;
        }
        Ok(())
    })?;
    let sorted = |times: Mutex<Vec<f64>>| -> anyhow::Result<Vec<f64>> {
        let mut times = times.into_inner()?;
        times.sort_by(f64::total_cmp);
        Ok(times)
    };
    let (figures, dashboards) = (sorted(figures)?, sorted(dashboards)?);
    let figure = |figure, value| Figure {
        bench: "concurrency",
        figure,
        value,
        unit: "ms",
        ..Figure::default()
    };
    Ok(vec![
        figure("dashboard_p95_ms", percentile(&dashboards, 0.95)),
        figure("dashboard_median_ms", percentile(&dashboards, 0.5)),
        figure("figure_p95_ms", percentile(&figures, 0.95)),
        figure("figure_median_ms", percentile(&figures, 0.5)),
    ])
}

/// Twelve figures, as the packs' views ask them, of all years with reports.
fn dashboard(client: &Client) -> anyhow::Result<Vec<Value>> {
    let (from, to) = years(client)?;
    let figure = |measures: &[&str], rows: &[&str], columns: &[&str]| {
        json!({
            "measures": measures, "rows": rows, "columns": columns, "from": from, "to": to,
        })
    };
    let (month, province) = ("period:month", "office:province");
    let jumlah = &["kejadian.jumlah"][..];
    Ok(vec![
        figure(&["kejadian.jumlah", "kejadian.kritis", "kejadian.persen_kritis"], &[], &[]),
        figure(jumlah, &[month], &["kategori"]),
        figure(jumlah, &["jenis"], &[]),
        figure(jumlah, &["office:regency"], &[]),
        figure(jumlah, &[province], &["status"]),
        figure(jumlah, &["kategori"], &["athg"]),
        figure(&["kejadian.meninggal", "kejadian.luka", "kejadian.hilang"], &[province], &[]),
        figure(&["kejadian.mengungsi", "kejadian.rumah_rusak"], &[month], &[]),
        figure(&["lapsit.laporan", "lapsit.nihil", "lapsit.persen_nihil"], &[month], &[]),
        figure(&["lapsit.butir"], &["bidang"], &[]),
        figure(&["lapsit.butir"], &[province], &["bidang"]),
        figure(&["lapsit.laporan"], &[province], &["kondisi"]),
    ])
}

/// The first and the last day of the years that have reports.
fn years(client: &Client) -> anyhow::Result<(String, String)> {
    let figure = client.figure(&json!({
        "measures": ["kejadian.jumlah"], "rows": ["period:year"], "columns": [],
        "from": "2000-01-01", "to": "2099-12-31",
    }))?;
    let cells = figure["cells"].as_array().context("a figure has cells")?;
    let mut years = cells.iter().filter(|cell| !cell["value"].is_null());
    let mut years = || years.next().and_then(|cell| cell["row"][0].as_str());
    let first = years().context("there are no reports")?;
    let last = std::iter::from_fn(years).last().unwrap_or(first);
    Ok((format!("{first}-01-01"), format!("{last}-12-31")))
}

fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1_000.0
}
