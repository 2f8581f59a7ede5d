//! Folding operations into a record.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::order::canonical;
use super::{Effect, Event, Held, Loser, Move, Patched, Record, Remark, Returned, Tagged};
use crate::hlc::Hlc;
use crate::ids::{OpTag, StateId};
use crate::op::{Change, Comment, Create, Op, Transition, TypeRef};
use crate::pack::{Pack, RecordType};
use crate::planted::{self, Bug};
use crate::value::{Cell, CellPath};
use crate::workflow;

/// The record types that a node knows.
pub trait Types {
    /// The type in exactly this version of its pack.
    fn get(&self, type_ref: &TypeRef) -> Option<&RecordType>;
}

impl Types for Pack {
    fn get(&self, type_ref: &TypeRef) -> Option<&RecordType> {
        let mine = self.name == type_ref.pack && self.version == type_ref.version;
        self.types.iter().find(|ty| mine && ty.id == type_ref.type_id)
    }
}

impl<T: Types> Types for [T] {
    fn get(&self, type_ref: &TypeRef) -> Option<&RecordType> {
        self.iter().find_map(|types| types.get(type_ref))
    }
}

/// Why a record can't be folded yet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FoldError {
    /// The pack's version hasn't arrived: fold again when it has.
    #[error("type {} of pack {} version {} is not known here", .0.type_id, .0.pack, .0.version)]
    UnknownType(TypeRef),
}

/// The record that these operations make, in whatever order they come; repetitions count once.
/// `None` while nothing creates the record.
pub fn fold(ops: &[Tagged], types: &(impl Types + ?Sized)) -> Result<Option<Record>, FoldError> {
    let mut record = None;
    let mut order = canonical(ops);
    if planted::is(Bug::FoldedTwice) && order.len() < ops.len() {
        order.extend(order.last().copied());
    }
    for op in order {
        record = Some(match record {
            None => begin(op, types)?,
            Some(record) => step(record, op, types)?,
        });
    }
    Ok(record)
}

/// Folds one more operation into a record: the same as [`fold`] of all of them.
///
/// An operation that is canonically last is added to what stands. Otherwise, and where nothing
/// stood, `all` is asked for every operation of the record, with or without this one.
pub fn apply<E: From<FoldError>>(
    record: Option<Record>,
    op: &Tagged,
    types: &(impl Types + ?Sized),
    all: impl FnOnce() -> Result<Vec<Tagged>, E>,
) -> Result<Option<Record>, E> {
    if let Some(record) = record
        && comes_last(&record, op)
    {
        return Ok(Some(step(record, op, types)?));
    }
    let mut ops = all()?;
    ops.push(op.clone());
    Ok(fold(&ops, types)?)
}

/// Whether the operation comes after all that the record holds: it is later than all, or saw all;
/// and nothing there waited for it.
fn comes_last(record: &Record, op: &Tagged) -> bool {
    let saw = op.op.change.saw();
    let place = (op.op.time, op.tag);
    let later = record.history.iter().all(|event| (event.time, event.tag) < place);
    let saw_all = record.heads.iter().all(|head| saw.contains(head));
    let new =
        record.history.iter().all(|event| event.tag != op.tag && !event.saw.contains(&op.tag));
    let same_record = op.op.change.record() == Some(record.id);
    new && same_record && (later || saw_all)
}

fn begin(op: &Tagged, types: &(impl Types + ?Sized)) -> Result<Record, FoldError> {
    let Change::Create(create) = &op.op.change else {
        unreachable!("invariant: the canonical order begins with a creation")
    };
    let ty = get(types, &create.type_ref)?;
    let held = |cell: &Cell| Held { cell: Some(cell.clone()), by: op.tag, losers: Vec::new() };
    Ok(Record {
        id: create.record,
        type_ref: create.type_ref.clone(),
        office: create.office,
        period: create.period,
        cells: create.cells.iter().map(|(path, cell)| (*path, held(cell))).collect(),
        state: ty.workflow.states.first().map_or(StateId(0), |state| state.id),
        returned: BTreeMap::new(),
        approved: None,
        comments: Vec::new(),
        acknowledged: BTreeMap::new(),
        history: vec![event(op, Effect::Created)],
        heads: BTreeSet::from([op.tag]),
    })
}

fn step(
    mut record: Record,
    op: &Tagged,
    types: &(impl Types + ?Sized),
) -> Result<Record, FoldError> {
    let effect = match &op.op.change {
        // Said where only offices that it is not about may hear it: nobody's to change.
        _ if !op.covers(record.office) => Effect::Foreign,
        Change::Create(create) => recreate(&mut record, op, create, types)?,
        Change::Patch(patch) => {
            record.type_ref.version = record.type_ref.version.max(patch.type_version);
            let changes = patch.cells.iter().map(|(path, cell)| (*path, cell.as_ref()));
            change_cells(&mut record, op, changes, types)?
        }
        Change::Transition(change) => transition(&mut record, op, change, types)?,
        Change::Comment(comment) => remark(&mut record, op, comment),
        Change::Acknowledge(_) => acknowledge(&mut record, &op.op),
        Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => Effect::Foreign,
    };
    let event = event(op, effect);
    record.heads.retain(|head| !event.saw.contains(head));
    record.heads.insert(op.tag);
    record.history.push(event);
    Ok(record)
}

