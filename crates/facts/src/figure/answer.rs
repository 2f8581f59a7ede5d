//! From a query to its figure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::office::Level;

use super::completeness::completeness;
use super::grid::{Grid, Ground, Side, within_limit};
use super::numbers::{Content, Numbers, Sheet};
use super::{Axes, BoundariesInfo, Cell, Context, Figure, MeasureInfo, Scope, State, UpTo, labels};
use crate::error::QueryError;
use crate::places::{Places, Wanted, splits_within};
use crate::plan::Plan;
use crate::query::check::{Asked, check};
use crate::query::{Axis, Boundaries, Query};
use crate::store::Facts;

impl Facts {
    /// Answers a query: all of it from one moment of the facts.
    pub async fn figure(
        &self,
        query: &Query,
        context: &Context<'_>,
        scope: &Scope,
    ) -> Result<Figure, QueryError> {
        let asked = check(query, context, scope)?;
        let wanted = wanted(query, context, scope);
        let snapshot = self.snapshot();
        let plan = self.plan(query, &wanted, &snapshot)?;
        let axes: Vec<Axis> = asked.axes().cloned().collect();
        let mut groups = BTreeMap::new();
        for entry in asked.bases() {
            groups.insert(entry.name.clone(), plan.groups(entry, &axes).await?);
        }
        let found = groups.values().flatten().map(|group| group.keys.clone()).collect();
        let levels = levels(&asked);
        let ground = Ground { places: &plan.places, tree: context.tree, levels: &levels };
        let grid = Grid::new(query, ground, &found)?;
        let numbers = Numbers::new(&asked, &grid, &groups, scope.small_cells);
        let sheets = asked.measures().filter_map(|entry| numbers.sheets.get(&entry.name));
        let sheets: usize = sheets.map(BTreeMap::len).sum();
        within_limit(sheets * grid.rows.lines.len() * grid.columns.lines.len())?;
        let (cells, totals) = cells(&asked, &grid, &numbers);
        let measures: BTreeSet<&String> = query.measures.iter().collect();
        let no_totals = numbers.no_totals.into_iter();
        Ok(Figure {
            axes: Axes {
                rows: labels::axes(&grid.rows, &asked, context, &wanted),
                columns: labels::axes(&grid.columns, &asked, context, &wanted),
            },
            measures: asked.measures().map(|entry| labels::measure(entry, context.lang)).collect(),
            cells,
            totals,
            no_totals: no_totals.filter(|none| measures.contains(&none.measure)).collect(),
            completeness: completeness(&asked, &plan, context).await?,
            boundaries: boundaries(&wanted),
            as_known: query.as_known.map(|moment| moment.0),
            up_to: UpTo { pos: snapshot.position, known_ms: snapshot.known_ms },
        })
    }

    pub(crate) fn plan<'q>(
        &self,
        query: &'q Query,
        wanted: &Wanted<'_>,
        snapshot: &Arc<crate::provider::Snapshot>,
    ) -> Result<Plan<'q>, QueryError> {
        let facts = self.table(snapshot)?;
        Ok(Plan { query, places: Arc::new(Places::new(wanted)), facts })
    }
}

/// What the query's places are made for.
pub(crate) fn wanted<'a>(query: &Query, context: &Context<'a>, scope: &'a Scope) -> Wanted<'a> {
    Wanted {
        tree: context.tree,
        today: context.today,
        boundaries: query.boundaries,
        from: query.from,
        to: query.to,
        office: query.office,
        scope,
    }
}

/// The levels whose offices may have facts of the measures.
fn levels(asked: &Asked<'_>) -> BTreeSet<Level> {
    let mut levels = BTreeSet::new();
    for entry in asked.bases() {
        let types = entry.pack.types.iter();
        let types = types.filter(|ty| entry.sources().iter().any(|from| from.type_id == ty.id));
        levels.extend(types.flat_map(|ty| ty.levels.iter().copied()));
        if entry.sources().is_empty() {
            levels.extend(entry.schedules().flat_map(|schedule| schedule.levels.iter().copied()));
        }
    }
    levels
}

fn boundaries(wanted: &Wanted<'_>) -> BoundariesInfo {
    let (mode, date) = match wanted.boundaries {
        Boundaries::Then => ("then", None),
        Boundaries::Now => ("now", Some(wanted.today)),
        Boundaries::On(date) => ("date", Some(date)),
    };
    let split_periods = splits_within(wanted.tree, wanted.from, wanted.to);
    BoundariesInfo { mode, date, split_periods }
}

fn cells(asked: &Asked<'_>, grid: &Grid, numbers: &Numbers) -> (Vec<Cell>, Vec<Cell>) {
    let (rows, columns) = (texts(&grid.rows), texts(&grid.columns));
    let (mut cells, mut totals) = (Vec::new(), Vec::new());
    for entry in asked.measures() {
        for (unit, sheet) in numbers.sheets.get(&entry.name).into_iter().flatten() {
            let made = |row: &[String], column: &[String], content: &Content| {
                let (value, state) = content.shown(entry.scale);
                let (row, column) = (row.to_vec(), column.to_vec());
                Cell { row, column, measure: entry.name.clone(), unit: unit.clone(), value, state }
            };
            let pairs = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
            let contents = pairs.zip(&sheet.cells);
            cells.extend(contents.map(|((row, column), content)| made(row, column, content)));
            let Sheet { rows: row_sums, columns: column_sums, all, .. } = sheet;
            let of_rows = rows.iter().zip(row_sums.iter().flatten());
            totals.extend(of_rows.map(|(row, content)| made(row, &[], content)));
            let of_columns = columns.iter().zip(column_sums.iter().flatten());
            totals.extend(of_columns.map(|(column, content)| made(&[], column, content)));
            totals.extend(all.iter().map(|content| made(&[], &[], content)));
        }
    }
    (cells, totals)
}

fn texts(side: &Side) -> Vec<Vec<String>> {
    side.lines.iter().map(|line| line.iter().map(ToString::to_string).collect()).collect()
}

impl Content {
    /// The number as decimal text, and what stands there.
    pub(crate) fn shown(self, scale: u8) -> (Option<String>, State) {
        match self {
            Self::None => (None, State::None),
            Self::Suppressed => (None, State::Suppressed),
            Self::Incomputable => (None, State::Incomputable),
            Self::Value(value) => (Some(decimal(value, scale)), State::Value),
        }
    }
}

/// An integer at a scale as decimal text: 125 at scale 1 is `12.5`.
#[must_use]
pub fn decimal(value: i128, scale: u8) -> String {
    let (digits, scale) = (value.unsigned_abs().to_string(), usize::from(scale));
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}

/// A measure as figures tell it, for whoever shows it without a figure.
#[must_use]
pub fn measure_info(context: &Context<'_>, name: &str) -> Option<MeasureInfo> {
    let entry = crate::query::catalog::find(context.packs, name)?;
    Some(labels::measure(&entry, context.lang))
}
