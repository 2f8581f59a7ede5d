//! The use cases: submit, ingest, project, query, import, export. This crate owns keys, the clock
//! and the policies.

mod actor;
mod blobs;
pub mod clock;
mod commit;
mod control;
mod events;
pub mod export;
mod failure;
pub mod figures;
mod group;
mod home;
pub mod import;
mod ingest;
mod keys;
mod node;
mod packs;
pub mod people;
pub mod policy;
mod project;
mod query;
mod records;
mod submit;
mod upkeep;
pub mod views;
mod world;

pub use actor::{Actor, RoleAt, Standing};
pub use blobs::{BlobError, BlobFile, BlobPeer, BlobView};
pub use control::ControlError;
pub use events::{Event, RecordEvent};
pub use failure::{Failure, FailureKind, Storage};
pub use ingest::{Batch, IngestError, Ingested};
pub use keys::KeyError;
pub use node::{Config, Node, OpenError};
pub use packs::{PackSet, TypeOf};
pub use people::{NewPerson, PeopleError, SessionToken};
pub use project::ProjectError;
pub use query::{FigureError, LineageLine, LineageView};
pub use records::{Listing, ReadError};
pub use submit::{Submission, SubmitError, Submitted};
pub use upkeep::{UpkeepError, Whole};
