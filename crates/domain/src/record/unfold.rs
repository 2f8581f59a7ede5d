//! The way back: from a record to the operations that made it, byte by byte.
//!
//! A record names every operation of its own, keeps what each put into its cells and what stood
//! there before. Most operations follow from that; [`Rest`] holds the others whole. So an
//! operation's bytes need not be kept beside its record.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::{Effect, Event, Move, Record, Tagged, content_hash};
use crate::ids::OpTag;
use crate::op::{Acknowledge, Change, Comment, Create, FORMAT, Op, Patch, Transition, TypeRef};
use crate::planted::{self, Bug};
use crate::value::{Cell, CellPath, Cells};

/// What a record does not say of its operations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Rest {
    /// The pack version of its creation and of most patches.
    #[n(0)]
    version: u32,
    /// Operations that don't follow from the record, as they are.
    #[n(1)]
    whole: BTreeMap<OpTag, Op>,
}

/// What has to be kept beside a record, so that [`unfold`] gives these operations. Tags that two
/// operations share give one of them: compare before anything is thrown away.
#[must_use]
pub fn rest(record: &Record, ops: &[Tagged]) -> Rest {
    let first = record.history.first().map(|event| event.tag);
    let creation = |op: &&Tagged| Some(op.tag) == first;
    let version = match ops.iter().find(creation).map(|op| &op.op.change) {
        Some(Change::Create(create)) => create.type_ref.version,
        Some(_) | None => record.type_ref.version,
    };
    let made = unfold(record, &Rest { version, whole: BTreeMap::new() });
    let missing = ops
        .iter()
        .filter(|op| made.get(&op.tag) != Some(&op.op) && !planted::is(Bug::RestForgotten));
    let whole = missing.map(|op| (op.tag, op.op.clone())).collect();
    Rest { version, whole }
}

/// The operations of a record, by tag.
#[must_use]
pub fn unfold(record: &Record, rest: &Rest) -> BTreeMap<OpTag, Op> {
    let mut after = After {
        record,
        version: rest.version,
        cells: record.cells.iter().map(|(path, held)| (*path, held.cell.clone())).collect(),
    };
    let mut ops = rest.whole.clone();
    for event in record.history.iter().rev() {
        if let Some(change) = after.step_back(event) {
            ops.entry(event.tag).or_insert_with(|| Op {
                format: FORMAT,
                time: event.time,
                author: event.author,
                office: event.office,
                submission: event.submission,
                change,
                moved: None,
            });
        }
    }
    ops
}

/// The record's cells after the event that is looked at, from the last to the first.
struct After<'a> {
    record: &'a Record,
    version: u32,
    cells: BTreeMap<CellPath, Option<Cell>>,
}

impl After<'_> {
    /// What the event's operation says, if that follows from the record.
    fn step_back(&mut self, event: &Event) -> Option<Change> {
        let (record, saw) = (self.record.id, event.saw.clone());
        match &event.effect {
            Effect::Created => Some(Change::Create(Create {
                record,
                type_ref: TypeRef { version: self.version, ..self.record.type_ref.clone() },
                office: self.record.office,
                period: self.record.period,
                cells: self.standing(),
            })),
            Effect::Patched(patched) => {
                let mut cells = BTreeMap::new();
                for (path, before) in &patched.cells {
                    let written = self.cells.insert(*path, before.clone());
                    cells.insert(*path, written.flatten());
                }
                Some(Change::Patch(Patch { record, saw, type_version: self.version, cells }))
            }
            Effect::Moved(moved) => Some(self.transition(event, moved)),
            Effect::Commented => {
                let remark = self.record.comments.iter().find(|remark| remark.by == event.tag)?;
                Some(Change::Comment(Comment { record, saw, text: remark.text.clone() }))
            }
            Effect::Acknowledged => Some(Change::Acknowledge(Acknowledge { record, saw })),
            // What had no effect left nothing in the record.
            Effect::Refused(..) | Effect::Foreign => None,
        }
    }

    /// A move that took place was mostly of the content that stood.
    fn transition(&self, event: &Event, moved: &Move) -> Change {
        Change::Transition(Transition {
            record: self.record.id,
            saw: event.saw.clone(),
            action: moved.action,
            content: content_hash(&self.standing()),
            returned: moved.returned.clone(),
            reason: moved.reason.clone(),
        })
    }

    fn standing(&self) -> Cells {
        let cells = self.cells.iter();
        cells.filter_map(|(path, cell)| Some((*path, cell.clone()?))).collect()
    }
}
