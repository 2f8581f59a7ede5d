//! Resident memory of `serve`, idle, with a year of the reports of 552 offices.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::Figure;
use crate::server::Server;

/// How long the node is left alone before it is measured.
const IDLE: Duration = Duration::from_secs(30);

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("node");
    let days = if quick { "30" } else { "365" };
    let demo = Server::demo(program, &dir, &["--days", days])?;
    let after_demo = resident_mb(demo.pid())?;
    demo.kill()?;
    let server = Server::serve(program, &dir)?;
    std::thread::sleep(IDLE);
    let figure =
        |figure, value| Figure { bench: "memory", figure, value, unit: "MB", ..Figure::default() };
    Ok(vec![
        figure("idle_resident_mb", resident_mb(server.pid())?),
        figure("resident_after_generating_mb", after_demo),
    ])
}

fn resident_mb(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1_024.0 / 1e6)
}
