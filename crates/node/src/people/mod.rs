//! People: who they are, what roles they hold where, how they sign in.

mod admin;
mod limit;
mod password;
mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::ids::Digest;
use domain::problem::{Problem, ProblemCode};
use store::StoreError;
use thiserror::Error;

pub use admin::{NewPerson, PersonAdmin, RoleSpan};
pub use password::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
pub use session::SessionToken;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::policy::Denied;
use limit::Limiter;

/// The role that manages people and packs.
pub const ADMINISTRATOR: &str = "pengelola";
/// The roles that every node knows; packs may name more.
pub const ROLES: [&str; 5] = ["operator", "verifikator", "analis", "pimpinan", ADMINISTRATOR];

/// What the node remembers of people between requests.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) limiter: Limiter,
    /// Sessions that were looked up within the last second.
    fresh: Mutex<BTreeMap<Digest, Fresh>>,
}

#[derive(Clone, Debug)]
struct Fresh {
    until_ms: u64,
    actor: Arc<Actor>,
}

/// Why somebody can't sign in, or a person can't be changed.
#[derive(Clone, Debug, Error)]
pub enum PeopleError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Wrong name or password.
    #[error("wrong name or password")]
    WrongCredentials,
    /// Too many tries; wait.
    #[error("too many tries")]
    TooManyTries,
    /// There is no such person, or the asker may not know.
    #[error("there is no such person")]
    NotFound,
    /// Somebody has this name already.
    #[error("somebody signs in as `{0}` already")]
    NameTaken(String),
    /// The name can't be one.
    #[error("a name has 1 to {max} characters: letters, digits, `.`, `-`, `_`, `@`")]
    NameInvalid {
        /// The most characters.
        max: usize,
    },
    /// The password is too short or too long.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    PasswordInvalid,
    /// No pack knows the role.
    #[error("no pack knows the role `{0}`")]
    RoleUnknown(String),
    /// The office does not exist.
    #[error("there is no such office")]
    OfficeUnknown,
    /// Storage failed; nothing was kept.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for PeopleError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) => FailureKind::Denied,
            Self::WrongCredentials => FailureKind::NotSignedIn,
            Self::TooManyTries => FailureKind::Busy,
            Self::NotFound => FailureKind::NotFound,
            Self::NameTaken(_) => FailureKind::Refused,
            Self::NameInvalid { .. }
            | Self::PasswordInvalid
            | Self::RoleUnknown(_)
            | Self::OfficeUnknown => FailureKind::Invalid,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let one = |problem: Problem| vec![problem];
        match self {
            Self::Denied(_) => one(Problem::new(ProblemCode::Denied)),
            Self::WrongCredentials => one(Problem::new(ProblemCode::WrongCredentials)),
            Self::TooManyTries => one(Problem::new(ProblemCode::TooManyTries)),
            Self::NotFound => one(Problem::new(ProblemCode::NotFound)),
            Self::NameTaken(name) => {
                one(Problem::new(ProblemCode::NameTaken).at("name").with("name", name))
            }
            Self::NameInvalid { max } => {
                one(Problem::new(ProblemCode::NameInvalid).at("name").with("max", max))
            }
            Self::PasswordInvalid => one(Problem::new(ProblemCode::PasswordInvalid)
                .at("password")
                .with("min", PASSWORD_CHARS_MIN)
                .with("max_bytes", PASSWORD_BYTES_MAX)),
            Self::RoleUnknown(role) => {
                one(Problem::new(ProblemCode::RoleUnknown).at("role").with("role", role))
            }
            Self::OfficeUnknown => one(Problem::new(ProblemCode::OfficeUnknown).at("office")),
            Self::Storage(_) => storage_problem(),
        }
    }
}
