//! Figures: the question, the answer, and where it comes from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Digits after the point.
    pub scale: u8,
    /// Its definition.
    pub definition: String,
    /// The concept's source.
    pub source: String,
    /// `additive`, `last`, `distinct`, `formula`.
    pub kind: String,
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
    /// The measure.
    pub measure: MeasureInfo,
    /// The rows, as far as the reader may see the records.
    pub rows: Vec<LineageRow>,
    /// `cursor` of the next page, if there is one.
    pub next: Option<String>,
}

/// What one record gave to a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineageRow {
    /// The record.
    pub record: String,
    /// Its title.
    pub title: String,
    /// The office that the value belongs to.
    pub office_name: String,
    /// Its date.
    pub date: String,
    /// The value, an exact decimal; negative where an edit took it back.
    pub value: String,
    /// When it became known.
    pub known_at: String,
}
