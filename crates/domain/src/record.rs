//! A record: the fold of its operations, the same for every order of their arrival.
//!
//! Operations of a record form a graph by what their authors saw. The fold takes them in the
//! canonical order (time, tag); a patch that saw the last writer of a cell replaces it, a
//! concurrent one wins by canonical order and the loser is kept with the cell and shown.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::hlc::Hlc;
use crate::ids::{ActionId, Digest, OfficeId, OpTag, PersonId, RecordId, StateId, SubmissionId};
use crate::op::{Op, ReturnedCell, TypeRef};
use crate::period::Period;
use crate::value::{Cell, CellPath, Cells};

/// The state of one record at a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Record {
    /// Its id.
    #[n(0)]
    pub id: RecordId,
    /// Its type, in the version of its latest creation or patch.
    #[n(1)]
    pub type_ref: TypeRef,
    /// The office that owns it.
    #[n(2)]
    pub office: OfficeId,
    /// Its period, for a periodic type.
    #[n(3)]
    pub period: Option<Period>,
    /// Its cells, with who set them.
    #[n(4)]
    pub cells: BTreeMap<CellPath, Held>,
    /// The state of its workflow.
    #[n(5)]
    pub state: StateId,
    /// Cells that were sent back and have not been changed since.
    #[n(6)]
    pub returned: BTreeMap<CellPath, Returned>,
    /// The content that was approved, while the approval stands.
    #[n(7)]
    pub approved: Option<Digest>,
    /// Remarks, in canonical order.
    #[n(8)]
    pub comments: Vec<Remark>,
    /// Offices that acknowledged, and when first.
    #[n(9)]
    pub acknowledged: BTreeMap<OfficeId, Hlc>,
    /// Every operation of the record, in canonical order.
    #[n(10)]
    pub history: Vec<Event>,
    /// Operations that no other has seen: what the next author sees.
    #[n(11)]
    pub heads: BTreeSet<OpTag>,
}

/// A cell with its writer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Held {
    /// What stands; `None` where a patch cleared it.
    #[n(0)]
    pub cell: Option<Cell>,
    /// The operation that set it.
    #[n(1)]
    pub by: OpTag,
    /// Concurrent writes that lost, until a later write has seen them.
    #[n(2)]
    pub losers: Vec<Loser>,
}

/// A concurrent write that lost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Loser {
    /// What it wrote.
    #[n(0)]
    pub cell: Option<Cell>,
    /// The operation.
    #[n(1)]
    pub by: OpTag,
}

/// A cell that was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Returned {
    /// Why.
    #[n(0)]
    pub reason: String,
    /// The operation that returned it.
    #[n(1)]
    pub by: OpTag,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Remark {
    /// The operation.
    #[n(0)]
    pub by: OpTag,
    /// The text.
    #[n(1)]
    pub text: String,
}

/// One operation in a record's history.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Event {
    /// Its tag.
    #[n(0)]
    pub tag: OpTag,
    /// When its writer made it.
    #[n(1)]
    pub time: Hlc,
    /// Who.
    #[n(2)]
    pub author: PersonId,
    /// In which office's name.
    #[n(3)]
    pub office: OfficeId,
    /// The submission.
    #[n(4)]
    pub submission: SubmissionId,
    /// What its author saw.
    #[n(5)]
    pub saw: Vec<OpTag>,
    /// What it did here.
    #[n(6)]
    pub effect: Effect,
}

/// What an operation did to its record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Effect {
    /// It began the record.
    #[n(0)]
    Created,
    /// It changed these cells: the path, and what stood before.
    #[n(1)]
    Patched(#[n(0)] Vec<(CellPath, Option<Cell>)>),
    /// It moved the workflow.
    #[n(2)]
    Moved(#[n(0)] Move),
    /// It asked for a move that the workflow did not allow when its turn came.
    #[n(3)]
    Refused(#[n(0)] ActionId, #[n(1)] Refusal),
    /// It added a remark.
    #[n(4)]
    Commented,
    /// It acknowledged.
    #[n(5)]
    Acknowledged,
}

/// A move of the workflow that took place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Move {
    /// The action.
    #[n(0)]
    pub action: ActionId,
    /// The state before.
    #[n(1)]
    pub from: StateId,
    /// The state after.
    #[n(2)]
    pub to: StateId,
    /// Reason or note.
    #[n(3)]
    pub reason: Option<String>,
    /// Cells sent back.
    #[n(4)]
    pub returned: Vec<ReturnedCell>,
}

/// Why a move was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// The workflow has no such action from the state the record was in.
    #[n(0)]
    WrongState,
    /// The content had changed since the author saw it.
    #[n(1)]
    ContentChanged,
    /// The guard was false.
    #[n(2)]
    Guard,
    /// The type has no such action.
    #[n(3)]
    Unknown,
}

/// An operation with its tag: what the fold takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The short name of its chain link.
    pub tag: OpTag,
    /// The operation.
    pub op: Op,
}

impl Record {
    /// The cells that hold something.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let held = self.cells.iter();
        held.filter_map(|(path, held)| Some((*path, held.cell.clone()?))).collect()
    }

    /// The canonical place of its last operation.
    #[must_use]
    pub fn last(&self) -> Option<(Hlc, OpTag)> {
        self.history.last().map(|event| (event.time, event.tag))
    }
}
