//! The home of an office.

use std::collections::BTreeMap;

use node::views::{self, DueView, HomeView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, RecordRow, moment};

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
    /// Numbers by name, of this office and those below it: records by `pack.type:state`;
    /// `urgent` for urgent ones that the reader may move on; `late:pack.schedule` for offices
    /// whose latest report that was due is not received.
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

impl From<HomeView> for Home {
    fn from(view: HomeView) -> Self {
        Self {
            office: view.office.into(),
            today: view.today,
            due: view.due.into_iter().map(Into::into).collect(),
            action: view.action.into_iter().map(Into::into).collect(),
            counts: view.counts,
            recent: view.recent.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<DueView> for Due {
    fn from(view: DueView) -> Self {
        Self {
            schedule: view.schedule,
            type_key: view.type_key,
            office: view.office.0,
            office_name: view.office_name,
            period: view.period,
            due_at: moment(view.due_ms),
            received: view.received,
            late: view.late,
            record: view.record.map(|record| record.to_string()),
            state: view.state,
        }
    }
}

impl From<views::ActionRow> for ActionRow {
    fn from(view: views::ActionRow) -> Self {
        let why = match view.why {
            views::Why::Returned => Why::Returned,
            views::Why::ToVerify => Why::ToVerify,
            views::Why::Draft => Why::Draft,
        };
        Self { row: view.row.into(), why }
    }
}
