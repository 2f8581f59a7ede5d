//! Imports of files.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Problem;

/// The parts of the multipart body.
#[derive(Debug, ToSchema)]
pub struct ImportForm {
    /// A CSV or XLSX file.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// The mapping file, TOML; without it, columns are the fields' keys.
    #[schema(value_type = Option<String>)]
    pub mapping: Option<String>,
    /// `pack.type`.
    pub r#type: String,
    /// `true` checks every row and keeps nothing.
    pub dry_run: Option<bool>,
}

/// An import has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportStarted {
    /// The job.
    pub job: String,
}

/// How an import stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportJob {
    /// The job.
    pub job: String,
    /// Its state.
    pub state: ImportState,
    /// It keeps nothing.
    pub dry_run: bool,
    /// Rows of the file, as far as counted.
    pub rows: u64,
    /// Rows imported (or that would be).
    pub imported: u64,
    /// Rows rejected, each with its reason in the reject file.
    pub rejected: u64,
    /// Rows that had been imported before.
    pub repeated: u64,
    /// Why it failed as a whole.
    pub problem: Option<Problem>,
}

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ImportState {
    Running,
    Done,
    Failed,
}
