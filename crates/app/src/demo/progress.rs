//! How far an earlier run told the story: a file in the node's folder.

use std::path::{Path, PathBuf};

use domain::period::Date;
use serde::{Deserialize, Serialize};

use super::{DemoError, Options, Role};

/// Its name.
pub(super) const FILE: &str = "demo.json";
/// Moments told between two notes.
const NOTE_EVERY: u32 = 64;

/// The story of a folder. What it began with stands, whatever is asked later.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) seed: u64,
    pub(super) offices_limit: usize,
    pub(super) from: Date,
    pub(super) told_ms: u64,
    /// What the centre tells comes by sync.
    pub(super) joins: bool,
    path: PathBuf,
    since: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    seed: u64,
    offices_limit: usize,
    from: Date,
    told_ms: u64,
    joins: bool,
}

impl Progress {
    /// That of the folder, or a new one.
    pub(super) fn open(options: &Options, today: Date) -> Result<Self, DemoError> {
        let path = options.dir.join(FILE);
        let Some(note) = read(&path) else {
            let from = today.plus_days(-i32::from(options.days.max(1)));
            let (seed, offices_limit) = (options.seed, options.offices_limit);
            let joins = options.joins && options.role != Role::Centre;
            return Ok(Self { seed, offices_limit, from, told_ms: 0, joins, path, since: 0 });
        };
        let Note { seed, offices_limit, from, told_ms, joins } = note;
        Ok(Self { seed, offices_limit, from, told_ms, joins, path, since: 0 })
    }

    /// Everything up to this moment is kept.
    pub(super) fn note(&mut self, told_ms: u64) -> Result<(), DemoError> {
        self.told_ms = self.told_ms.max(told_ms);
        self.since += 1;
        if self.since.is_multiple_of(NOTE_EVERY) { self.write() } else { Ok(()) }
    }

    /// Everything up to the present is kept.
    pub(super) fn finish(&mut self, now_ms: u64) -> Result<(), DemoError> {
        self.told_ms = now_ms;
        self.write()
    }

    /// Writes the note: under another name first, so that it is there whole or not at all.
    pub(super) fn write(&self) -> Result<(), DemoError> {
        let Self { seed, offices_limit, from, told_ms, joins, .. } = *self;
        let note = Note { seed, offices_limit, from, told_ms, joins };
        let text = serde_json::to_string_pretty(&note).expect("invariant: a note is plain data");
        let beside = self.path.with_extension("tmp");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .map_err(|source| DemoError::Note { path: self.path.clone(), source })
    }
}

fn read(path: &Path) -> Option<Note> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}