/// A second creation: the same report filed on two devices. Its cells are a concurrent write.
fn recreate(
    record: &mut Record,
    op: &Tagged,
    create: &Create,
    types: &(impl Types + ?Sized),
) -> Result<Effect, FoldError> {
    let same_type = record.type_ref.pack == create.type_ref.pack
        && record.type_ref.type_id == create.type_ref.type_id;
    if !same_type || record.office != create.office || record.period != create.period {
        return Ok(Effect::Foreign);
    }
    record.type_ref.version = record.type_ref.version.max(create.type_ref.version);
    let changes = create.cells.iter().map(|(path, cell)| (*path, Some(cell)));
    change_cells(record, op, changes, types)
}

fn change_cells<'a>(
    record: &mut Record,
    op: &Tagged,
    changes: impl Iterator<Item = (CellPath, Option<&'a Cell>)>,
    types: &(impl Types + ?Sized),
) -> Result<Effect, FoldError> {
    let seen = Seen::of(record, op.op.change.saw());
    let mut changed = Vec::new();
    for (path, cell) in changes {
        let before = record.cells.get(&path).and_then(|held| held.cell.clone());
        let held = write(record.cells.remove(&path), cell.cloned(), op.tag, &seen);
        if held.cell != before {
            changed.push((path, before));
        }
        record.cells.insert(path, held);
        if record.returned.get(&path).is_some_and(|returned| seen.contains(returned.by)) {
            record.returned.remove(&path);
        }
    }
    let reopened = reopen(record, types)?;
    Ok(Effect::Patched(Patched { cells: changed, reopened }))
}

/// The cell after a write. What the writer saw is gone; what they didn't see is a loser, unless
/// it says the same.
fn write(held: Option<Held>, cell: Option<Cell>, by: OpTag, seen: &Seen) -> Held {
    let mut losers = Vec::new();
    if let Some(held) = held {
        losers = held.losers;
        losers.push(Loser { cell: held.cell, by: held.by });
        losers.retain(|loser| !seen.contains(loser.by) && loser.cell != cell);
    }
    Held { cell, by, losers }
}

/// Withdraws an approval whose content has changed.
fn reopen(
    record: &mut Record,
    types: &(impl Types + ?Sized),
) -> Result<Option<(StateId, StateId)>, FoldError> {
    let Some(approved) = record.approved else {
        return Ok(None);
    };
    if record.content() == approved {
        return Ok(None);
    }
    record.approved = None;
    let ty = get(types, &record.type_ref)?;
    let from = record.state;
    let to = ty.workflow.state(from).and_then(|state| state.reopens_to);
    record.state = to.unwrap_or(from);
    Ok(to.map(|to| (from, to)))
}

fn transition(
    record: &mut Record,
    op: &Tagged,
    change: &Transition,
    types: &(impl Types + ?Sized),
) -> Result<Effect, FoldError> {
    let ty = get(types, &record.type_ref)?;
    let to = match workflow::judge(record, ty, change.action, &change.content, op.op.time) {
        Ok(to) => to,
        Err(refusal) => return Ok(Effect::Refused(change.action, refusal)),
    };
    let from = record.state;
    record.state = to.id;
    record.approved = to.reopens_to.is_some().then_some(change.content);
    if record.approved.is_some() {
        record.returned.clear();
    }
    for cell in &change.returned {
        let returned = Returned { reason: cell.reason.clone(), by: op.tag };
        record.returned.insert(cell.path, returned);
    }
    Ok(Effect::Moved(Move {
        action: change.action,
        from,
        to: to.id,
        reason: change.reason.clone(),
        returned: change.returned.clone(),
    }))
}

fn remark(record: &mut Record, op: &Tagged, comment: &Comment) -> Effect {
    record.comments.push(Remark { by: op.tag, text: comment.text.clone() });
    Effect::Commented
}

fn acknowledge(record: &mut Record, op: &Op) -> Effect {
    let first: &mut Hlc = record.acknowledged.entry(op.office).or_insert(op.time);
    *first = (*first).min(op.time);
    Effect::Acknowledged
}

fn event(op: &Tagged, effect: Effect) -> Event {
    Event {
        tag: op.tag,
        time: op.op.time,
        author: op.op.author,
        office: op.op.office,
        submission: op.op.submission,
        saw: op.op.change.saw().to_vec(),
        effect,
    }
}

fn get<'a>(
    types: &'a (impl Types + ?Sized),
    type_ref: &TypeRef,
) -> Result<&'a RecordType, FoldError> {
    types.get(type_ref).ok_or_else(|| FoldError::UnknownType(type_ref.clone()))
}

/// What an author had seen: the operations that they named, and all that those had seen.
enum Seen {
    All,
    These(BTreeSet<OpTag>),
}

impl Seen {
    fn of(record: &Record, saw: &[OpTag]) -> Self {
        if record.heads.iter().all(|head| saw.contains(head)) {
            return Self::All;
        }
        let mut these: BTreeSet<OpTag> = saw.iter().copied().collect();
        for event in record.history.iter().rev() {
            if these.contains(&event.tag) {
                these.extend(&event.saw);
            }
        }
        Self::These(these)
    }

    fn contains(&self, tag: OpTag) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(&tag),
        }
    }
}
