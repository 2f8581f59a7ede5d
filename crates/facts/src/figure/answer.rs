//! From a query to its figure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::office::Level;

use super::completeness::completeness;
use super::grid::{Grid, Ground, Side, within_limit};
use super::numbers::{Content, Numbers, Sheet, Wanted as Totals};
use super::show::{self, Shown, Source, Valued};
use super::top::{Cut, cut};
use super::{
    Axes, BoundariesInfo, Cell, Context, Figure, MeasureInfo, NoTotal, Scope, State, UpTo, Why,
    labels,
};
use crate::error::QueryError;
use crate::places::{Places, Wanted, splits_within};
use crate::plan::Plan;
use crate::query::check::{Asked, check};
use crate::query::view::View;
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
        let here = self.computed(&asked, query, context, scope, &snapshot).await?;
        let (grid, numbers) = (&here.grid, &here.numbers);
        let longer_query = show::longer(&asked);
        let longer = match &longer_query {
            Some(query) => Some(self.computed(&asked, query, context, scope, &snapshot).await?),
            None => None,
        };
        let held = values(&asked, &here.plan).await?;
        let source = Source {
            asked: &asked,
            grid,
            numbers,
            longer: longer.as_ref().map(|longer| (&longer.grid, &longer.numbers)),
            values: &held,
            small_cells: scope.small_cells,
        };
        let mut shown: Vec<Shown<'_>> = asked.measures().flat_map(|m| source.shown(m)).collect();
        within_limit(shown.len() * grid.rows.lines.len() * grid.columns.lines.len())?;
        let cut = query.top.as_ref().map(|top| cut(top, &source, &mut shown));
        let mut row_axes = labels::axes(&grid.rows, &asked, context, &wanted);
        let mut rows = texts(&grid.rows);
        let mut no_totals = no_totals(&asked, grid, numbers);
        if let Some(Cut { order, no_totals: none, .. }) = &cut {
            rows = order.iter().map(|row| rows[*row].clone()).collect();
            for axis in &mut row_axes {
                axis.keys = order.iter().map(|row| axis.keys[*row].clone()).collect();
            }
            no_totals.extend(none.iter().cloned());
        }
        let (cells, totals) = cells(&rows, &texts(&grid.columns), &shown);
        let lang = context.lang;
        let info = |(spec, entry)| labels::shown(spec, entry, show::scale(spec, entry), lang);
        Ok(Figure {
            axes: Axes {
                rows: row_axes,
                columns: labels::axes(&grid.columns, &asked, context, &wanted),
            },
            measures: asked.measures().map(info).collect(),
            cells,
            totals,
            no_totals,
            rest: cut.map(|cut| cut.rest),
            completeness: completeness(&asked, &here.plan, context).await?,
            boundaries: boundaries(&wanted),
            as_known: query.as_known.map(|moment| moment.0),
            up_to: UpTo { pos: snapshot.position, known_ms: snapshot.known_ms },
        })
    }

    /// The numbers of all measures needed, over the time of this query.
    async fn computed<'q>(
        &self,
        asked: &Asked<'_>,
        query: &'q Query,
        context: &Context<'_>,
        scope: &Scope,
        snapshot: &Arc<crate::provider::Snapshot>,
    ) -> Result<Computed<'q>, QueryError> {
        let plan = self.plan(query, &wanted(query, context, scope), snapshot)?;
        let axes: Vec<Axis> = asked.axes().cloned().collect();
        let mut groups = BTreeMap::new();
        for entry in asked.bases() {
            groups.insert(entry.name.clone(), plan.groups(entry, &axes).await?);
        }
        let found = groups.values().flatten().map(|group| group.keys.clone()).collect();
        let levels = levels(asked);
        let ground = Ground { places: &plan.places, tree: context.tree, levels: &levels };
        let grid = Grid::new(query, ground, &found)?;
        let numbers = Numbers::new(asked, &grid, &groups, scope.small_cells);
        Ok(Computed { plan, grid, numbers })
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

/// The numbers of a query, with what they were made with.
struct Computed<'q> {
    plan: Plan<'q>,
    grid: Grid,
    numbers: Numbers,
}

/// The values of single records, where a view needs them.
async fn values(
    asked: &Asked<'_>,
    plan: &Plan<'_>,
) -> Result<BTreeMap<String, Vec<Valued>>, QueryError> {
    let axes: Vec<Axis> = asked.axes().cloned().collect();
    let mut values = BTreeMap::new();
    for (spec, entry) in asked.measures() {
        let needed = matches!(spec.view, Some(View::Percentile(_)));
        if needed && !values.contains_key(&entry.name) {
            values.insert(entry.name.clone(), plan.values(entry, &axes).await?);
        }
    }
    Ok(values)
}

/// The totals that aren't given, of the measures asked; views have none.
fn no_totals(asked: &Asked<'_>, grid: &Grid, numbers: &Numbers) -> Vec<NoTotal> {
    let known = |name: &String| asked.specs.iter().any(|spec| spec.name == *name);
    let own = numbers.no_totals.iter().filter(|none| known(&none.measure)).cloned();
    let views = asked.specs.iter().filter(|spec| spec.view.is_some());
    let views = views.flat_map(|spec| {
        let none = |of| NoTotal { measure: spec.name.clone(), of, why: Why::View };
        Totals::new(grid).names().map(none).collect::<Vec<_>>()
    });
    own.chain(views).collect()
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

fn cells(
    rows: &[Vec<String>],
    columns: &[Vec<String>],
    shown: &[Shown<'_>],
) -> (Vec<Cell>, Vec<Cell>) {
    let (mut cells, mut totals) = (Vec::new(), Vec::new());
    for Shown { spec, unit, scale, sheet } in shown {
        let made = |row: &[String], column: &[String], content: &Content| {
            let (value, state) = content.shown(*scale);
            let (row, column) = (row.to_vec(), column.to_vec());
            Cell { row, column, measure: spec.name.clone(), unit: unit.clone(), value, state }
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
