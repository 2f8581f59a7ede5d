//! The canonical order of a record's operations.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::Tagged;
use crate::hlc::Hlc;
use crate::ids::{OfficeId, OpTag};
use crate::op::Change;

/// The operations in canonical order, each once, the first creation before all; empty where
/// nothing creates the record.
pub(super) fn canonical(all: &[Tagged]) -> Vec<&Tagged> {
    let ops = once_each(all);
    let mut waits_for: BTreeMap<OpTag, usize> = BTreeMap::new();
    let mut waiting_on: BTreeMap<OpTag, Vec<OpTag>> = BTreeMap::new();
    for (tag, op) in &ops {
        let saw: BTreeSet<OpTag> = op.op.change.saw().iter().copied().collect();
        let here = saw.into_iter().filter(|seen| seen != tag && ops.contains_key(seen));
        for seen in here {
            *waits_for.entry(*tag).or_default() += 1;
            waiting_on.entry(seen).or_default().push(*tag);
        }
    }
    let free = ops.iter().filter(|(tag, _)| !waits_for.contains_key(tag));
    let mut ready: BinaryHeap<Reverse<(Hlc, OpTag)>> =
        free.map(|(tag, op)| Reverse((op.op.time, *tag))).collect();
    let mut order: Vec<&Tagged> = Vec::with_capacity(ops.len());
    while let Some(Reverse((_, tag))) = ready.pop() {
        order.push(ops[&tag]);
        for next in waiting_on.remove(&tag).unwrap_or_default() {
            let left = waits_for.get_mut(&next).expect("invariant: a waiting operation is counted");
            *left -= 1;
            if *left == 0 {
                ready.push(Reverse((ops[&next].op.time, next)));
            }
        }
    }
    append_circles(&mut order, &ops);
    creation_first(order, all)
}

/// Operations that wait for each other in a circle: only forged tags can make one. They come
/// last, by time and tag, so that the order is total whatever arrives.
fn append_circles<'a>(order: &mut Vec<&'a Tagged>, ops: &BTreeMap<OpTag, &'a Tagged>) {
    if order.len() == ops.len() {
        return;
    }
    let placed: BTreeSet<OpTag> = order.iter().map(|op| op.tag).collect();
    let mut left: Vec<&Tagged> =
        ops.values().copied().filter(|op| !placed.contains(&op.tag)).collect();
    left.sort_by_key(|op| (op.op.time, op.tag));
    order.append(&mut left);
}

fn creation_first<'a>(order: Vec<&'a Tagged>, all: &'a [Tagged]) -> Vec<&'a Tagged> {
    let begins = order.iter().enumerate().find_map(|(at, op)| {
        let Change::Create(create) = &op.op.change else { return None };
        covering(op, create.office, all).map(|_| (at, create.office))
    });
    let Some((first, owner)) = begins else {
        return Vec::new();
    };
    let mut order: Vec<&Tagged> =
        order.into_iter().map(|op| covering(op, owner, all).unwrap_or(op)).collect();
    order[..=first].rotate_right(1);
    order
}

/// The operation where it counts for records of this office: written again, it may stand in
/// several streams, in whatever order they came, and one of them is enough.
fn covering<'a>(op: &'a Tagged, owner: OfficeId, all: &'a [Tagged]) -> Option<&'a Tagged> {
    if op.covers(owner) {
        return Some(op);
    }
    all.iter().find(|other| other.tag == op.tag && other.covers(owner) && other.op.is_again(&op.op))
}

/// Drops repetitions. Should two operations have one tag, the lesser by its bytes stays: which
/// one does not depend on arrival.
fn once_each(ops: &[Tagged]) -> BTreeMap<OpTag, &Tagged> {
    let mut once: BTreeMap<OpTag, &Tagged> = BTreeMap::new();
    for op in ops {
        let kept = once.entry(op.tag).or_insert(op);
        if kept.op != op.op && super::encode(&op.op) < super::encode(&kept.op) {
            *kept = op;
        }
    }
    once
}
