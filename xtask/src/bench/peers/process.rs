//! A script of a peer, at one end of the link.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// A running script; ended when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
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
        let mut process = Self { child, stdout };
        let line = process.line()?;
        if line != "ready" {
            bail!("{command:?} is not ready: {line:?}");
        }
        Ok(process)
    }

    /// Lets a client begin.
    pub(super) fn begin(&mut self) -> anyhow::Result<()> {
        let mut stdin = self.child.stdin.as_ref().context("no standard input")?;
        Ok(stdin.write_all(b"begin\n")?)
    }

    /// Waits until a client is done.
    pub(super) fn done(&mut self) -> anyhow::Result<Done> {
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("a peer failed: {line:?}"))
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
