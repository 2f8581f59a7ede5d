//! The home of an office.

use std::collections::BTreeMap;

use node::views::{DueView, HomeView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, RecordRow, moment};

/// What an office has to do, and what is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Home {
    /// The office.
    pub office: OfficeRef,
    /// Reports that it owes, the latest first.
    pub due: Vec<Due>,
    /// Records that wait for the reader.
    pub action: Vec<ActionRow>,
    /// How many records there are at this office and below, by `pack.type:state`.
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
    /// The key of its state.
    pub state: Option<String>,
}

/// A record that waits for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionRow {
    /// The record.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Why.
    pub why: Why,
    /// Keys of the actions that the reader may take.
    pub actions: Vec<String>,
}

/// Why a record waits for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Cells were sent back.
    Returned,
    /// It waits to be verified or decided.
    ToVerify,
    /// It is a draft.
    Draft,
}

impl Home {
    /// The wire form, with the names of offices.
    pub(crate) fn of(view: HomeView, name: impl Fn(domain::ids::OfficeId) -> String) -> Self {
        let counts = view.counts.into_iter().flat_map(|(type_key, states)| {
            states.into_iter().map(move |(state, count)| (format!("{type_key}:{state}"), count))
        });
        let due = view.due.into_iter().map(|due| {
            let name = name(due.office);
            Due::of(due, name)
        });
        Self {
            office: view.office.into(),
            due: due.collect(),
            action: view.action.into_iter().map(Into::into).collect(),
            counts: counts.collect(),
            recent: view.recent.into_iter().map(Into::into).collect(),
        }
    }
}

impl Due {
    fn of(view: DueView, office_name: String) -> Self {
        Self {
            schedule: view.schedule,
            type_key: view.type_key,
            office: view.office.0,
            office_name,
            period: view.period,
            due_at: moment(view.due_ms),
            received: view.received,
            late: view.late,
            record: view.record.map(|record| record.to_string()),
            state: view.state,
        }
    }
}

impl From<node::views::ActionRow> for ActionRow {
    fn from(view: node::views::ActionRow) -> Self {
        let why = match view.why {
            "returned" => Why::Returned,
            "draft" => Why::Draft,
            _ => Why::ToVerify,
        };
        Self { row: view.row.into(), why, actions: view.actions }
    }
}
