//! Figures: the question, the answer, and where it comes from.

use domain::ids::OfficeId;
use domain::problem::{Problem, ProblemCode};
use node::figures::{self as figure, LineageLine, LineageView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureQuery {
    /// Measures, `pack.key`.
    pub measures: Vec<String>,
    /// Row axes: `office:centre|province|regency|leaf`, `period:day|week|month|quarter|third|
    /// half|year`, or a dimension's key.
    #[serde(default)]
    pub rows: Vec<String>,
    /// Column axes, the same.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Only facts whose dimensions have these values.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Only facts within this office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<u32>,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// `then` (each fact by the tree of its own date), `now`, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<String>,
    /// Only what was known at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_known: Option<String>,
}

/// A filter of a dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The dimension's key.
    pub dim: String,
    /// Values to keep.
    pub r#in: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// The axes with all their keys, in order.
    pub axes: Axes,
    /// The measures.
    pub measures: Vec<MeasureInfo>,
    /// The cells.
    pub cells: Vec<FigureCell>,
    /// Sums over rows, over columns and over both, where the measure allows: cells whose `row`,
    /// `column` or both are empty.
    pub totals: Vec<FigureCell>,
    /// How complete the reports are that the measures come from.
    pub completeness: Vec<Completeness>,
    /// The boundaries used.
    pub boundaries: Boundaries,
    /// As known at this moment, in ms since 1970; null means now.
    pub as_known: Option<u64>,
    /// What the answer holds.
    pub up_to: UpTo,
    /// Measures without a total, and why.
    pub no_totals: Vec<NoTotal>,
}

/// A total that isn't given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoTotal {
    /// The measure.
    pub measure: String,
    /// Which total: `rows`, `columns` or `all`.
    pub of: String,
    /// `last_in_period`, `distinct`, `input`, `suppressed`.
    pub why: String,
}

/// Row and column axes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Axes {
    /// Rows.
    pub rows: Vec<AxisKeys>,
    /// Columns.
    pub columns: Vec<AxisKeys>,
}

/// An axis with its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AxisKeys {
    /// The axis, as in the query.
    pub axis: String,
    /// Its name.
    pub label: String,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// Office id, period or dimension value.
    pub key: String,
    /// What people read.
    pub label: String,
}

/// A measure in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeasureInfo {
    /// `pack.key`.
    pub measure: String,
    /// Its name.
    pub label: String,
    /// Unit key, where it is always the same.
    pub unit: Option<String>,
    /// The unit's name.
    pub unit_label: Option<String>,
    /// Digits after the point.
    pub scale: u8,
    /// Its definition.
    pub definition: String,
    /// The concept's source.
    pub source: String,
    /// `additive`, `last`, `distinct`, `formula`.
    pub kind: String,
    /// Counts below this and above zero are hidden.
    pub suppress_below: Option<u32>,
}

/// A cell of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FigureCell {
    /// One key per row axis.
    pub row: Vec<String>,
    /// One key per column axis.
    pub column: Vec<String>,
    /// `pack.key`.
    pub measure: String,
    /// Unit key. Units are never added to each other: each has its own cell.
    pub unit: Option<String>,
    /// An exact decimal, such as `12.5`.
    pub value: Option<String>,
    /// `value`, `none`, `suppressed`, `incomputable`.
    pub state: String,
}

/// How complete the reports of a schedule are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Completeness {
    /// One key per row axis that is an office or a period; others are empty.
    pub row: Vec<String>,
    /// One key per column axis, the same.
    pub column: Vec<String>,
    /// `pack.schedule`.
    pub schedule: String,
    /// Reports expected.
    pub expected: u64,
    /// Of these, received.
    pub received: u64,
    /// Of these, on time.
    pub on_time: u64,
}

/// The boundaries used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Boundaries {
    /// `then`, `now`, or `date`.
    pub mode: String,
    /// The date of the tree, where it is one.
    pub date: Option<String>,
    /// Days within the period on which the tree changed.
    pub split_periods: Vec<String>,
}

/// What an answer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpTo {
    /// Everything up to this log position.
    pub pos: u64,
    /// The last moment at which something became known, in ms since 1970.
    pub known_ms: u64,
}

/// Asks for the records behind one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineageQuery {
    /// The question that the cell answers.
    pub query: FigureQuery,
    /// The cell's row.
    pub row: Vec<String>,
    /// The cell's column.
    pub column: Vec<String>,
    /// The cell's measure.
    pub measure: String,
    /// The cell's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One page of the records behind a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lineage {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The cell is hidden, and so are its records.
    pub suppressed: bool,
    /// What each record gave.
    pub rows: Vec<LineageRow>,
    /// `cursor` of the next page, if there is one.
    pub next: Option<String>,
}

/// What one record gave to a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineageRow {
    /// The measure: an input of the formula, or the measure asked.
    pub measure: String,
    /// The record; null where the reader sees the figure but not the record.
    pub record: Option<String>,
    /// `pack.type`; empty where the record is not shown.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its title; empty where the record is not shown.
    pub title: String,
    /// The office that the value belongs to.
    pub office: u32,
    /// Its name.
    pub office_name: String,
    /// Its date.
    pub date: String,
    /// The value, an exact decimal.
    pub value: String,
    /// When it became known.
    pub known_at: String,
}

