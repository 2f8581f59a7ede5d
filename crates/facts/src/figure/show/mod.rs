//! Views of a figure's numbers: shares, growth, sums over time, percentiles.
//!
//! They are computed from the cells that a figure shows. What is computed from a hidden cell is
//! hidden, so a view tells nothing that the figures it is made from don't: the figure asked, and,
//! for earlier periods, the same figure over a longer time. A cell that either of them hides is
//! hidden in the view.

use std::collections::BTreeMap;

use domain::period::{Grain, Period};

use super::grid::Grid;
use super::numbers::{Content, Numbers, Sheet, by_unit, evaluate, smallest};
use crate::key::Key;
use crate::query::Query;
use crate::query::catalog::Entry;
use crate::query::check::Asked;
use crate::query::view::{Back, Of, Spec, View, period_axis};

mod exact;
mod rank;
mod values;

pub(super) use values::Valued;

/// What views are computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) grid: &'a Grid,
    pub(super) numbers: &'a Numbers,
    /// The same over a longer time, where a view looks back.
    pub(super) longer: Option<(&'a Grid, &'a Numbers)>,
    /// The records' values by measure, where a view needs them.
    pub(super) values: &'a BTreeMap<String, Vec<Valued>>,
    pub(super) small_cells: bool,
}

/// The numbers of one measure and unit, as they are shown.
#[derive(Clone, Debug)]
pub(super) struct Shown<'a> {
    pub(super) spec: &'a Spec,
    pub(super) unit: Option<String>,
    pub(super) scale: u8,
    pub(super) sheet: Sheet,
}

/// The query over the time that its views look back, if they do.
pub(super) fn longer(asked: &Asked<'_>) -> Option<Query> {
    let (_, grain) = period_axis(asked.query)?;
    let first = Period::containing(grain, asked.query.from);
    let views = asked.specs.iter().filter_map(|spec| spec.view);
    let reached = views.filter(|view| view.is_over_time()).map(|view| view.reaches(first).first());
    reached
        .min()
        .filter(|from| *from < asked.query.from)
        .map(|from| Query { from, ..asked.query.clone() })
}

/// Digits after the point of what is shown of a measure.
pub(super) fn scale(spec: &Spec, entry: &Entry) -> u8 {
    if spec.view.is_some_and(View::is_percent) { exact::PERCENT_SCALE } else { entry.scale }
}

