//! What every use case's error can tell: the kind, for a status, and the problems, for a reader.

use std::sync::Arc;

use domain::problem::{Problem, ProblemCode};
use store::StoreError;

/// The kind of an error: what the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Sign in first.
    NotSignedIn,
    /// No policy allows it.
    Denied,
    /// There is no such thing, or the person may not know.
    NotFound,
    /// What was sent is wrong: correct it.
    Invalid,
    /// What was sent is well formed, but the state of things does not allow it: look again.
    Refused,
    /// Too many tries or too much work: wait.
    Busy,
    /// The node's storage failed: nothing was kept.
    Storage,
}

/// An error of a use case.
pub trait Failure: std::error::Error {
    /// Its kind.
    fn kind(&self) -> FailureKind;
    /// What is wrong, for the reader: never empty, never an internal.
    fn problems(&self) -> Vec<Problem>;
}

/// A failure of storage, shared by all whose work failed with it.
pub type Storage = Arc<StoreError>;

/// The problem that stands for a storage failure.
pub(crate) fn storage_problem() -> Vec<Problem> {
    vec![Problem::new(ProblemCode::Storage)]
}
