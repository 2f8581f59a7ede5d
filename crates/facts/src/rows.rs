//! Fact rows: what a change of a record does to its facts.
//!
//! A fact is never changed. An edit retracts what no longer holds (weight −1) and asserts what
//! newly holds (+1); what stays the same gives no row. Sums over weights are thus the facts as
//! they stand, and sums over rows known up to a time are the facts as they were known then.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, RecordId};
use domain::limits::DIMS_PER_MEASURE_MAX;
use domain::measure::Derived;
use domain::period::Date;

/// The dimensions of a fact, in the order of its measure's.
pub type Dims = [Option<String>; DIMS_PER_MEASURE_MAX];

/// One asserted or retracted value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactRow {
    /// The measure, as `pack.key`.
    pub measure: String,
    /// The office that it belongs to; its place in the tree is looked up when asked.
    pub office: OfficeId,
    /// When it holds.
    pub date: Date,
    /// Its dimensions.
    pub dims: Dims,
    /// The value, an integer at the measure's scale.
    pub value: i64,
    /// +1 asserts, −1 retracts. Equal facts of one record (two rows of a group) add up.
    pub weight: i8,
    /// When this node received the operation, in milliseconds since 1970.
    pub known_ms: u64,
    /// The record that it comes from.
    pub record: RecordId,
    /// The position in this node's log of the operation that it comes from.
    pub pos: u64,
}

/// The operation by which facts become known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub record: RecordId,
    /// When this node received it, in milliseconds since 1970.
    pub known_ms: u64,
    /// Its position in this node's log.
    pub pos: u64,
}

type Key<'a> = (&'a str, OfficeId, Date, &'a [Option<String>], i64);

/// The rows that take a record's facts from `before` to `after`: the differences only.
#[must_use]
pub fn from_change(before: &[Derived], after: &[Derived], known: Known) -> Vec<FactRow> {
    let mut net: BTreeMap<Key<'_>, i32> = BTreeMap::new();
    for (facts, weight) in [(before, -1), (after, 1)] {
        for fact in facts {
            *net.entry(key(fact)).or_default() += weight;
        }
    }
    let mut rows = Vec::new();
    for ((measure, office, date, dims, value), net) in net {
        let mut all: Dims = Default::default();
        for (slot, dim) in all.iter_mut().zip(dims) {
            slot.clone_from(dim);
        }
        let row = FactRow {
            measure: measure.to_owned(),
            office,
            date,
            dims: all,
            value,
            weight: if net < 0 { -1 } else { 1 },
            known_ms: known.known_ms,
            record: known.record,
            pos: known.pos,
        };
        rows.extend(std::iter::repeat_n(row, net.unsigned_abs() as usize));
    }
    rows
}

fn key(fact: &Derived) -> Key<'_> {
    let mut dims = fact.dims.as_slice();
    while let [rest @ .., None] = dims {
        dims = rest;
    }
    (&fact.measure, fact.office, fact.date, dims, fact.value)
}
