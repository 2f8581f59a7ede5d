//! A record: the fold of its operations, the same for every order of their arrival.
//!
//! Operations of a record form a graph by what their authors saw. The fold takes them in the
//! canonical order: what an author saw comes before what they did, and where that leaves a
//! choice, time and then tag decide. The first creation comes before all. A patch that saw the
//! last writer of a cell replaces it; a concurrent one, later in the order, wins, and the loser is
//! kept with the cell and shown.

mod fold;
mod order;
mod unfold;

use std::collections::{BTreeMap, BTreeSet};

pub use self::fold::{FoldError, Types, apply, fold};
pub use self::unfold::{Rest, rest, unfold};

use minicbor::{Decode, Encode};

use crate::hlc::Hlc;
use crate::ids::{ActionId, Digest, OfficeId, OpTag, PersonId, RecordId, StateId, SubmissionId};
use crate::limits::SAW_MAX;
use crate::op::{Audience, Op, ReturnedCell, TypeRef};
use crate::period::Period;
use crate::value::{Cell, CellPath, Cells};

/// The state of one record at a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Record {
    /// Its id.
    #[n(0)]
    pub id: RecordId,
    /// Its type, in the latest version that a creation or patch was written with.
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
    /// It changed cells. A second creation does this too.
    #[n(1)]
    Patched(#[n(0)] Patched),
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
    /// It named another type, office or period than the record's and did nothing.
    #[n(6)]
    Foreign,
}

/// A change of cells that took place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Patched {
    /// Cells whose standing content changed, with what stood before. A write that lost to a
    /// concurrent one isn't here: it is with the cell, among the losers.
    #[n(0)]
    pub cells: Vec<(CellPath, Option<Cell>)>,
    /// The state left and the state entered, where the change reopened an approved record.
    #[n(1)]
    pub reopened: Option<(StateId, StateId)>,
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
    /// The audience of its stream; none for what is tried and not sealed yet.
    pub audience: Option<Audience>,
    /// The operation.
    pub op: Op,
}

impl Tagged {
    /// Whether its stream is one in which records of this office are begun and changed.
    pub(crate) fn covers(&self, owner: OfficeId) -> bool {
        self.audience.as_ref().is_none_or(|audience| audience.covers(owner))
    }
}

impl Record {
    /// The cells that hold something.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let held = self.cells.iter();
        held.filter_map(|(path, held)| Some((*path, held.cell.clone()?))).collect()
    }

    /// What the next author sees: the heads, sorted; where there are more than an operation may
    /// name, those that come last in the canonical order.
    #[must_use]
    pub fn saw(&self) -> Vec<OpTag> {
        let latest = self.history.iter().rev().map(|event| event.tag);
        let mut saw: Vec<OpTag> =
            latest.filter(|tag| self.heads.contains(tag)).take(SAW_MAX).collect();
        saw.sort_unstable();
        saw
    }

    /// Hash of its cells: what an approval is of.
    #[must_use]
    pub fn content(&self) -> Digest {
        content_hash(&self.cells())
    }
}

/// Hash of cells: `BLAKE3("genggam content 1" ‖ cbor(cells))`.
#[must_use]
pub fn content_hash(cells: &Cells) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam content 1");
    hasher.update(&encode(cells));
    Digest(hasher.finalize().into())
}

/// The record of a periodic type (`pack.type`) for an office and a period: the first 16 bytes of
/// `BLAKE3("genggam periodic 1" ‖ cbor([type, office, period]))`, the same on every device.
#[must_use]
pub fn periodic_id(type_key: &str, office: OfficeId, period: Period) -> RecordId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam periodic 1");
    hasher.update(&encode(&(type_key, office, period)));
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    RecordId(id)
}

fn encode(value: &impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("invariant: writing to memory does not fail")
}
