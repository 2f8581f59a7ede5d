//! A script of a peer, at one end of the link.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// A peer that says nothing for so long has failed; the slowest takes a quarter of an hour.
const GIVE_UP: Duration = Duration::from_secs(30 * 60);

/// A running script; ended when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// What a client says when it is done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    /// How long it took.
    pub(super) seconds: f64,
    /// How many forms the server has kept.
    pub(super) written: usize,
}

impl Process {
    /// Starts a script and waits until it is ready.
    pub(super) fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("can't start {command:?}"))?;
        let stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let (say, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|l| say.send(l)));
        let process = Self { child, lines };
        let line = process.line()?;
        if line != "ready" {
            bail!("{command:?} is not ready: {line:?}");
        }
        Ok(process)
    }

    /// Lets a client begin.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        let mut stdin = self.child.stdin.as_ref().context("no standard input")?;
        Ok(stdin.write_all(b"begin\n")?)
    }

    /// Waits until a client is done.
    pub(super) fn done(&self) -> anyhow::Result<Done> {
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("a peer failed: {line:?}"))
    }

    fn line(&self) -> anyhow::Result<String> {
        self.lines.recv_timeout(GIVE_UP).context("a peer ended, or said nothing for half an hour")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
