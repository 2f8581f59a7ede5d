//! The numbers of a figure: sheets of cells with their totals, one for each measure and unit.

use std::collections::{BTreeMap, BTreeSet};

use domain::measure::formula;
use domain::pack::MeasureKind;

use super::grid::Grid;
use super::suppress::{Published, hide};
use super::{NoTotal, Why};
use crate::plan::Group;
use crate::query::catalog::Entry;
use crate::query::check::Asked;

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    None,
    Value(i128),
    Suppressed,
    Incomputable,
}

/// The numbers of one measure in one unit.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// Row by row.
    pub(super) cells: Vec<Content>,
    pub(super) rows: Option<Vec<Content>>,
    pub(super) columns: Option<Vec<Content>>,
    pub(super) all: Option<Content>,
}

/// All sheets, by measure and unit.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) sheets: BTreeMap<String, BTreeMap<Option<String>, Sheet>>,
    pub(super) no_totals: BTreeSet<NoTotal>,
}

/// Which totals there are to give: those over a side with axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    rows: bool,
    columns: bool,
}

impl Wanted {
    pub(super) fn new(grid: &Grid) -> Self {
        Self { rows: !grid.columns.axes.is_empty(), columns: !grid.rows.axes.is_empty() }
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let all = self.rows && self.columns;
        let names = [(self.rows, "rows"), (self.columns, "columns"), (all, "all")];
        names.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name)
    }
}

impl Numbers {
    /// Lays out the groups of all measures that are added up, then computes the formulas.
    pub(super) fn new(
        asked: &Asked<'_>,
        grid: &Grid,
        groups: &BTreeMap<String, Vec<Group>>,
        small_cells: bool,
    ) -> Self {
        let mut numbers = Self::default();
        for entry in asked.bases() {
            let found = groups.get(&entry.name).map_or(&[][..], Vec::as_slice);
            numbers.add(entry, grid, found, small_cells);
        }
        for (_, entry) in asked.measures() {
            numbers.compute(asked, entry, grid, small_cells);
        }
        numbers
    }

    fn add(&mut self, entry: &Entry, grid: &Grid, groups: &[Group], small_cells: bool) {
        let (rows, columns) = (grid.rows.lines.len(), grid.columns.lines.len());
        let split = grid.rows.axes.len();
        let mut by_unit: BTreeMap<Option<String>, Vec<Option<i128>>> = BTreeMap::new();
        for group in groups {
            let row = grid.rows.position(&group.keys[..split]);
            let column = grid.columns.position(&group.keys[split..]);
            let (Some(row), Some(column)) = (row, column) else { continue };
            let cells =
                by_unit.entry(group.unit.clone()).or_insert_with(|| vec![None; rows * columns]);
            cells[row * columns + column] = Some(group.value);
        }
        if by_unit.is_empty() {
            by_unit.insert(None, vec![None; rows * columns]);
        }
        let totals = self.totals_of(entry, grid);
        let below = entry.suppress_below.filter(|_| !small_cells).map(|k| smallest(k, entry.scale));
        let mut sheets = BTreeMap::new();
        for (unit, cells) in by_unit {
            let mut sheet = Sheet::sums(&cells, columns, totals);
            if let Some(below) = below {
                let (row_totals, column_totals) = (totals.rows, totals.columns);
                let table = Published { cells: &cells, columns, row_totals, column_totals, below };
                if sheet.hide(&table) {
                    self.none(entry, totals, Why::Suppressed);
                }
            }
            sheets.insert(unit, sheet);
        }
        self.sheets.insert(entry.name.clone(), sheets);
    }

