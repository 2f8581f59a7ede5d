//! The Monday after a weekend without links: all provinces and regencies return to the centre at
//! once, each with a backlog, over real TLS connections to a real `serve`.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;

use super::Figure;
use super::ingest::bare_sqlite;
use super::sync::{Corpus, Kind};
use crate::server::{PASSWORD, Server};
use crate::sh;

/// Reports of each office, of a full and a quick run.
const REPORTS: (usize, usize) = (100, 10);
/// Different forms that the backlogs are filled from.
const FORMS: usize = 1_000;
/// Operations that share one commit at the centre, at most: bare SQLite is given the same.
const GROUP_ROWS: usize = 2_048;
/// Who acts at the centre.
const ADMIN: &str = "pusat";
/// Kesbangpol at the ministry.
const CENTRE: &str = "Pusat";

#[derive(Debug, Deserialize)]
struct Brought {
    ops: usize,
    seconds: f64,
    op_bytes: usize,
    redials: u32,
}

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let reports = if quick { REPORTS.1 } else { REPORTS.0 };
    let simulator = program.with_file_name("sim");
    let corpus = Corpus::make(program, Kind::Prose, FORMS)?;
    let folder = tempfile::tempdir()?;
    let (dir, joined) = (folder.path().join("centre"), folder.path().join("joined"));
    found(program, &simulator, folder.path(), &dir, &joined)?;
    let server = Server::serve_with(program, &dir, &["--tls-own"])?;
    let before = peak_mb(server.pid())?;
    let centre = server.url.trim_start_matches("https://");
    let mut command = Command::new(&simulator);
    command.args(["fan-in", "run", "--centre", centre, "--reports", &reports.to_string()]);
    command.arg("--joined").arg(&joined).arg("--forms").arg(corpus.file());
    command.arg("--pack").arg(sh::root().join("packs/kejadian"));
    let brought: Brought = serde_json::from_str(&sh::output(&mut command)?)?;
    let resident = peak_mb(server.pid())?;
    server.kill()?;
    let row = vec![b'r'; brought.op_bytes / brought.ops.max(1)];
    let bare = bare_sqlite(folder.path(), &vec![row; brought.ops], GROUP_ROWS)?;
    #[expect(clippy::cast_precision_loss, reason = "a count of reports")]
    let rate = brought.ops as f64 / brought.seconds;
    let figure =
        |figure, value, unit| Figure { bench: "fan-in", figure, value, unit, ..Figure::default() };
    Ok(vec![
        figure("ops_per_second", rate, "1/s"),
        figure("seconds", brought.seconds, "s"),
        figure("redials", f64::from(brought.redials), ""),
        figure("resident_mb", resident, "MB"),
        figure("resident_before_mb", before, "MB"),
        Figure {
            peer: Some("bare SQLite, rows a second"),
            peer_value: Some(bare),
            ..figure("ratio_to_bare_sqlite", rate / bare, "")
        },
    ])
}

/// Makes the centre, with the pack, and certifies every office.
fn found(
    program: &Path,
    simulator: &Path,
    folder: &Path,
    dir: &Path,
    joined: &Path,
) -> anyhow::Result<()> {
    let (requests, password) = (folder.join("requests"), folder.join("password"));
    std::fs::write(&password, PASSWORD)?;
    let genggam = |args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).arg("--quiet").arg("--dir").arg(dir);
        command
    };
    let mut init = genggam(&["init", "--office", CENTRE, "--admin", ADMIN]);
    sh::output(init.arg("--password-file").arg(&password))?;
    let mut publish = genggam(&["pack", "publish", "--as", ADMIN]);
    sh::output(publish.arg(sh::root().join("packs/kejadian")))?;
    sh::output(Command::new(simulator).args(["fan-in", "requests"]).arg(&requests))?;
    let url = "https://127.0.0.1:8443";
    let mut enrol = genggam(&["node", "enrol", "--as", ADMIN, "--url", url]);
    sh::output(enrol.arg(&requests).arg(joined))?;
    Ok(())
}

/// The most memory that a process ever held.
fn peak_mb(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1_024.0 / 1e6)
}
