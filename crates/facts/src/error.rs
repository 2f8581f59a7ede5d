//! What can go wrong with stored facts and with queries.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::object_store;
use datafusion::parquet::errors::ParquetError;
use domain::problem::{Problem, ProblemCode};
use thiserror::Error;

/// Facts can't be kept or read.
#[derive(Debug, Error)]
pub enum FactsError {
    /// The folder can't be made or opened.
    #[error("cannot open the facts folder")]
    Folder(#[source] std::io::Error),
    /// The store of segments failed.
    #[error("cannot {doing} segment `{segment}`")]
    Store {
        /// What was attempted.
        doing: &'static str,
        /// The segment, or the folder.
        segment: String,
        /// Why not.
        #[source]
        source: object_store::Error,
    },
    /// A segment can't be written or read as Parquet.
    #[error("cannot read or write segment `{segment}` as Parquet")]
    Parquet {
        /// The segment.
        segment: String,
        /// Why not.
        #[source]
        source: ParquetError,
    },
    /// Rows can't be laid out in memory.
    #[error("cannot lay out facts in memory")]
    Arrow(#[from] ArrowError),
    /// Rows up to this position are here already, or rows between are missing.
    #[error("facts up to {have} are held; rows from {from} up to {up_to} don't follow")]
    Position {
        /// The position held.
        have: u64,
        /// The lowest position of the rows.
        from: u64,
        /// The position that they reach.
        up_to: u64,
    },
    /// The engine can't be set up.
    #[error("cannot set up the query engine")]
    Engine(#[from] DataFusionError),
}

/// A query can't be answered.
#[derive(Debug, Error)]
pub enum QueryError {
    /// The query makes no sense; each problem says where.
    #[error("the query has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    /// The query asks for more cells than a figure may have.
    #[error("the query would answer {cells} cells, at most {max} are possible")]
    TooLarge {
        /// How many cells.
        cells: u64,
        /// How many may be.
        max: usize,
    },
    /// The answer needs more facts to be played again than can be.
    #[error("the answer needs more than {max} facts to be played again")]
    TooManyRows {
        /// How many may be.
        max: usize,
    },
    /// The asker may not see this measure.
    #[error("measure `{measure}` is outside the scope")]
    Denied {
        /// The measure.
        measure: String,
    },
    /// The engine failed.
    #[error("cannot compute the figure")]
    Engine(#[from] DataFusionError),
    /// A result of the engine is not of the expected kind.
    #[error("cannot read the engine's result")]
    Arrow(#[from] ArrowError),
}

impl QueryError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Invalid(_) => ProblemCode::QueryInvalid,
            Self::TooLarge { .. } | Self::TooManyRows { .. } => ProblemCode::QueryTooLarge,
            Self::Denied { .. } => ProblemCode::Denied,
            Self::Engine(_) | Self::Arrow(_) => ProblemCode::Storage,
        }
    }

    /// What is wrong, for a program.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let problem = Problem::new(self.code());
        match self {
            Self::Invalid(problems) => problems.clone(),
            Self::TooLarge { cells, max } => vec![problem.with("cells", cells).with("max", max)],
            Self::TooManyRows { max } => vec![problem.with("max_facts", max)],
            Self::Denied { measure } => vec![problem.at("measures").with("measure", measure)],
            Self::Engine(_) | Self::Arrow(_) => vec![problem],
        }
    }
}
