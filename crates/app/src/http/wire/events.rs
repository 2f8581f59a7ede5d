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

/// Event `facts`: figures now hold everything up to this log position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactsEvent {
    /// The log position.
    pub pos: u64,
}
