//! Packs for the browser: forms, workflows, measures, views, texts.

mod of_model;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Expr, Grain, Level, Text};

/// A pack, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackRow {
    /// Its name.
    pub name: String,
    /// Its latest version.
    pub version: u32,
    /// Its title.
    pub title: Text,
}

/// A whole pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Record types.
    pub types: Vec<RecordType>,
    /// Measures.
    pub measures: Vec<Measure>,
    /// What is expected, when, of whom.
    pub schedules: Vec<PackSchedule>,
    /// Lists and dashboards.
    pub views: Vec<View>,
    /// Roles that its policies name.
    pub roles: Vec<String>,
    /// Texts by language, then by key.
    pub messages: BTreeMap<String, BTreeMap<String, String>>,
}

/// A record type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordType {
    /// `pack.key`: how everything else names it.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its key within the pack.
    pub key: String,
    /// Any number, or one per office and period.
    pub kind: RecordKind,
    /// The period's length, for a periodic type.
    pub grain: Option<Grain>,
    /// Levels whose offices may own a record.
    pub levels: Vec<Level>,
    /// Sections of the form: the steps on a phone.
    pub sections: Vec<Section>,
    /// Fields in the order of the form; a field of a repeat group names its group.
    pub fields: Vec<Field>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// States; the first is that of a new record.
    pub states: Vec<State>,
    /// Actions between states.
    pub actions: Vec<Action>,
    /// Key of the field that names a record in lists.
    pub title: Option<String>,
    /// Key of the date field that says when it happened.
    pub date: Option<String>,
    /// Key of the point field that places it on a map.
    pub point: Option<String>,
    /// True where a record is urgent.
    pub urgent: Option<Expr>,
}

/// How records of a type are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// Any number.
    Event,
    /// One per office and period.
    Periodic,
}

/// A section of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Section {
    /// Its key; its title is the message `section.T.KEY`.
    pub key: String,
    /// Keys of its fields and groups, in order.
    pub fields: Vec<String>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Field {
    /// Its number within the type, for ever.
    pub id: u16,
    /// Its key within the type.
    pub key: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Choices of `choice` and `choices`.
    pub choices: Vec<Choice>,
    /// Key of the repeat group that it stands in.
    pub group: Option<String>,
    /// Must be answered where relevant.
    pub required: bool,
    /// `{"na":true}` is an answer.
    pub not_applicable: bool,
    /// `{"missing":"why"}` is an answer.
    pub missing: bool,
    /// Shown and kept only where true.
    pub relevant: Option<Expr>,
    /// Unit key; its name is the message `unit.KEY`.
    pub unit: Option<String>,
    /// Least number, an integer at the scale.
    pub min: Option<i64>,
    /// Greatest number, an integer at the scale.
    pub max: Option<i64>,
    /// Digits after the point, of `decimal` and `computed`; otherwise 0.
    pub scale: u8,
    /// Period's length, of `period`.
    pub grain: Option<Grain>,
    /// Levels that an `office` may have; any if empty.
    pub levels: Vec<Level>,
    /// `pack.type` that a `record` may have.
    pub record_type: Option<String>,
    /// States that a `record` may be in; any if empty.
    pub record_states: Vec<String>,
    /// At most so many rows, of `group`.
    pub rows_max: Option<u32>,
    /// How a `computed` field is computed.
    pub computed: Option<Expr>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FieldKind {
    Text,
    Longtext,
    Integer,
    Decimal,
    Money,
    Date,
    Time,
    Period,
    Choice,
    Choices,
    Office,
    Record,
    Point,
    Photo,
    File,
    Group,
    Computed,
    Bool,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// Its number within the field, for ever.
    pub id: u16,
    /// Its key; its text is the message `choice.T.F.KEY`.
    pub key: String,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// Its key; its sentence is the message `rule.T.KEY`.
    pub key: String,
    /// Must not be false.
    pub expr: Expr,
    /// Keys of the fields that it is shown at.
    pub fields: Vec<String>,
    /// A warning can be confirmed; an error can't.
    pub warning: bool,
}

/// A state of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct State {
    /// Its key; its name is the message `state.T.KEY`.
    pub key: String,
    /// The owning office may change cells.
    pub editable: bool,
    /// Its records count as received.
    pub counts: bool,
}

/// An action of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// Its key; its name is the message `action.T.KEY`.
    pub key: String,
    /// Keys of the states that it starts from.
    pub from: Vec<String>,
    /// Key of the state that it leads to.
    pub to: String,
    /// Needs a reason.
    pub reason: bool,
    /// Returns cells to the author.
    pub returns: bool,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Measure {
    /// `pack.key`: how a query names it.
    pub measure: String,
    /// Its key within the pack; its name is the message `measure.KEY`.
    pub key: String,
    /// Unit key, where it is always the same.
    pub unit: Option<String>,
    /// The dimension that holds the unit, where it is not.
    pub unit_dim: Option<String>,
    /// Digits after the point.
    pub scale: u8,
    /// How values add.
    pub kind: MeasureKind,
    /// Dimension keys.
    pub dims: Vec<String>,
    /// The concept's source.
    pub source: String,
    /// Small cells are suppressed below this count.
    pub suppress_below: Option<u32>,
    /// What a formula computes; its fields are keys of measures of this pack.
    pub formula: Option<Expr>,
}

/// How a measure's values add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MeasureKind {
    /// Over everything.
    Additive,
    /// Over offices and dimensions; within a period the last date counts.
    Last,
    /// Counts different things.
    Distinct,
    /// Computed from other measures.
    Formula,
}

/// What is expected of which offices, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackSchedule {
    /// Its key within the pack.
    pub key: String,
    /// `pack.type` of the periodic reports.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Levels whose offices owe it.
    pub levels: Vec<Level>,
    /// Minutes after the period's end, local to the office, until it is late.
    pub due_after_minutes: i32,
    /// First day of the schedule.
    pub from: String,
}

/// A list or dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// Its key; its title is the message `view.KEY`.
    pub key: String,
    /// List or figure.
    pub kind: ViewKind,
    /// `pack.type`, of a list.
    #[serde(rename = "type")]
    pub type_key: Option<String>,
    /// Keys of the fields that are a list's columns.
    pub fields: Vec<String>,
    /// Measures (`pack.key`), of a figure.
    pub measures: Vec<String>,
    /// Row axes, of a figure.
    pub rows: Vec<String>,
    /// Column axes, of a figure.
    pub columns: Vec<String>,
    /// `table`, `bars`, `series`, `tiles` or `value`, of a figure.
    pub show: Option<String>,
}

/// What a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ViewKind {
    List,
    Figure,
}
