//! The use cases: submit, ingest, project, query, import, export. This crate owns keys, the clock
//! and the policies.

mod actor;
mod blobs;
mod bundle;
pub mod clock;
mod commit;
mod control;
mod devices;
pub mod enrol;
mod events;
pub mod export;
mod failure;
pub mod figures;
mod group;
mod health;
pub mod hex;
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
mod prune;
mod quarantine;
mod query;
mod records;
mod rehome;
mod remembering;
mod restore;
mod submit;
pub mod sync;
mod sync_view;
mod trial;
mod upkeep;
pub mod views;
mod watch;
mod world;
mod writer;

pub use actor::{Actor, RoleAt, Standing};
pub use blobs::{BlobError, BlobFile, BlobPeer, BlobView};
pub use bundle::{BundleError, Exported, Imported, Opened, Waiting, Wanted};
pub use control::ControlError;
pub use devices::{
    Answered, DeviceCode, DeviceError, DeviceRow, Enrolled, NewDevice, Outcome, ParcelAnswer,
};
pub use domain::sync::Batch;
pub use events::{Event, RecordEvent};
pub use failure::{Failure, FailureKind, Storage};
pub use health::{NodeRow, NodeState, NodesView, OfficeNode, PackLag, Versions};
pub use ingest::{IngestError, Ingested};
pub use kernel::Kernel;
pub use keys::{KeyError, write_private};
pub use node::{Config, Node, OpenError};
pub use packs::{PackSet, TypeOf};
pub use people::{NewPerson, PeopleError, SessionToken};
#[cfg(feature = "sim")]
pub use project::Follower;
pub use project::ProjectError;
pub use prune::{Kept, PruneError, Pruning};
pub use quarantine::{
    OpShown, Proof, QuarantineItem, QuarantinePage, QuarantineRow, SeenShown, StreamShown,
};
pub use query::{FigureError, LineageLine, LineageView};
pub use records::{Listing, ReadError};
pub use rehome::Asked;
pub use remembering::Remembering;
pub use restore::{RestoreError, Restored, restore};
pub use submit::{Submission, SubmitError, Submitted};
pub use sync_view::{LaneView, PeerShown, PeerState, PeerView, SyncBoard};
pub use upkeep::{UpkeepError, Whole};
pub use watch::WatchError;
pub use writer::{Effects, Entry, Writer};
