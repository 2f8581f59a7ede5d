//! What goes over the wire: the API's own types, apart from the domain's.
//!
//! Moments are RFC 3339 in UTC (`2021-01-08T03:15:00.250Z`), dates `2021-01-08`, ids text in
//! lower-case hexadecimal, offices numbers, exact decimals text. `openapi.json` is made of these.

mod blobs;
mod bundles;
mod common;
mod devices;
mod events;
mod expr;
mod figures;
mod home;
mod imports;
mod nodes;
mod offices;
mod packs;
mod people;
mod quarantine;
mod records;
mod session;
mod submissions;
mod sync;
mod watch;

pub use blobs::Blob;
pub use bundles::{BundleImported, BundleWaiting, BundleWanted};
pub use common::{Grain, Level, OfficeRef, PersonRef, Problem, ProblemDetails, Text};
pub use devices::{
    Device, DeviceAnswer, DeviceCode, DeviceEnrolled, DeviceItem, DeviceItemState, DeviceRevoked,
    Devices, EnrolDevice, NewDevice, RevokeDevice,
};
pub use events::{FactsEvent, NodesEvent, PackEvent, RecordEvent, SyncEvent};
pub use expr::{ConstKind, Expr};
pub use figures::{
    AxisKeys, Boundaries, Completeness, Figure, FigureCell, FigureQuery, Filter, Key, Lineage,
    LineageQuery, LineageRow, MeasureInfo, UpTo,
};
pub use home::{ActionRow, Due, Home, Why};
pub use imports::{ImportForm, ImportJob, ImportStarted, ImportState};
pub use nodes::{NodeDetail, NodeState, NodeVersion, Nodes, OfficeNode, PackLag, Waiting};
pub use offices::{FindAnswer, Office, OfficeList};
pub use packs::{
    Action, Choice, Field, FieldKind, Measure, MeasureKind, Pack, PackRow, PackSchedule,
    RecordKind, RecordType, Rule, Section, State, View, ViewKind,
};
pub use people::{NewPassword, NewPerson, NewRole, People, Person, Role};
pub use quarantine::{
    QuarantineBytes, QuarantineItem, QuarantineOp, QuarantinePage, QuarantineSeen, QuarantineStream,
};
pub use records::{
    Acknowledgement, ActionOffer, HistoryEvent, LostWrite, PatchedCell, Record, RecordPage,
    RecordRow, Remark, ReturnedCell,
};
pub use session::{Me, NodeInfo, RoleAt, SignIn};
pub use submissions::{Acknowledge, Comment, Form, Patch, Receipt, Return, Submission, Transition};
pub use sync::{LaneName, SyncLane, SyncPeer, SyncState, SyncStatus};
pub use watch::{Watch, WatchCluster, WatchOffice, WatchPoint, WatchQuery, WatchSignal};

pub(crate) use common::moment;