    /// The totals that a measure has; says why it lacks others.
    fn totals_of(&mut self, entry: &Entry, grid: &Grid) -> Wanted {
        let wanted = Wanted::new(grid);
        match entry.kind {
            MeasureKind::Additive(_) | MeasureKind::Formula(_) => wanted,
            MeasureKind::Distinct(_) => {
                self.none(entry, wanted, Why::Distinct);
                Wanted { rows: false, columns: false }
            }
            MeasureKind::Last(_) => {
                let given = Wanted {
                    rows: wanted.rows && !grid.columns.has_period(),
                    columns: wanted.columns && !grid.rows.has_period(),
                };
                let given_names: BTreeSet<_> = given.names().collect();
                for of in wanted.names().filter(|of| !given_names.contains(of)) {
                    let why = Why::LastInPeriod;
                    self.no_totals.insert(NoTotal { measure: entry.name.clone(), of, why });
                }
                given
            }
        }
    }

    fn none(&mut self, entry: &Entry, totals: Wanted, why: Why) {
        for of in totals.names() {
            self.no_totals.insert(NoTotal { measure: entry.name.clone(), of, why });
        }
    }

    /// Computes a formula, its inputs first.
    fn compute(&mut self, asked: &Asked<'_>, entry: &Entry, grid: &Grid, small_cells: bool) {
        let MeasureKind::Formula(terms) = &entry.kind else { return };
        if self.sheets.contains_key(&entry.name) {
            return;
        }
        let inputs: Vec<&Entry> = asked.inputs(entry).collect();
        for input in &inputs {
            self.compute(asked, input, grid, small_cells);
        }
        let units = inputs.iter().filter(|input| by_unit(asked, input));
        let units = units.filter_map(|input| self.sheets.get(&input.name));
        let mut units: BTreeSet<Option<String>> =
            units.flat_map(|sheets| sheets.keys().cloned()).collect();
        if units.iter().any(Option::is_some) || units.is_empty() {
            // A measure without facts has one empty sheet, of no unit.
            units.remove(&None);
        }
        if units.is_empty() {
            units.insert(None);
        }
        let below = entry.suppress_below.filter(|_| !small_cells).map(|k| smallest(k, entry.scale));
        let lines = grid.rows.lines.len() * grid.columns.lines.len();
        let blank = Sheet::blank(lines);
        let mut sheets = BTreeMap::new();
        for unit in units {
            let taken = inputs.iter().map(|input| {
                let unit = if by_unit(asked, input) { unit.clone() } else { None };
                self.sheets.get(&input.name).and_then(|sheets| sheets.get(&unit)).unwrap_or(&blank)
            });
            let taken: Vec<&Sheet> = taken.collect();
            let one = |contents: &[Content]| {
                computed(contents, |inputs| formula(terms, inputs, entry.scale), below)
            };
            sheets.insert(unit, Sheet::computed(&taken, one));
        }
        let wanted = Wanted::new(grid);
        let lacks = |has: fn(&Sheet) -> bool| !sheets.values().all(has);
        let missing = [
            (wanted.rows && lacks(|sheet| sheet.rows.is_some()), "rows"),
            (wanted.columns && lacks(|sheet| sheet.columns.is_some()), "columns"),
            (wanted.rows && wanted.columns && lacks(|sheet| sheet.all.is_some()), "all"),
        ];
        for (_, of) in missing.into_iter().filter(|(missing, _)| *missing) {
            let measure = entry.name.clone();
            self.no_totals.insert(NoTotal { measure, of, why: Why::Input });
        }
        self.sheets.insert(entry.name.clone(), sheets);
    }
}

/// Whether a measure's values come in several units.
pub(crate) fn by_unit(asked: &Asked<'_>, entry: &Entry) -> bool {
    entry.unit_dim().is_some() || asked.inputs(entry).any(|input| by_unit(asked, input))
}

/// A measure of one cell from those that are added up for it.
pub(crate) fn evaluate(
    asked: &Asked<'_>,
    entry: &Entry,
    bases: &BTreeMap<String, Content>,
) -> Content {
    let MeasureKind::Formula(terms) = &entry.kind else {
        return bases.get(&entry.name).copied().unwrap_or(Content::None);
    };
    let inputs = asked.inputs(entry).map(|input| evaluate(asked, input, bases));
    let inputs: Vec<Content> = inputs.collect();
    computed(&inputs, |inputs| formula(terms, inputs, entry.scale), None)
}

