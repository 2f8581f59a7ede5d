//! The home of an office.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, RecordRow};

/// What an office has to do, and what is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Home {
    /// The office.
    pub office: OfficeRef,
    /// Its date today.
    pub today: String,
    /// Reports that it owes, the latest first.
    pub due: Vec<Due>,
    /// Records that wait for the reader.
    pub action: Vec<ActionRow>,
    /// Numbers by name: records by state (`pack.type:state`), `urgent`, `late`.
    pub counts: BTreeMap<String, u64>,
    /// What changed last, at this office and below.
    pub recent: Vec<RecordRow>,
}

/// A report that an office owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Due {
    /// `pack.schedule`.
    pub schedule: String,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The office.
    pub office: u32,
    /// The office's name.
    pub office_name: String,
    /// The period.
    pub period: String,
    /// When it is late.
    pub due_at: String,
    /// It is received.
    pub received: bool,
    /// It is late.
    pub late: bool,
    /// The record, once there is one.
    pub record: Option<String>,
}

/// A record that waits for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionRow {
    /// The record.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Why.
    pub why: Why,
}

/// Why a record waits for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Cells were sent back.
    Returned,
    /// It waits to be verified.
    ToVerify,
    /// It is a draft.
    Draft,
}