impl Source<'_> {
    /// A measure as it is shown: a sheet for each of its units.
    pub(super) fn shown<'s>(&self, (spec, entry): (&'s Spec, &Entry)) -> Vec<Shown<'s>> {
        let scale = scale(spec, entry);
        let sheets = self.sheets(spec, entry).into_iter();
        sheets.map(|(unit, sheet)| Shown { spec, unit, scale, sheet }).collect()
    }

    /// The sheets of a measure as it is shown, by unit. Views have no totals.
    fn sheets(&self, spec: &Spec, entry: &Entry) -> BTreeMap<Option<String>, Sheet> {
        let Some(sheets) = self.numbers.sheets.get(&entry.name) else { return BTreeMap::new() };
        let Some(view) = spec.view else { return sheets.clone() };
        let one = |(unit, sheet): (&Option<String>, &Sheet)| {
            let cells = match view {
                View::Share(of) => self.shares(entry, sheet, of),
                View::Percentile(percent) => self.percentiles(entry, unit.as_ref(), percent),
                View::Growth(_)
                | View::Change(_)
                | View::Before(_)
                | View::Cumulative
                | View::Rolling(_) => self.over_time(entry, unit.as_ref(), view),
            };
            (unit.clone(), Sheet { cells, rows: None, columns: None, all: None })
        };
        sheets.iter().map(one).collect()
    }

    fn shares(&self, entry: &Entry, sheet: &Sheet, of: Of) -> Vec<Content> {
        let columns = self.grid.columns.lines.len().max(1);
        let at = |totals: &Option<Vec<Content>>, index: usize| {
            totals.as_ref().and_then(|totals| totals.get(index).copied())
        };
        let total = |index: usize| match of {
            Of::Row => at(&sheet.rows, index / columns),
            Of::Column => at(&sheet.columns, index % columns),
            Of::All if self.grid.rows.axes.is_empty() => at(&sheet.rows, 0),
            Of::All if self.grid.columns.axes.is_empty() => at(&sheet.columns, 0),
            Of::All => sheet.all,
        };
        let hides = self.hides(entry);
        let share = |(index, cell): (usize, &Content)| match (*cell, total(index)) {
            (Content::Suppressed, _) | (_, Some(Content::Suppressed)) => Content::Suppressed,
            (Content::None, _) => Content::None,
            // A table that gave up its totals to keep its cells hidden doesn't give them here.
            (_, None) if hides => Content::Suppressed,
            (Content::Value(part), Some(Content::Value(whole))) => {
                exact::percent(part, whole).map_or(Content::Incomputable, Content::Value)
            }
            (_, _) => Content::Incomputable,
        };
        sheet.cells.iter().enumerate().map(share).collect()
    }

    /// The value at the nearest rank: of n values in order the one at ⌈n × percent / 100⌉. It is
    /// one record's own, so a measure that hides small numbers has none for who may not see them.
    fn percentiles(&self, entry: &Entry, unit: Option<&String>, percent: u8) -> Vec<Content> {
        let (rows, columns) = (&self.grid.rows, &self.grid.columns);
        let split = rows.axes.len();
        let mut cells = vec![Content::None; rows.lines.len() * columns.lines.len()];
        let mut by_cell: BTreeMap<usize, Vec<(i128, u64)>> = BTreeMap::new();
        let valued = self.values.get(&entry.name).into_iter().flatten();
        for valued in valued.filter(|valued| valued.unit.as_ref() == unit) {
            let row = rows.position(&valued.keys[..split]);
            let column = columns.position(&valued.keys[split..]);
            let (Some(row), Some(column)) = (row, column) else { continue };
            let at = row * columns.lines.len() + column;
            by_cell.entry(at).or_default().push((valued.value, valued.facts));
        }
        let hidden = self.hides(entry);
        for (at, mut values) in by_cell {
            values.sort_unstable();
            cells[at] = match rank::nearest_rank(&values, percent) {
                _ if hidden => Content::Suppressed,
                Some(value) => Content::Value(value),
                None => Content::None,
            };
        }
        cells
    }

    fn over_time(&self, entry: &Entry, unit: Option<&String>, view: View) -> Vec<Content> {
        let Some((axis, grain)) = period_axis(self.asked.query) else { return Vec::new() };
        let lines = self.grid.rows.lines.iter().flat_map(|row| {
            self.grid
                .columns
                .lines
                .iter()
                .map(move |column| [row.as_slice(), column.as_slice()].concat())
        });
        let cell = |keys: Vec<Key>| {
            let Some(Key::Period(period)) = keys.get(axis).cloned() else { return Content::None };
            let at = |period: Option<Period>| {
                let mut there = keys.clone();
                period.map_or(Content::None, |period| {
                    there[axis] = Key::Period(period);
                    self.of_measure(entry, unit, &there)
                })
            };
            let earlier = |back: Back| match back {
                Back::Period => at(Some(period.previous())),
                Back::Year => at(period.year_before()),
            };
            match view {
                View::Before(back) => earlier(back),
                View::Change(back) => {
                    self.compared(grain, period, at(Some(period)), earlier(back), |now, then| {
                        now.checked_sub(then)
                    })
                }
                View::Growth(back) => {
                    self.compared(grain, period, at(Some(period)), earlier(back), |now, then| {
                        exact::percent(now.checked_sub(then)?, then.checked_abs()?)
                    })
                }
                View::Cumulative | View::Rolling(_) => {
                    self.summed(entry, unit, &keys, axis, view.reaches(period)..=period)
                }
                View::Share(_) | View::Percentile(_) => Content::None,
            }
        };
        lines.map(cell).collect()
    }

    fn hides(&self, entry: &Entry) -> bool {
        !self.small_cells && entry.suppress_below.is_some()
    }

    /// A cell against an earlier one. A last period that the query cuts short has nothing to be
    /// compared with.
    fn compared(
        &self,
        grain: Grain,
        period: Period,
        now: Content,
        then: Content,
        compare: impl Fn(i128, i128) -> Option<i128>,
    ) -> Content {
        let cut = Period::containing(grain, self.asked.query.to) == period
            && period.last() > self.asked.query.to;
        match (now, then) {
            (Content::Suppressed, _) | (_, Content::Suppressed) => Content::Suppressed,
            (Content::None, Content::None) => Content::None,
            (Content::Value(now), Content::Value(then)) if !cut => {
                compare(now, then).map_or(Content::Incomputable, Content::Value)
            }
            (_, _) => Content::Incomputable,
        }
    }

    /// The sum over periods; a formula is computed from the sums of its inputs.
    fn summed(
        &self,
        entry: &Entry,
        unit: Option<&String>,
        keys: &[Key],
        axis: usize,
        periods: std::ops::RangeInclusive<Period>,
    ) -> Content {
        self.of_sums(entry, |base| {
            let (mut there, mut period) = (keys.to_vec(), *periods.start());
            let mut contents = Vec::new();
            while period <= *periods.end() {
                there[axis] = Key::Period(period);
                contents.push(self.of_measure(base, unit, &there));
                period = period.next();
            }
            contents
        })
    }

    /// A measure from the sums of cells of what is added up for it.
    pub(super) fn of_sums(&self, entry: &Entry, cells: impl Fn(&Entry) -> Vec<Content>) -> Content {
        let bases = self.asked.bases_of(entry).into_iter();
        let sum = |base: &Entry| cells(base).into_iter().fold(Content::None, add);
        let sums = bases.map(|base| (base.name.clone(), sum(base))).collect();
        let below = entry.suppress_below.filter(|_| !self.small_cells);
        let below = below.map(|below| smallest(below, entry.scale));
        match (evaluate(self.asked, entry, &sums), below) {
            (Content::Value(value), Some(below)) if value != 0 && value.abs() < below => {
                Content::Suppressed
            }
            (content, _) => content,
        }
    }

    /// What stands at these keys, over the longer time; hidden if either figure hides it.
    fn of_measure(&self, entry: &Entry, unit: Option<&String>, keys: &[Key]) -> Content {
        let unit = unit.filter(|_| by_unit(self.asked, entry)).cloned();
        let split = self.grid.rows.axes.len();
        let find = |(grid, numbers): (&Grid, &Numbers)| {
            let sheet = numbers.sheets.get(&entry.name)?.get(&unit)?;
            let row = grid.rows.position(&keys[..split])?;
            let column = grid.columns.position(&keys[split..])?;
            sheet.cells.get(row * grid.columns.lines.len() + column).copied()
        };
        let here = find((self.grid, self.numbers));
        let there = self.longer.and_then(find);
        match (here, there) {
            (Some(Content::Suppressed), _) => Content::Suppressed,
            (here, there) => there.or(here).unwrap_or(Content::None),
        }
    }
}

fn add(sum: Content, next: Content) -> Content {
    match (sum, next) {
        (Content::Suppressed, _) | (_, Content::Suppressed) => Content::Suppressed,
        (Content::None, next) => next,
        (sum, Content::None) => sum,
        (Content::Value(sum), Content::Value(next)) => {
            sum.checked_add(next).map_or(Content::Incomputable, Content::Value)
        }
        (_, _) => Content::Incomputable,
    }
}
