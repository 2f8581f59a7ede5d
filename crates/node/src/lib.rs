//! The use cases: submit, ingest, project, query, import, export. This crate owns keys, the clock
//! and the policies.

mod actor;
mod blobs;
mod bundle;
pub mod clock;
mod commit;
mod control;
pub mod enrol;
mod events;
pub mod export;
mod failure;
pub mod figures;
mod group;
mod health;
mod hex;
mod home;
pub mod import;
mod ingest;
mod kernel;
mod keys;
mod node;
mod packs;
pub mod people;
pub mod policy;
mod project;
mod quarantine;
mod query;
mod records;
mod rehome;
mod restore;
pub mod squeeze;
mod submit;
pub mod sync;
mod sync_view;
mod upkeep;
pub mod views;
mod world;
mod writer;

pub use actor::{Actor, RoleAt, Standing};
pub use blobs::{BlobError, BlobFile, BlobPeer, BlobView};
pub use bundle::{BundleError, Exported, Imported, Opened, Wanted};
pub use control::ControlError;
pub use events::{Event, RecordEvent};
pub use failure::{Failure, FailureKind, Storage};
pub use health::{NodeRow, NodeState, NodesView, OfficeNode, PackLag, Versions};
pub use ingest::{Batch, IngestError, Ingested};
pub use kernel::Kernel;
pub use keys::{KeyError, write_private};
pub use node::{Config, Node, OpenError};
pub use packs::{PackSet, TypeOf};
pub use people::{NewPerson, PeopleError, SessionToken};
#[cfg(feature = "sim")]
pub use project::Follower;
pub use project::ProjectError;
pub use quarantine::{
    OpShown, Proof, QuarantineItem, QuarantinePage, QuarantineRow, SeenShown, StreamShown,
};
pub use query::{FigureError, LineageLine, LineageView};
pub use records::{Listing, ReadError};
pub use rehome::Asked;
pub use restore::{RestoreError, Restored, restore};
pub use submit::{Submission, SubmitError, Submitted};
pub use sync_view::{LaneView, PeerShown, PeerState, PeerView, SyncBoard};
pub use upkeep::{UpkeepError, Whole};
pub use writer::{Effects, Entry, Writer};
