//! A running `genggam`, started and stopped by us.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// The password of all accounts of a node made for a test.
pub(crate) const PASSWORD: &str = "laut-tenang-2021-perahu";

/// A running node; ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Its address, such as `http://127.0.0.1:41234`.
    pub(crate) url: String,
    /// Its accounts, where it is a demonstration.
    pub(crate) accounts: Vec<Account>,
    /// What it says once it is ready.
    stdout: BufReader<ChildStdout>,
}

/// An account of a demonstration.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    /// Name to sign in with.
    pub(crate) name: String,
    /// The role.
    pub(crate) role: String,
    /// The office's id.
    pub(crate) office: u32,
    /// The office's level.
    pub(crate) level: String,
}

#[derive(Debug, Deserialize)]
struct Ready {
    listening: String,
    #[serde(default)]
    accounts: Vec<Account>,
}

impl Server {
    /// Starts `genggam serve` on a node's folder.
    pub(crate) fn serve(program: &Path, dir: &Path) -> anyhow::Result<Self> {
        Self::serve_with(program, dir, &[])
    }

    /// Starts `genggam serve` with these further arguments.
    pub(crate) fn serve_with(program: &Path, dir: &Path, args: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--quiet", "--json", "--port", "0"]).args(args);
        command.arg("--dir").arg(dir);
        Self::start(command)
    }

    /// Starts `genggam demo` with these further arguments.
    pub(crate) fn demo(program: &Path, dir: &Path, args: &[&str]) -> anyhow::Result<Self> {
        let mut quiet = vec!["--no-live"];
        quiet.extend(args);
        Self::demo_at(program, dir, "0", &quiet)
    }

    /// Starts `genggam demo` on this port.
    pub(crate) fn demo_at(
        program: &Path,
        dir: &Path,
        port: &str,
        args: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["demo", "--json", "--port", port, "--password", PASSWORD]);
        command.args(args).arg("--dir").arg(dir);
        Self::start(command)
    }

    /// Starts a command that says on its first line where it listens.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("can't start genggam")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
        stdout.read_line(&mut line)?;
        let Ok(ready) = serde_json::from_str::<Ready>(&line) else {
            drop(child.kill());
            bail!("genggam did not say that it is ready: {line:?} {:?}", child.wait()?);
        };
        Ok(Self { child, url: ready.listening, accounts: ready.accounts, stdout })
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would (`SIGKILL`).
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Hands over each line that it says from now on, until it ends.
    pub(crate) fn listen(&mut self, mut said: impl FnMut(&str)) -> anyhow::Result<()> {
        let mut line = String::new();
        while self.stdout.read_line(&mut line)? > 0 {
            said(line.trim_end());
            line.clear();
        }
        self.child.wait()?;
        Ok(())
    }

    /// The first account of this role at an office of this level.
    pub(crate) fn account(&self, role: &str, level: &str) -> anyhow::Result<&Account> {
        let mut accounts = self.accounts.iter();
        accounts
            .find(|account| account.role == role && account.level == level)
            .with_context(|| format!("the demonstration has no {role} at a {level}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
