//! What a record should be, worked out again in the plainest way: no shortcuts, no increments,
//! every question asked of the whole set of operations.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{Digest, OfficeId, OpTag, StateId};
use domain::op::{Change, Op};
use domain::record::{Record, content_hash};
use domain::value::{Cell, CellPath, Cells};

use crate::pack::{ACTIONS, DRAFT, SENT, VERIFIED};

/// What the model says of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    order: Vec<OpTag>,
    cells: BTreeMap<CellPath, (Option<Cell>, BTreeSet<OpTag>)>,
    state: StateId,
    approved: Option<Digest>,
    acknowledged: BTreeSet<OfficeId>,
    heads: BTreeSet<OpTag>,
    comments: usize,
}

impl Expected {
    /// The same things of a record that the engine folded.
    pub(crate) fn of(record: &Record) -> Self {
        let cell = |held: &domain::record::Held| {
            (held.cell.clone(), held.losers.iter().map(|loser| loser.by).collect())
        };
        Self {
            order: record.history.iter().map(|event| event.tag).collect(),
            cells: record.cells.iter().map(|(path, held)| (*path, cell(held))).collect(),
            state: record.state,
            approved: record.approved,
            acknowledged: record.acknowledged.keys().copied().collect(),
            heads: record.heads.clone(),
            comments: record.comments.len(),
        }
    }

    /// What these operations should make.
    pub(crate) fn from_ops(ops: &BTreeMap<OpTag, Op>) -> Self {
        let order = order(ops);
        let seen: BTreeSet<OpTag> = ops.values().flat_map(|op| op.change.saw()).copied().collect();
        let by = |wanted: fn(&Change) -> bool| ops.values().filter(move |op| wanted(&op.change));
        let (state, approved) = replay(ops, &order);
        let mut writes: BTreeMap<CellPath, Vec<(OpTag, Option<Cell>)>> = BTreeMap::new();
        for tag in &order {
            for (path, cell) in writes_of(&ops[tag]) {
                writes.entry(path).or_default().push((*tag, cell));
            }
        }
        Self {
            cells: writes.iter().map(|(path, writes)| (*path, standing(ops, writes))).collect(),
            state,
            approved,
            acknowledged: by(|change| matches!(change, Change::Acknowledge(_)))
                .map(|op| op.office)
                .collect(),
            heads: ops.keys().filter(|tag| !seen.contains(tag)).copied().collect(),
            comments: by(|change| matches!(change, Change::Comment(_))).count(),
            order,
        }
    }
}

/// Again and again the least of those that wait for nobody; the first creation to the front.
fn order(ops: &BTreeMap<OpTag, Op>) -> Vec<OpTag> {
    let mut order: Vec<OpTag> = Vec::new();
    while order.len() < ops.len() {
        let free = ops.iter().filter(|(tag, op)| {
            let mut saw = op.change.saw().iter();
            !order.contains(tag) && saw.all(|s| !ops.contains_key(s) || order.contains(s))
        });
        let next = free.min_by_key(|(tag, op)| (op.time, **tag));
        order.push(*next.expect("invariant: nobody sees in a circle").0);
    }
    let creates = |tag: &OpTag| matches!(ops[tag].change, Change::Create(_));
    if let Some(first) = order.iter().position(creates) {
        let first = order.remove(first);
        order.insert(0, first);
    }
    order
}

/// Everything that an operation saw, through others too.
fn ancestors(ops: &BTreeMap<OpTag, Op>, tag: OpTag) -> BTreeSet<OpTag> {
    let mut all = BTreeSet::new();
    let mut open: Vec<OpTag> = vec![tag];
    while let Some(tag) = open.pop() {
        for saw in ops.get(&tag).map_or(&[][..], |op| op.change.saw()) {
            if all.insert(*saw) {
                open.push(*saw);
            }
        }
    }
    all
}

fn writes_of(op: &Op) -> Vec<(CellPath, Option<Cell>)> {
    match &op.change {
        Change::Create(create) => {
            create.cells.iter().map(|(path, cell)| (*path, Some(cell.clone()))).collect()
        }
        Change::Patch(patch) => {
            patch.cells.iter().map(|(path, cell)| (*path, cell.clone())).collect()
        }
        Change::Transition(_)
        | Change::Comment(_)
        | Change::Acknowledge(_)
        | Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => Vec::new(),
    }
}

/// The last write stands. An earlier one lost, unless a later one saw it or says the same.
fn standing(
    ops: &BTreeMap<OpTag, Op>,
    writes: &[(OpTag, Option<Cell>)],
) -> (Option<Cell>, BTreeSet<OpTag>) {
    let lost = |at: usize| {
        let (tag, cell) = &writes[at];
        let later = writes[at + 1..].iter();
        later.clone().all(|(by, what)| !ancestors(ops, *by).contains(tag) && what != cell)
    };
    let last = writes.len() - 1;
    let losers = (0..last).filter(|at| lost(*at)).map(|at| writes[at].0).collect();
    (writes[last].1.clone(), losers)
}

/// The workflow, operation by operation.
fn replay(ops: &BTreeMap<OpTag, Op>, order: &[OpTag]) -> (StateId, Option<Digest>) {
    let (mut state, mut approved, mut cells) = (DRAFT, None, Cells::new());
    for tag in order {
        for (path, cell) in writes_of(&ops[tag]) {
            match cell {
                Some(cell) => cells.insert(path, cell),
                None => cells.remove(&path),
            };
        }
        let content = content_hash(&cells);
        if approved.is_some_and(|approved| approved != content) {
            (state, approved) = (SENT, None);
        }
        let Change::Transition(change) = &ops[tag].change else { continue };
        let action = ACTIONS.iter().find(|(id, ..)| *id == change.action);
        let Some((_, from, to, _)) = action else { continue };
        if state == *from && (*to != VERIFIED || change.content == content) {
            state = *to;
            approved = (*to == VERIFIED).then_some(content);
        }
    }
    (state, approved)
}
