//! The quarantine.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sync::LaneName;
use super::{OfficeRef, Problem, moment};
use crate::http::error::wire_problem;
use crate::messages::{self, Lang};

/// A page of what was refused, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantinePage {
    /// The refused operations.
    pub rows: Vec<QuarantineItem>,
    /// Give this as `before` to get the next page; none at the end.
    pub next: Option<u64>,
    /// How many nobody has seen, on all pages.
    pub unseen: u64,
}

/// A refused operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineItem {
    /// Its number at this node.
    pub id: u64,
    /// When it came.
    pub received_at: String,
    /// Why it was refused.
    pub problem: Problem,
    /// What to do about it, in the language that was asked for.
    pub advice: String,
    /// More of why, for whoever mends it: English, of a program.
    pub detail: String,
    /// The stream that it claims.
    pub stream: Option<QuarantineStream>,
    /// The place in it that it claims.
    pub seq: Option<u64>,
    /// How many bytes came.
    pub bytes: usize,
    /// What the bytes say, where they are an operation. Nothing of it is proved.
    pub op: Option<QuarantineOp>,
    /// Who has seen it.
    pub seen: Option<QuarantineSeen>,
}

/// The stream that an operation claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineStream {
    /// Who writes it, 32 hexadecimal digits.
    pub writer: String,
    /// The writer's office, where a node of that key was heard of.
    pub writer_office: Option<OfficeRef>,
    /// The writer's life.
    pub epoch: u32,
    /// `up`, `down` or `to`.
    pub audience: String,
    /// The offices of the audience.
    pub offices: Vec<OfficeRef>,
    /// The lane.
    pub lane: LaneName,
}

/// What an operation says, without any text that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineOp {
    /// What it does: `create`, `patch`, `transition`, `comment`, `acknowledge`, `pack`, `office`,
    /// `unknown`…
    pub kind: String,
    /// The record that it changes.
    pub record: Option<String>,
    /// The office in whose name.
    pub office: OfficeRef,
    /// When it says that it was made.
    pub time: String,
}

/// Who has seen a refused operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineSeen {
    /// When.
    pub at: String,
    /// Who, by name.
    pub by: String,
}

/// A refused operation with its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuarantineBytes {
    /// What is known of it.
    pub item: QuarantineItem,
    /// Its bytes, two hexadecimal digits each.
    pub hex: String,
}

impl QuarantinePage {
    /// A page in a language.
    #[must_use]
    pub fn of(lang: Lang, page: node::QuarantinePage) -> Self {
        let rows = page.rows.into_iter().map(|row| QuarantineItem::of(lang, row));
        Self { rows: rows.collect(), next: page.next, unseen: page.unseen }
    }
}

impl QuarantineItem {
    /// A refused operation in a language.
    #[must_use]
    pub fn of(lang: Lang, row: node::QuarantineRow) -> Self {
        Self {
            id: row.id,
            received_at: moment(row.received_ms),
            advice: messages::advice(lang, &row.problem.code),
            problem: wire_problem(lang, &row.problem),
            detail: row.detail,
            stream: row.stream.map(Into::into),
            seq: row.seq,
            bytes: row.bytes,
            op: row.op.map(Into::into),
            seen: row.seen.map(|seen| QuarantineSeen { at: moment(seen.at_ms), by: seen.by }),
        }
    }
}

impl From<node::StreamShown> for QuarantineStream {
    fn from(stream: node::StreamShown) -> Self {
        Self {
            writer: stream.writer.to_string(),
            writer_office: stream.writer_office.map(Into::into),
            epoch: stream.epoch,
            audience: stream.audience.to_owned(),
            offices: stream.offices.into_iter().map(Into::into).collect(),
            lane: stream.lane.into(),
        }
    }
}

impl From<node::OpShown> for QuarantineOp {
    fn from(op: node::OpShown) -> Self {
        Self {
            kind: op.kind.to_owned(),
            record: op.record.map(|record| record.to_string()),
            office: op.office.into(),
            time: moment(op.time_ms),
        }
    }
}
