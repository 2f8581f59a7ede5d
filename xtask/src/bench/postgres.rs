//! The peer: PostgreSQL on the same machine, with its durability as it comes.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use postgres::{Client, NoTls};

use super::ingest::CONNECTIONS;
use crate::{setup, sh};

/// A cluster in a temporary folder, stopped when dropped.
struct Cluster {
    folder: tempfile::TempDir,
    bin: PathBuf,
}

/// Inserts of these bytes a second, each durable by itself, over [`CONNECTIONS`] connections.
pub(super) fn inserts_per_second(rows: &[Vec<u8>]) -> anyhow::Result<f64> {
    let cluster = Cluster::start()?;
    cluster
        .connect()?
        .batch_execute("CREATE TABLE report (id bigserial PRIMARY KEY, body jsonb NOT NULL)")?;
    let texts: Vec<&str> =
        rows.iter().map(|row| std::str::from_utf8(row)).collect::<Result<_, _>>()?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(cluster.connect()?);
    }
    let each = texts.len().div_ceil(CONNECTIONS);
    let begin = Instant::now();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let mut running = Vec::new();
        for (mut client, texts) in clients.into_iter().zip(texts.chunks(each)) {
            running.push(scope.spawn(move || -> anyhow::Result<()> {
                let insert =
                    client.prepare("INSERT INTO report (body) VALUES ($1::text::jsonb)")?;
                for text in texts {
                    client.execute(&insert, &[text])?;
                }
                Ok(())
            }));
        }
        for thread in running {
            thread.join().expect("invariant: a client returns its errors")?;
        }
        Ok(())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let rate = rows.len() as f64 / begin.elapsed().as_secs_f64();
    Ok(rate)
}

impl Cluster {
    fn start() -> anyhow::Result<Self> {
        setup::debian("postgres", "postgresql")?;
        let bin = newest_bin()?;
        let cluster = Self { folder: tempfile::tempdir()?, bin };
        let data = cluster.folder.path().join("data");
        std::fs::create_dir(&data)?;
        if setup::is_root()? {
            sh::run(Command::new("chown").args(["-R", "postgres"]).arg(cluster.folder.path()))?;
        }
        sh::output(&mut cluster.tool("initdb", &["--auth=trust", "--username=postgres"])?)?;
        let socket = cluster.folder.path().display().to_string();
        let options = format!("-c listen_addresses= -c unix_socket_directories={socket}");
        sh::output(&mut cluster.tool(
            "pg_ctl",
            &["--wait", "--log", &format!("{socket}/log"), "--options", &options, "start"],
        )?)?;
        Ok(cluster)
    }

    /// One of PostgreSQL's tools on this cluster; it refuses to run as root.
    fn tool(&self, name: &str, args: &[&str]) -> anyhow::Result<Command> {
        let program = self.bin.join(name);
        let mut command = if setup::is_root()? {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("--pgdata").arg(self.folder.path().join("data")).args(args);
        command.current_dir(self.folder.path()).stdin(std::process::Stdio::null());
        Ok(command)
    }

    fn connect(&self) -> anyhow::Result<Client> {
        let config = format!("host={} user=postgres dbname=postgres", self.folder.path().display());
        let begin = Instant::now();
        loop {
            match Client::connect(&config, NoTls) {
                Err(_) if begin.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                result => return result.context("PostgreSQL doesn't answer"),
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(mut stop) = self.tool("pg_ctl", &["--mode", "immediate", "stop"]) {
            drop(stop.output());
        }
    }
}

fn newest_bin() -> anyhow::Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql")? {
        let entry = entry?;
        if let Ok(version) = entry.file_name().to_string_lossy().parse() {
            versions.push((version, entry.path().join("bin")));
        }
    }
    versions.sort();
    versions.pop().map(|(_, bin)| bin).context("no PostgreSQL in /usr/lib/postgresql")
}
