//! What a node tells its listeners.

use domain::ids::{OfficeId, RecordId};
use domain::op::StreamId;
use serde::Serialize;

/// Events that a slow listener may lag behind before it loses some and must look again.
pub(crate) const EVENTS_KEPT_MAX: usize = 1_024;

/// Growths that a session may lag behind before it reads again where every stream stands.
pub(crate) const GROWTH_KEPT_MAX: usize = 4_096;

/// Something that changed at this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// A record began or changed, durably.
    Record(RecordEvent),
    /// Figures hold everything up to this position of the log.
    Facts {
        /// The position.
        pos: u64,
    },
    /// A pack was published.
    Pack {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
    },
    /// Something was heard of nodes below.
    Nodes,
    /// The sync with a peer stands otherwise than before.
    Sync,
}

/// What peers are told: what there is to send, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// A stream stands further: its next sequence number.
    Stream(StreamId, u64),
    /// Who may have and write what has changed.
    Rules,
    /// Own streams were cut back and written again.
    Rehomed,
}

/// A record that began or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordEvent {
    /// The record.
    pub record: RecordId,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its owner.
    pub office: OfficeId,
    /// The key of its state.
    pub state: String,
    /// Where its last operation stands in this node's log.
    pub pos: u64,
}
