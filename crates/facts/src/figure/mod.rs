//! The answer to a query: values, and everything needed to judge them.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::OfficeId;
use domain::office::Tree;
use domain::pack::Pack;
use domain::period::Date;
use serde::Serialize;

mod answer;
mod completeness;
mod grid;
pub(crate) mod labels;
mod numbers;
mod show;
mod suppress;
mod top;

pub(crate) use answer::wanted;
pub use answer::{decimal, measure_info};
pub(crate) use numbers::{Content, by_unit, evaluate};

/// What figures are computed with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The latest version of every pack, by name.
    pub packs: &'a BTreeMap<String, Arc<Pack>>,
    /// The tree.
    pub tree: &'a Tree,
    /// Today, at the node.
    pub today: Date,
    /// Now, in milliseconds since 1970: what is due is judged by it.
    pub now_ms: u64,
    /// The language of labels.
    pub lang: &'a str,
}

/// What an asker may see. It is applied to every fact, whatever is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Offices whose facts they may see.
    pub offices: Offices,
    /// Measures that they may see, as `pack.key`; all if none.
    pub measures: Option<std::collections::BTreeSet<String>>,
    /// May see small cells of tables about people: someone who reads the records themselves.
    pub small_cells: bool,
}

/// Offices of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offices {
    /// All.
    All,
    /// What lies within one of these on the fact's date (who answered for it then) or today (who
    /// answers for it now).
    Within(std::collections::BTreeSet<OfficeId>),
}

impl Scope {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self { offices: Offices::All, measures: None, small_cells: true }
    }
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What its rows and columns are.
    pub axes: Axes,
    /// What its numbers are.
    pub measures: Vec<MeasureInfo>,
    /// Its cells: for every row, column, measure and unit one.
    pub cells: Vec<Cell>,
    /// How much of what is expected was received, by row, column and schedule. Dimensions are
    /// left out of a row and column here: a report is expected whole.
    pub completeness: Vec<Completeness>,
    /// Which tree it was drawn with.
    pub boundaries: BoundariesInfo,
    /// The moment of knowledge asked for, in milliseconds since 1970.
    pub as_known: Option<u64>,
    /// What it holds.
    pub up_to: UpTo,
    /// Sums, where the measure allows: of a row over the columns (`column` is empty), of a column
    /// over the rows (`row` is empty) and of all (both are). Only where there is something to sum:
    /// a side without axes has one column, or one row.
    pub totals: Vec<Cell>,
    /// Measures without a total, and why.
    pub no_totals: Vec<NoTotal>,
    /// The rows that aren't shown, where only the first were asked.
    pub rest: Option<RestOfRows>,
}

/// The rows that a figure doesn't show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestOfRows {
    /// How many they are.
    pub rows: u64,
    /// Their sums, by column (`column` is empty over all columns), where they were asked and can
    /// be added up. `row` is empty.
    pub cells: Vec<Cell>,
}

/// The axes of a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Axes {
    /// Of the rows.
    pub rows: Vec<AxisInfo>,
    /// Of the columns.
    pub columns: Vec<AxisInfo>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AxisInfo {
    /// `office:province`, `period:month` or a dimension's key.
    pub axis: String,
    /// Its name.
    pub label: String,
    /// Its keys, in order.
    pub keys: Vec<Key>,
}

/// A key of an axis. The empty key stands for facts that have none: of an office above the
/// level asked, or without a value of the dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The office's id, the period, or the value of the dimension.
    pub key: String,
    /// Its name.
    pub label: String,
}

/// A measure as a figure tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureInfo {
    /// `pack.key`, with its view as it was asked.
    pub measure: String,
    /// What is shown of it instead of its numbers, as `growth:year`.
    pub view: Option<String>,
    /// Its name.
    pub label: String,
    /// Its unit, where it is always the same.
    pub unit: Option<String>,
    /// The unit's name.
    pub unit_label: Option<String>,
    /// Digits after the point.
    pub scale: u8,
    /// What it means.
    pub definition: String,
    /// Where the concept comes from.
    pub source: String,
    /// `additive`, `last`, `distinct` or `formula`.
    pub kind: &'static str,
    /// Counts below this and above zero are hidden.
    pub suppress_below: Option<u32>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The keys of its row, one per axis.
    pub row: Vec<String>,
    /// The keys of its column.
    pub column: Vec<String>,
    /// The measure.
    pub measure: String,
    /// The unit, where the measure's values have several, which are never added.
    pub unit: Option<String>,
    /// The number as decimal text.
    pub value: Option<String>,
    /// What stands there.
    pub state: State,
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A number; zero is a number.
    Value,
    /// No fact: nothing was reported.
    None,
    /// Hidden, since it tells about too few people or would reveal such a number.
    Suppressed,
    /// A formula that can't be computed: an input is missing, or a division by zero.
    Incomputable,
}

/// Expected and received reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// The keys of the row; empty for a dimension.
    pub row: Vec<String>,
    /// The keys of the column; empty for a dimension.
    pub column: Vec<String>,
    /// `pack.schedule`.
    pub schedule: String,
    /// Reports that were due of offices that existed.
    pub expected: u64,
    /// Those of them that were received.
    pub received: u64,
    /// Those of them that were received in time.
    pub on_time: u64,
}

/// Which tree a figure was drawn with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoundariesInfo {
    /// `then`, `now` or `date`.
    pub mode: &'static str,
    /// The date of the tree, unless each fact has its own.
    pub date: Option<Date>,
    /// Dates within the period on which the tree changed: with `then`, rows before and after
    /// aren't of the same ground.
    pub split_periods: Vec<Date>,
}

/// How far a figure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UpTo {
    /// The position in the node's log.
    pub pos: u64,
    /// The latest moment at which a fact became known, in milliseconds since 1970.
    pub known_ms: u64,
}

/// A total that isn't given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NoTotal {
    /// The measure.
    pub measure: String,
    /// Which total: `rows`, `columns`, `all`, or `rest` of the rows that aren't shown.
    pub of: &'static str,
    /// Why not.
    pub why: Why,
}

/// Why there is no total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Only the last date of a period counts: periods don't add.
    LastInPeriod,
    /// A thing that is in two cells would count twice.
    Distinct,
    /// A formula over measures without a total.
    Input,
    /// It would reveal hidden cells.
    Suppressed,
    /// Rows that would count in it aren't shown.
    Top,
    /// What is shown is no number that adds up: ask for it without the axis.
    View,
}
