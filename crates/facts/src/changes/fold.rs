//! A number that is no sum, before and after each operation.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, RecordId};
use domain::period::Date;

use super::{ChangeRow, InputChange, number};
use crate::figure::{Content, decimal, evaluate};
use crate::query::catalog::Entry;
use crate::query::check::Asked;

/// A fact row as it is played again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) pos: u64,
    pub(super) record: RecordId,
    pub(super) office: OfficeId,
    pub(super) known_ms: u64,
    pub(super) date: Date,
    pub(super) dims: Vec<Option<String>>,
    pub(super) value: i64,
    pub(super) weight: i64,
}

/// A measure that is added up, in one cell, as it stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// The sum and how many facts.
    Sum(i128, i64),
    /// How many facts of each thing.
    Distinct(BTreeMap<i64, i64>),
    /// The last value of each office and dimensions.
    Last(Last),
}

/// Stocks in a cell: what each office and dimensions have on each date.
pub(super) struct Last {
    /// The sum of all that lie here, and how many they are.
    pub(super) whole: (i128, i64),
    /// Those that change, date by date: sums and how many facts.
    pub(super) series: BTreeMap<Series, BTreeMap<Date, (i128, i64)>>,
    /// Whether an office lies in the cell on a date.
    pub(super) here: Box<dyn Fn(OfficeId, Date) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Last").field("whole", &self.whole).field("series", &self.series).finish()
    }
}

/// What has one stock: an office, by dimensions.
pub(super) type Series = (OfficeId, Vec<Option<String>>);

/// A cell before and after, and what each operation did.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) before: Content,
    pub(super) after: Content,
    pub(super) rows: Vec<ChangeRow>,
}

impl Last {
    /// What a series has in the cell: its last date's, if it was here then.
    fn of(&self, series: &Series) -> (i128, i64) {
        let dates = self.series.get(series).into_iter().flatten().rev();
        let last = dates.into_iter().find(|(_, (_, facts))| *facts != 0);
        last.filter(|(date, _)| (self.here)(series.0, **date))
            .map_or((0, 0), |(_, (sum, _))| (*sum, 1))
    }

    fn add(&mut self, row: &Row) {
        let series = (row.office, row.dims.clone());
        let before = self.of(&series);
        let held = self.series.entry(series.clone()).or_default().entry(row.date).or_default();
        *held = (held.0 + i128::from(row.value) * i128::from(row.weight), held.1 + row.weight);
        let after = self.of(&series);
        self.whole.0 += after.0 - before.0;
        self.whole.1 += after.1 - before.1;
    }
}

impl Standing {
    fn add(&mut self, row: &Row) {
        match self {
            Self::Sum(sum, facts) => {
                *sum += i128::from(row.value) * i128::from(row.weight);
                *facts += row.weight;
            }
            Self::Distinct(things) => {
                let facts = things.entry(row.value).or_default();
                *facts += row.weight;
                if *facts == 0 {
                    things.remove(&row.value);
                }
            }
            Self::Last(last) => last.add(row),
        }
    }

    fn content(&self) -> Content {
        let (value, some) = match self {
            Self::Sum(sum, facts) => (*sum, *facts != 0),
            Self::Distinct(things) => (things.len() as i128, !things.is_empty()),
            Self::Last(last) => (last.whole.0, last.whole.1 > 0),
        };
        if some { Content::Value(value) } else { Content::None }
    }
}

/// Plays rows in the order of the log: what each operation did to the cell, by record and office.
pub(super) fn fold(
    asked: &Asked<'_>,
    entry: &Entry,
    mut standing: BTreeMap<String, Standing>,
    mut played: Vec<(String, Row)>,
) -> Folded {
    let key = |row: &Row| (row.pos, row.record, row.office);
    played.sort_by(|(a, one), (b, other)| key(one).cmp(&key(other)).then_with(|| a.cmp(b)));
    let contents = |standing: &BTreeMap<String, Standing>| -> BTreeMap<String, Content> {
        standing.iter().map(|(name, held)| (name.clone(), held.content())).collect()
    };
    let mut inputs = contents(&standing);
    let before = evaluate(asked, entry, &inputs);
    let (mut cell, mut rows) = (before, Vec::new());
    for one in played.chunk_by(|(_, a), (_, b)| key(a) == key(b)) {
        for (measure, row) in one {
            if let Some(held) = standing.get_mut(measure) {
                held.add(row);
            }
        }
        let (inputs_then, cell_then) = (inputs, cell);
        inputs = contents(&standing);
        cell = evaluate(asked, entry, &inputs);
        if inputs == inputs_then {
            continue;
        }
        let value = number(cell) - number(cell_then);
        let (_, Row { pos, record, office, known_ms, .. }) = &one[0];
        rows.push(ChangeRow {
            pos: *pos,
            record: *record,
            office: *office,
            known_ms: *known_ms,
            value,
            text: decimal(value, entry.scale),
            inputs: if standing.contains_key(&entry.name) {
                Vec::new()
            } else {
                differences(asked, &inputs_then, &inputs)
            },
        });
    }
    Folded { before, after: cell, rows }
}

/// By what the inputs of a formula changed, those that did.
fn differences(
    asked: &Asked<'_>,
    before: &BTreeMap<String, Content>,
    after: &BTreeMap<String, Content>,
) -> Vec<InputChange> {
    let pairs = before.iter().zip(after).filter(|((_, before), (_, after))| before != after);
    let changes = pairs.map(|((name, before), (_, after))| {
        let scale = asked.entries.get(name).map_or(0, |entry| entry.scale);
        let text = decimal(number(*after) - number(*before), scale);
        InputChange { measure: name.clone(), text }
    });
    changes.collect()
}
