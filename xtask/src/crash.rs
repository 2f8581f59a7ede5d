//! Kills a node at random instants while it takes reports. Every report that it acknowledged must
//! be there afterwards, and its log and database must be whole.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::load::{Client, sign_in};
use crate::server::Server;
use crate::{setup, sh};

/// Connections that file reports at once.
const CONNECTIONS: u32 = 16;

/// Arguments of `crash`.
#[derive(Debug, Args)]
pub(crate) struct CrashArgs {
    /// How often to kill.
    #[arg(long, default_value_t = 25)]
    rounds: u32,
    /// Chooses the instants.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl CrashArgs {
    /// As many rounds as `check` can afford.
    pub(crate) fn in_check() -> Self {
        Self { rounds: 25, seed: 1 }
    }
}

/// Builds the program and runs the rounds.
pub(crate) fn run(args: &CrashArgs) -> anyhow::Result<()> {
    rounds(&setup::build_program(false)?, args)
}

/// Runs the rounds in a temporary folder.
pub(crate) fn rounds(program: &Path, args: &CrashArgs) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("node");
    let journal = folder.path().join("acknowledged");
    let first = Server::demo(program, &dir, &["--days", "1", "--offices-limit", "3"])?;
    let account = first.account("operator", "regency")?.clone();
    first.kill()?;
    let mut random = StdRng::seed_from_u64(args.seed);
    let bar = ProgressBar::new(u64::from(args.rounds));
    let mut acknowledged = 0;
    for round in 0..args.rounds {
        let server = Server::serve(program, &dir)?;
        let cookie = sign_in(&server.url, &account.name)?;
        let until = Duration::from_millis(random.random_range(50..1_500));
        let seed = args.seed << 32 | u64::from(round) << 8;
        acknowledged += file_until_killed(server, &cookie, account.office, seed, until, &journal)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let missing = missing(program, &dir, &account.name, &journal)?;
    let mut verify = std::process::Command::new(program);
    sh::run(verify.args(["audit", "verify", "--dir"]).arg(&dir))?;
    println!("crash: rounds {}, acknowledged {acknowledged}, missing {missing}", args.rounds);
    anyhow::ensure!(acknowledged > 0, "no report was acknowledged: nothing was tested");
    anyhow::ensure!(missing == 0, "{missing} acknowledged reports are missing");
    Ok(())
}

fn file_until_killed(
    server: Server,
    cookie: &str,
    office: u32,
    seed: u64,
    until: Duration,
    journal: &Path,
) -> anyhow::Result<u64> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(journal)?;
    let (file, count) = (Mutex::new(file), std::sync::atomic::AtomicU64::new(0));
    let url = server.url.clone();
    let begin = Instant::now();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        for connection in 0..CONNECTIONS {
            let mut client = Client::new(&url, cookie, office, seed + u64::from(connection))?;
            let (file, count) = (&file, &count);
            scope.spawn(move || {
                // Ends with the first error: the server is gone.
                while begin.elapsed() < until + Duration::from_secs(5) {
                    let form = client.form();
                    let Ok(receipt) = client.file(&form) else { break };
                    let mut file = file.lock().expect("invariant: no writer panics");
                    writeln!(file, "{}", receipt.record).expect("the journal is written");
                    count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(until);
        server.kill()
    })?;
    Ok(count.into_inner())
}

fn missing(program: &Path, dir: &Path, name: &str, journal: &Path) -> anyhow::Result<u64> {
    let server = Server::serve(program, dir)?;
    let client = Client::new(&server.url, &sign_in(&server.url, name)?, 0, 0)?;
    let journal = std::fs::read_to_string(journal).context("no journal")?;
    let mut missing = 0;
    for record in journal.lines() {
        missing += u64::from(!client.has(record)?);
    }
    Ok(missing)
}
