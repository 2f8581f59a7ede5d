//! Importing files: CSV and XLSX into records of any type, through the same walk as a form.
//!
//! Every row is accounted for as imported, repeated or rejected. A rejected row goes to a file
//! with its reasons, which can be corrected and imported again. A record's id and its submission
//! key derive from the row, so that importing twice, or again after a crash, changes nothing.

mod cell;
mod dates;
mod job;
mod mapping;
mod plan;
mod reject;
mod row;
mod run;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use store::StoreError;
use thiserror::Error;

pub(crate) use cell::guarded;
pub use store::jobs::JobId;

pub use job::{ImportState, ImportView, NewImport};
pub(crate) use mapping::{
    CHOICES_SEPARATOR, EXPORTED_AT, EXPORTED_BY, NOTE, NOTE_MISSING, NOTE_NA, OFFICE, OFFICE_NAME,
    PERIOD, RECORD, SIMULATION, STATE,
};
pub use mapping::{Mapping, MappingError, Unfit};
pub use reject::Say;
pub use table::FileError;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::Node;
use crate::submit::SubmitError;

/// What became of the rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read: the sum of those below.
    pub rows: u64,
    /// Records that began (or would, in a dry run).
    pub imported: u64,
    /// Rows whose record was imported before, with the same answers.
    pub repeated: u64,
    /// Rows in the reject file.
    pub rejected: u64,
    /// Problems of rejected rows, by code; a row may have several.
    pub reasons: Reasons,
}

/// Problems, counted by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasons(pub BTreeMap<String, u64>);

/// A file to import at once, from the command line.
#[derive(Clone, Copy, Debug)]
pub struct ImportFile<'a> {
    /// The file: CSV or XLSX, whatever its name.
    pub file: &'a Path,
    /// The text of the mapping file; without it, columns are named like fields.
    pub mapping: Option<&'a str>,
    /// `pack.type`: for rules that name none.
    pub type_key: Option<&'a str>,
    /// Check every row and keep nothing.
    pub dry_run: bool,
    /// Where rejected rows go: replaced if it is there.
    pub rejects: &'a Path,
}

/// Why an import fails as a whole. Rows that were imported before it did stay; importing again
/// goes on.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The mapping can't be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The reject file, or the job's folder, can't be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no such import, or the person did not start it.
    #[error("there is no such import")]
    NotFound,
    /// A group of rows could not be written.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl ImportError {
    fn rejects(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}

impl Failure for ImportError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Mapping(_) | Self::File(_) => FailureKind::Invalid,
            Self::NotFound => FailureKind::NotFound,
            Self::Submit(error) => error.kind(),
            Self::Write { .. } | Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let mapping = |at: String, detail: String| {
            Problem::new(ProblemCode::MappingInvalid).at(at).with("reason", detail)
        };
        match self {
            Self::Mapping(MappingError::Unfit(places)) => places
                .iter()
                .map(|place| mapping(place.at.clone(), place.message.clone()))
                .collect(),
            Self::Mapping(MappingError::Toml { line, message }) => {
                vec![mapping(format!("line {line}"), message.clone())]
            }
            Self::Mapping(error) => vec![mapping("format".to_owned(), error.to_string())],
            Self::File(error) => {
                vec![Problem::new(ProblemCode::FileInvalid).with("reason", error)]
            }
            Self::NotFound => vec![Problem::new(ProblemCode::NotFound)],
            Self::Submit(error) => error.problems(),
            Self::Write { .. } | Self::Storage(_) => storage_problem(),
        }
    }
}

impl Node {
    /// Imports a file, telling after each group of rows what became of them. Doing it again
    /// changes nothing but what was corrected.
    ///
    /// # Errors
    /// [`ImportError`], where the file as a whole can't be imported.
    pub async fn import(
        &self,
        by: &Actor,
        import: ImportFile<'_>,
        say: Say<'_>,
        tell: &mut (dyn FnMut(&Counts) + Send),
    ) -> Result<Counts, ImportError> {
        let mapping = import.mapping.map(Mapping::parse).transpose()?;
        let order = run::Order {
            file: import.file,
            mapping: mapping.as_ref(),
            type_key: import.type_key,
            dry_run: import.dry_run,
            rejects: import.rejects,
        };
        let start = run::Reached { begun_ms: self.core.clock.now_ms(), ..run::Reached::default() };
        let by = Arc::new(by.clone());
        let mut told = |reached: &run::Reached| {
            tell(&reached.counts);
            Ok(())
        };
        let counts = run::run(self, &by, order, start, say, &mut told).await?.counts;
        self.core.note_import(&by, import.file, import.dry_run, &counts)?;
        Ok(counts)
    }
}