/// The least count that isn't small, at the measure's scale.
pub(super) fn smallest(below: u32, scale: u8) -> i128 {
    i128::from(below) * 10_i128.pow(u32::from(scale.min(18)))
}

/// A formula of one cell. What a hidden input gives is hidden too.
fn computed(
    contents: &[Content],
    compute: impl Fn(&[Option<i64>]) -> Option<i64>,
    below: Option<i128>,
) -> Content {
    if contents.contains(&Content::Suppressed) {
        return Content::Suppressed;
    }
    if contents.iter().all(|content| *content == Content::None) {
        return Content::None;
    }
    let inputs = contents.iter().map(|content| match content {
        Content::Value(value) => i64::try_from(*value).ok(),
        Content::None | Content::Suppressed | Content::Incomputable => None,
    });
    match compute(&inputs.collect::<Vec<_>>()) {
        None => Content::Incomputable,
        Some(value) => {
            let value = i128::from(value);
            let small = value != 0 && below.is_some_and(|below| value.abs() < below);
            if small { Content::Suppressed } else { Content::Value(value) }
        }
    }
}

impl Sheet {
    fn blank(cells: usize) -> Self {
        Self { cells: vec![Content::None; cells], rows: None, columns: None, all: None }
    }

    fn sums(cells: &[Option<i128>], columns: usize, totals: Wanted) -> Self {
        let content = |value: Option<i128>| value.map_or(Content::None, Content::Value);
        let sum = |values: &mut dyn Iterator<Item = Option<i128>>| {
            content(values.flatten().reduce(i128::saturating_add))
        };
        let rows = cells.chunks(columns.max(1));
        let row_sums = rows.map(|row| sum(&mut row.iter().copied()));
        let column_sums = (0..columns)
            .map(|column| sum(&mut cells.iter().skip(column).step_by(columns.max(1)).copied()));
        Self {
            cells: cells.iter().copied().map(content).collect(),
            rows: totals.rows.then(|| row_sums.collect()),
            columns: totals.columns.then(|| column_sums.collect()),
            all: (totals.rows && totals.columns).then(|| sum(&mut cells.iter().copied())),
        }
    }

    /// Hides small cells and what would reveal them. True if the totals had to go.
    fn hide(&mut self, table: &Published<'_>) -> bool {
        let hidden = hide(table);
        cover(&mut self.cells, &hidden.cells);
        if hidden.no_totals {
            (self.rows, self.columns, self.all) = (None, None, None);
            return true;
        }
        cover(self.rows.as_deref_mut().unwrap_or_default(), &hidden.row_totals);
        cover(self.columns.as_deref_mut().unwrap_or_default(), &hidden.column_totals);
        cover(self.all.as_mut_slice(), &[hidden.all]);
        false
    }

    fn computed(inputs: &[&Self], one: impl Fn(&[Content]) -> Content) -> Self {
        let each = |lists: &[&[Content]]| -> Vec<Content> {
            let len = lists.iter().map(|list| list.len()).max().unwrap_or(0);
            let at = |index: usize| {
                let contents = lists.iter().map(|l| l.get(index).copied().unwrap_or(Content::None));
                one(&contents.collect::<Vec<_>>())
            };
            (0..len).map(at).collect()
        };
        let totals = |of: fn(&Self) -> Option<&[Content]>| {
            let lists = inputs.iter().map(|sheet| of(sheet)).collect::<Option<Vec<_>>>()?;
            Some(each(&lists))
        };
        Self {
            cells: each(&inputs.iter().map(|sheet| sheet.cells.as_slice()).collect::<Vec<_>>()),
            rows: totals(|sheet| sheet.rows.as_deref()),
            columns: totals(|sheet| sheet.columns.as_deref()),
            all: totals(|sheet| sheet.all.as_ref().map(std::slice::from_ref))
                .and_then(|all| all.first().copied()),
        }
    }
}

fn cover(contents: &mut [Content], hidden: &[bool]) {
    for (content, _) in contents.iter_mut().zip(hidden).filter(|(_, hidden)| **hidden) {
        *content = Content::Suppressed;
    }
}
