//! DuckDB and chDB, in a Python environment of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Round, source};
use crate::{setup, sh};

/// Another engine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Peer {
    DuckDb,
    ChDb,
}

/// The Python that has both.
#[derive(Debug)]
pub(super) struct Peers {
    python: PathBuf,
}

impl Peers {
    /// Installs them in the target folder unless they are there.
    pub(super) fn install() -> anyhow::Result<Self> {
        let python = setup::python_packages("figures-peers", &source().join("requirements.txt"))?;
        Ok(Self { python })
    }

    /// Asks all figures.
    pub(super) fn ask(&self, peer: Peer, facts: &Path, times: usize) -> anyhow::Result<Round> {
        let mut command = Command::new(&self.python);
        command.arg(source().join("peer.py")).arg(match peer {
            Peer::DuckDb => "duckdb",
            Peer::ChDb => "chdb",
        });
        command.arg(facts).arg(times.to_string());
        Round::read(sh::output(&mut command)?.trim_end())
    }
}
