//! The forms of a backlog, made by the program itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use serde_json::Value;

use crate::sh;

/// The forms of these two benches; a compressor's dictionary must never have seen this seed.
const SEED: &str = "4242";
/// Kabupaten Bintan.
const OFFICE: &str = "2101";
/// The last day that forms tell of, so that they are the same on every day.
const UNTIL: &str = "2026-01-31";

/// How reports are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A standing layout filled in, with mistakes of typing.
    Templated,
    /// Free prose.
    Prose,
}

/// Forms, as `POST /api/submissions` takes them under `create`, one JSON a line in a file.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: tempfile::TempDir,
    forms: usize,
}

impl Corpus {
    /// So many forms.
    pub(crate) fn make(program: &Path, kind: Kind, forms: usize) -> anyhow::Result<Self> {
        let kind = match kind {
            Kind::Templated => "templated",
            Kind::Prose => "prose",
        };
        let mut command = Command::new(program);
        command.args(["corpus", "--kind", kind, "--count", &forms.to_string()]);
        command.args(["--seed", SEED, "--office", OFFICE, "--until", UNTIL]);
        let text = sh::output(&mut command)?;
        ensure!(text.lines().count() == forms, "the program made other forms than asked");
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("forms.jsonl"), text)?;
        Ok(Self { folder, forms })
    }

    /// Each of them.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.file())?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.forms
    }

    /// The file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("forms.jsonl")
    }
}