impl From<figure::Figure> for Figure {
    fn from(figure: figure::Figure) -> Self {
        Self {
            axes: Axes { rows: all(figure.axes.rows), columns: all(figure.axes.columns) },
            measures: all(figure.measures),
            cells: all(figure.cells),
            totals: all(figure.totals),
            completeness: all(figure.completeness),
            boundaries: figure.boundaries.into(),
            as_known: figure.as_known,
            up_to: UpTo { pos: figure.up_to.pos, known_ms: figure.up_to.known_ms },
            no_totals: all(figure.no_totals),
        }
    }
}

fn all<T, W: From<T>>(items: Vec<T>) -> Vec<W> {
    items.into_iter().map(W::from).collect()
}

impl From<figure::AxisInfo> for AxisKeys {
    fn from(axis: figure::AxisInfo) -> Self {
        let key = |key: figure::Key| Key { key: key.key, label: key.label };
        let keys = axis.keys.into_iter().map(key).collect();
        Self { axis: axis.axis, label: axis.label, keys }
    }
}

impl From<figure::MeasureInfo> for MeasureInfo {
    fn from(info: figure::MeasureInfo) -> Self {
        Self {
            measure: info.measure,
            label: info.label,
            unit: info.unit,
            unit_label: info.unit_label,
            scale: info.scale,
            definition: info.definition,
            source: info.source,
            kind: info.kind.to_owned(),
            suppress_below: info.suppress_below,
        }
    }
}

impl From<figure::Cell> for FigureCell {
    fn from(cell: figure::Cell) -> Self {
        let state = match cell.state {
            figure::State::Value => "value",
            figure::State::None => "none",
            figure::State::Suppressed => "suppressed",
            figure::State::Incomputable => "incomputable",
        };
        Self {
            row: cell.row,
            column: cell.column,
            measure: cell.measure,
            unit: cell.unit,
            value: cell.value,
            state: state.to_owned(),
        }
    }
}

impl From<figure::Completeness> for Completeness {
    fn from(given: figure::Completeness) -> Self {
        let figure::Completeness { row, column, schedule, expected, received, on_time } = given;
        Self { row, column, schedule, expected, received, on_time }
    }
}

impl From<figure::BoundariesInfo> for Boundaries {
    fn from(used: figure::BoundariesInfo) -> Self {
        Self {
            mode: used.mode.to_owned(),
            date: used.date.map(|date| date.to_string()),
            split_periods: used.split_periods.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<figure::NoTotal> for NoTotal {
    fn from(none: figure::NoTotal) -> Self {
        let why = match none.why {
            figure::Why::LastInPeriod => "last_in_period",
            figure::Why::Distinct => "distinct",
            figure::Why::Input => "input",
            figure::Why::Suppressed => "suppressed",
        };
        Self { measure: none.measure, of: none.of.to_owned(), why: why.to_owned() }
    }
}

impl From<LineageView> for Lineage {
    fn from(view: LineageView) -> Self {
        Self {
            measure: view.measure.into(),
            suppressed: view.suppressed,
            rows: all(view.rows),
            next: view.next,
        }
    }
}

impl From<LineageLine> for LineageRow {
    fn from(line: LineageLine) -> Self {
        Self {
            measure: line.measure,
            record: line.record.map(|record| record.to_string()),
            type_key: line.type_key,
            title: line.title,
            office: line.office.0,
            office_name: line.office_name,
            date: line.date,
            value: line.value,
            known_at: moment(line.known_ms),
        }
    }
}

impl FigureQuery {
    /// The query that is meant, or the place and reason why it is none.
    pub(crate) fn parse(self) -> Result<figure::Query, Problem> {
        let axes = |at: &str, axes: Vec<String>| {
            axes.iter().map(|axis| place(at, axis.parse())).collect::<Result<_, _>>()
        };
        let filter = |Filter { dim, r#in }| figure::Filter { dim, values: r#in };
        Ok(figure::Query {
            measures: self.measures,
            rows: axes("rows", self.rows)?,
            columns: axes("columns", self.columns)?,
            filters: self.filters.into_iter().map(filter).collect(),
            office: self.office.map(OfficeId),
            from: place("from", self.from.parse())?,
            to: place("to", self.to.parse())?,
            boundaries: match self.boundaries {
                Some(text) => place("boundaries", text.parse())?,
                None => figure::Boundaries::default(),
            },
            as_known: self.as_known.map(|text| place("as_known", text.parse())).transpose()?,
        })
    }
}

pub(super) fn place<T, E: std::fmt::Display>(at: &str, parsed: Result<T, E>) -> Result<T, Problem> {
    let problem = |error| Problem::new(ProblemCode::QueryInvalid).at(at).with("reason", error);
    parsed.map_err(problem)
}
