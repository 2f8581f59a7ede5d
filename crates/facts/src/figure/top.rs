//! The first rows by a number that is shown, and the sums of the others.
//!
//! Rows are ordered by what the figure shows: a hidden number stands with those that have none,
//! last, so that its place tells nothing of it. The sum of the others is hidden where one of them
//! is.

use domain::pack::MeasureKind;

use super::numbers::{Content, by_unit};
use super::show::{Shown, Source};
use super::{Cell, NoTotal, RestOfRows, Why};
use crate::query::Axis;
use crate::query::catalog::Entry;
use crate::query::top::{Order, Rest, Top};

/// Which rows are shown, in order, and what else there is to tell.
#[derive(Debug)]
pub(super) struct Cut {
    /// The places of the rows shown, among all.
    pub(super) order: Vec<usize>,
    pub(super) rest: RestOfRows,
    pub(super) no_totals: Vec<NoTotal>,
}

/// Cuts the figure to its first rows.
pub(super) fn cut(top: &Top, source: &Source<'_>, shown: &mut [Shown<'_>]) -> Cut {
    let mut order = ranked(top, source, shown);
    let left = order.split_off(order.len().min(usize::from(top.rows)));
    let mut cut = Cut {
        order,
        rest: RestOfRows { rows: left.len() as u64, cells: Vec::new() },
        no_totals: Vec::new(),
    };
    if left.is_empty() {
        cut.reorder(source, shown);
        return cut;
    }
    match top.rest {
        Rest::Out => cut.without_totals(shown),
        Rest::Sum => cut.sum(source, shown, &left),
    }
    cut.reorder(source, shown);
    cut
}

/// All rows in order.
fn ranked(top: &Top, source: &Source<'_>, shown: &[Shown<'_>]) -> Vec<usize> {
    let grid = source.grid;
    let columns = grid.columns.lines.len();
    let column = top.column.as_ref().and_then(|keys| {
        let same = |line: &&Vec<crate::key::Key>| {
            line.iter().map(ToString::to_string).eq(keys.iter().cloned())
        };
        grid.columns.lines.iter().find(same).and_then(|line| grid.columns.position(line))
    });
    let sheet = shown.iter().find(|one| one.spec.name == top.by).map(|one| &one.sheet);
    let content = |row: usize| {
        let sheet = sheet?;
        if grid.columns.axes.is_empty() {
            return sheet.cells.get(row);
        }
        match (&top.column, column) {
            (Some(_), Some(column)) => sheet.cells.get(row * columns + column),
            (Some(_), None) => None,
            (None, _) => sheet.rows.as_ref()?.get(row),
        }
    };
    let key = |row: &usize| match (content(*row), top.order) {
        (Some(Content::Value(value)), Order::Most) => (0, value.saturating_neg()),
        (Some(Content::Value(value)), Order::Least) => (0, *value),
        _ => (1, 0),
    };
    let mut rows: Vec<usize> = (0..grid.rows.lines.len()).collect();
    rows.sort_by_key(key);
    rows
}

impl Cut {
    /// Leaves just the rows shown, in their order.
    fn reorder(&self, source: &Source<'_>, shown: &mut [Shown<'_>]) {
        let columns = source.grid.columns.lines.len();
        for one in shown {
            let row = |row: &usize| one.sheet.cells[row * columns..(row + 1) * columns].to_vec();
            let cells = self.order.iter().flat_map(row).collect();
            let picked = |rows: &Vec<Content>| self.order.iter().map(|row| rows[*row]).collect();
            let rows = one.sheet.rows.as_ref().map(picked);
            (one.sheet.cells, one.sheet.rows) = (cells, rows);
        }
    }

    /// Takes the totals over rows away: rows that count in them aren't shown.
    fn without_totals(&mut self, shown: &mut [Shown<'_>]) {
        for one in shown {
            let had = [(one.sheet.columns.is_some(), "columns"), (one.sheet.all.is_some(), "all")];
            let measure = &one.spec.name;
            let none = |of| NoTotal { measure: measure.clone(), of, why: Why::Top };
            let gone = had.iter().filter(|(had, _)| *had).map(|(_, of)| none(*of));
            self.no_totals.extend(gone.collect::<Vec<_>>());
            (one.sheet.columns, one.sheet.all) = (None, None);
        }
    }

    /// Adds up the rows that aren't shown.
    fn sum(&mut self, source: &Source<'_>, shown: &[Shown<'_>], left: &[usize]) {
        let columns = &source.grid.columns;
        for one in shown {
            let Some(entry) = source.asked.entries.get(&one.spec.base) else { continue };
            if let Some(why) = not_summed(source, one, entry) {
                let measure = one.spec.name.clone();
                self.no_totals.push(NoTotal { measure, of: "rest", why });
                continue;
            }
            let mut cells = Vec::new();
            for (at, line) in columns.lines.iter().enumerate() {
                let place = Place { columns: columns.lines.len(), column: Some(at), left };
                let column = line.iter().map(ToString::to_string).collect();
                cells.push((column, place.sum(source, entry, one.unit.as_ref())));
            }
            if one.sheet.rows.is_some() {
                let place = Place { columns: columns.lines.len(), column: None, left };
                cells.push((Vec::new(), place.sum(source, entry, one.unit.as_ref())));
            }
            self.rest.cells.extend(cells.into_iter().map(|(column, content)| {
                let (value, state) = content.shown(one.scale);
                let (measure, unit) = (one.spec.name.clone(), one.unit.clone());
                Cell { row: Vec::new(), column, measure, unit, value, state }
            }));
        }
        self.no_totals.sort();
        self.no_totals.dedup();
    }
}

/// Why rows of a measure can't be added up.
fn not_summed(source: &Source<'_>, one: &Shown<'_>, entry: &Entry) -> Option<Why> {
    if one.spec.view.is_some() {
        return Some(Why::View);
    }
    let periods = source.grid.rows.axes.iter().any(|axis| matches!(axis, Axis::Period(_)));
    source.asked.bases_of(entry).into_iter().find_map(|base| match base.kind {
        MeasureKind::Additive(_) | MeasureKind::Formula(_) => None,
        MeasureKind::Last(_) => periods.then_some(Why::LastInPeriod),
        MeasureKind::Distinct(_) => Some(Why::Distinct),
    })
}

/// Cells of one column, or of the rows' totals, in the rows that aren't shown.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    columns: usize,
    column: Option<usize>,
    left: &'a [usize],
}

impl Place<'_> {
    fn sum(&self, source: &Source<'_>, entry: &Entry, unit: Option<&String>) -> Content {
        source.of_sums(entry, |base| {
            let unit = unit.filter(|_| by_unit(source.asked, base)).cloned();
            let sheets = &source.numbers.sheets;
            let sheet = sheets.get(&base.name).and_then(|sheets| sheets.get(&unit));
            let at = |row: &usize| match (sheet, self.column) {
                (None, _) => Some(Content::None),
                (Some(sheet), Some(column)) => {
                    sheet.cells.get(row * self.columns + column).copied()
                }
                (Some(sheet), None) => sheet.rows.as_ref().and_then(|rows| rows.get(*row).copied()),
            };
            self.left.iter().map(|row| at(row).unwrap_or(Content::Incomputable)).collect()
        })
    }
}
