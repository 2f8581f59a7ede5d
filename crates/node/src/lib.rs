//! The use cases: submit, ingest, project, query, import, export. This crate owns keys, the clock
//! and the policies.

mod actor;
pub mod clock;
mod commit;
mod control;
mod events;
pub mod export;
mod failure;
pub mod figures;
mod group;
mod health;
mod home;
pub mod import;
mod ingest;
mod keys;
mod node;
mod packs;
pub mod people;
pub mod policy;
mod project;
mod quarantine;
mod query;
mod records;
mod submit;
mod sync_view;
mod upkeep;
pub mod views;
mod world;

pub use actor::{Actor, RoleAt, Standing};
pub use control::ControlError;
pub use events::{Event, RecordEvent};
pub use failure::{Failure, FailureKind, Storage};
pub use health::{NodeRow, NodeState, NodesView, OfficeNode, PackLag, Versions};
pub use ingest::{Batch, IngestError, Ingested};
pub use keys::KeyError;
pub use node::{Config, Node, OpenError};
pub use packs::{PackSet, TypeOf};
pub use people::{NewPerson, PeopleError, SessionToken};
pub use project::ProjectError;
pub use quarantine::{
    OpShown, Proof, QuarantineItem, QuarantinePage, QuarantineRow, SeenShown, StreamShown,
};
pub use query::{FigureError, LineageLine, LineageView};
pub use records::{Listing, ReadError};
pub use submit::{Submission, SubmitError, Submitted};
pub use sync_view::{LaneView, PeerShown, PeerState, PeerView, SyncBoard};
pub use upkeep::{UpkeepError, Whole};
