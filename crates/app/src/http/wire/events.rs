//! Server-sent events: what `data:` holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Event `record`: a record that the reader may see was made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordEvent {
    /// Its id.
    pub record: String,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its office.
    pub office: u32,
    /// The key of its state.
    pub state: String,
    /// The log position of the change.
    pub pos: u64,
}

/// Event `pack`: a pack was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackEvent {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

/// Event `facts`: figures now hold everything up to this log position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactsEvent {
    /// The log position.
    pub pos: u64,
}

/// Event `nodes`: something was heard of nodes below; ask `/api/nodes` again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodesEvent {}

/// Event `sync`: the sync with a peer stands otherwise; ask `/api/sync` again. At most two a second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SyncEvent {}

impl From<node::RecordEvent> for RecordEvent {
    fn from(event: node::RecordEvent) -> Self {
        Self {
            record: event.record.to_string(),
            type_key: event.type_key,
            office: event.office.0,
            state: event.state,
            pos: event.pos,
        }
    }
}
