//! What the roll-up answers of a query, and which days it leaves to the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain::ids::OfficeId;
use domain::period::{Date, Grain, Period};

use super::block::Block;
use super::{Rollup, is_daily};
use crate::error::QueryError;
use crate::fold::Fold;
use crate::query::catalog::Entry;
use crate::query::{Axis, Filter, Query};
use crate::rows::Dims;

/// Doesn't count: its office is not allowed, or its dimensions aren't asked.
const OUT: u32 = u32::MAX;

/// Days, both included.
pub(crate) type Days = (Date, Date);

impl Rollup {
    /// Adds what it holds of an additive measure, and returns the days that it leaves to rows:
    /// those outside whole months, those of a month in which an office with facts is placed
    /// elsewhere, and all if the axes ask for less than months.
    pub(crate) fn answer(
        &self,
        query: &Query,
        axes: &[Axis],
        entry: &Entry,
        fold: &mut Fold,
    ) -> Result<Vec<Days>, QueryError> {
        let all = (query.from, query.to);
        let Some(blocks) = self.blocks(&entry.name) else { return Ok(vec![all]) };
        let days = if is_daily(&entry.name) { Some(all) } else { whole_months(axes, all) };
        let Some((first, last)) = days else { return Ok(vec![all]) };
        let mut split = BTreeSet::new();
        if !is_daily(&entry.name) {
            for block in blocks {
                split.extend(split_months(block, (first, last), fold));
            }
        }
        for block in blocks {
            add(block, (first, last), &split, |dims| asked(&query.filters, entry, dims), fold)?;
        }
        Ok(left(all, (first, last), &split))
    }

    /// Offices and days on which a report of a schedule stands; none if rows must be asked.
    pub(crate) fn received(&self, query: &Query, entry: &Entry) -> Option<Vec<(OfficeId, Date)>> {
        let blocks = self.blocks(&entry.name).filter(|_| is_daily(&entry.name))?;
        let days = usize::try_from(query.to.0 - query.from.0 + 1).unwrap_or(0);
        let mut offices: BTreeMap<OfficeId, usize> = BTreeMap::new();
        let mut nets: Vec<Vec<i64>> = Vec::new();
        for block in blocks {
            let ranks: Vec<usize> = block
                .offices()
                .iter()
                .map(|office| {
                    let next = offices.len();
                    *offices.entry(*office).or_insert(next)
                })
                .collect();
            nets.resize_with(offices.len(), || vec![0; days]);
            for (date, cells) in block.times(query.from, query.to) {
                let day = usize::try_from(date.0 - query.from.0).unwrap_or(0);
                for (office, _, _, net) in block.cells(cells) {
                    nets[ranks[office as usize]][day] += i64::from(net);
                }
            }
        }
        let standing = offices.into_iter().flat_map(|(office, rank)| {
            let days = std::mem::take(&mut nets[rank]).into_iter().zip(0..);
            let standing = days.filter(|(net, _)| *net > 0);
            standing.map(move |(_, day)| (office, query.from.plus_days(day)))
        });
        Some(standing.collect())
    }
}

/// The whole months within these days, where the axes ask for no less than months.
fn whole_months(axes: &[Axis], (from, to): Days) -> Option<Days> {
    let fine = |axis: &Axis| matches!(axis, Axis::Period(Grain::Day | Grain::Week));
    if axes.iter().any(fine) {
        return None;
    }
    let mut first = Period::containing(Grain::Month, from);
    if first.first() < from {
        first = first.next();
    }
    let mut last = Period::containing(Grain::Month, to);
    if to < last.last() {
        last = last.previous();
    }
    (first.first() <= last.first()).then(|| (first.first(), last.last()))
}

/// The months in which an office that has cells is placed elsewhere.
fn split_months(block: &Block, (first, last): Days, fold: &mut Fold) -> Vec<Date> {
    let mut split = Vec::new();
    for (month, cells) in block.times(first, last) {
        let end = Period::containing(Grain::Month, month).last();
        if !fold.shape().changes(month, end) {
            continue;
        }
        let moves: Vec<bool> = block
            .offices()
            .iter()
            .map(|office| fold.stay(*office, month).place != fold.stay(*office, end).place)
            .collect();
        if block.offices_of(cells).iter().any(|office| moves[*office as usize]) {
            split.push(month);
        }
    }
    split
}

/// Whether the filters of a query let these dimensions pass.
fn asked(filters: &[Filter], entry: &Entry, dims: &Dims) -> bool {
    filters.iter().all(|filter| {
        let Some(index) = entry.dim(&filter.dim) else { return true };
        let word = dims[index].as_deref().unwrap_or("");
        filter.values.iter().any(|value| value == word)
    })
}

/// Adds the cells of a block between two days, without those of split months.
fn add(
    block: &Block,
    (first, last): Days,
    split: &BTreeSet<Date>,
    asked: impl Fn(&Dims) -> bool,
    fold: &mut Fold,
) -> Result<(), QueryError> {
    let words: Vec<u32> = block.dims().iter().map(|dims| number(dims, &asked, fold)).collect();
    let mut places = Places { until: None, of: Vec::new() };
    for (time, cells) in block.times(first, last) {
        let Some(period) = fold.shape().period(time).filter(|_| !split.contains(&time)) else {
            continue;
        };
        if places.until.is_none_or(|until| until <= time) {
            places = Places::at(block, time, fold);
        }
        add_cells(block, cells, (&places.of, &words), period, fold)?;
    }
    Ok(())
}

/// The number in a fold of what its shape takes of dimensions.
fn number(dims: &Dims, asked: &impl Fn(&Dims) -> bool, fold: &mut Fold) -> u32 {
    if !asked(dims) {
        return OUT;
    }
    let wanted = fold.shape().dims().to_vec();
    let words = wanted.iter().enumerate();
    let words: Vec<u32> =
        words.map(|(nth, index)| fold.word(nth, dims[*index].as_deref())).collect();
    fold.combine(words.into_iter())
}

/// The places of a block's offices, and until when they hold.
struct Places {
    until: Option<Date>,
    of: Vec<u32>,
}

impl Places {
    fn at(block: &Block, time: Date, fold: &mut Fold) -> Self {
        let stays: Vec<_> = block.offices().iter().map(|office| fold.stay(*office, time)).collect();
        let until = stays.iter().map(|stay| stay.to).min();
        Self { until, of: stays.iter().map(|stay| stay.place.unwrap_or(OUT)).collect() }
    }
}

fn add_cells(
    block: &Block,
    cells: Range<usize>,
    (places, words): (&[u32], &[u32]),
    period: u32,
    fold: &mut Fold,
) -> Result<(), QueryError> {
    let mut last = (OUT, OUT, 0);
    for (office, dims, sum, net) in block.cells(cells) {
        let (place, words) = (places[office as usize], words[dims as usize]);
        if place == OUT || words == OUT {
            continue;
        }
        if (place, words) != (last.0, last.1) {
            last = (place, words, fold.slot(place, words)?);
        }
        fold.add(last.2, period, sum.into(), net.into());
    }
    Ok(())
}

/// The days of all that are neither whole months nor in months that aren't split.
fn left(all: Days, (first, last): Days, split: &BTreeSet<Date>) -> Vec<Days> {
    let mut left = vec![(all.0, first.plus_days(-1))];
    left.extend(
        split.iter().map(|month| (*month, Period::containing(Grain::Month, *month).last())),
    );
    left.push((last.plus_days(1), all.1));
    left.retain(|(from, to)| from <= to);
    left
}
