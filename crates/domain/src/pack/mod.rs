//! Packs: what a form is, as data.
//!
//! This module is the compiled model, which travels in the log. Reading a pack's folder is
//! [`author`] (feature `author`).

#[cfg(feature = "author")]
pub mod author;
pub mod schema;

mod access;
mod codec;
mod upgrade;

pub use access::FIRST_LANG;
pub use codec::PackError;
pub use upgrade::{UpgradeFault, UpgradeProblem, check_upgrade};

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::expr::Expr;
use crate::ids::{ActionId, ChoiceId, FieldId, StateId};
use crate::office::Level;
use crate::period::Grain;

/// A language tag: `id` or `en`.
pub type Lang = String;

/// Texts by language, then by message key. Keys: `pack`, `type.T`, `field.T.F`, `hint.T.F`,
/// `section.T.X`, `choice.T.F.C`, `unit.U`, `state.T.S`, `action.T.A`, `rule.T.R`, `measure.M`,
/// `definition.M`, `dim.D`, `schedule.X`, `view.V` with the keys of the parts.
pub type Messages = BTreeMap<Lang, BTreeMap<String, String>>;

/// A compiled pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Pack {
    /// Its name: lower-case letters, digits and `-`.
    #[n(0)]
    pub name: String,
    /// Its version, from 1, rising.
    #[n(1)]
    pub version: u32,
    /// Record types.
    #[n(2)]
    pub types: Vec<RecordType>,
    /// Measures.
    #[n(3)]
    pub measures: Vec<Measure>,
    /// What is expected, when, of whom.
    #[n(4)]
    pub schedules: Vec<Schedule>,
    /// Roles that its policies name.
    #[n(5)]
    pub roles: Vec<String>,
    /// Cedar policies, as text.
    #[n(6)]
    pub policy: String,
    /// Lists and dashboards.
    #[n(7)]
    pub views: Vec<View>,
    /// Texts.
    #[n(8)]
    pub messages: Messages,
    /// What its operations are squeezed with in frames of synchronisation, if it has one.
    #[n(9)]
    pub dictionary: Option<Dictionary>,
}

/// Text that a compressor reads before each frame: `docs/formats/frame-body.md`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Dictionary(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// A record type.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RecordType {
    /// Its number within the pack, for ever.
    #[n(0)]
    pub id: u16,
    /// Its key within the pack; `pack.key` names it everywhere.
    #[n(1)]
    pub key: String,
    /// Event or periodic.
    #[n(2)]
    pub kind: Kind,
    /// Fields in the order of the form. Fields of a repeat group name it as their group.
    #[n(3)]
    pub fields: Vec<Field>,
    /// Sections of the form, in order: the steps of the phone's form.
    #[n(4)]
    pub sections: Vec<Section>,
    /// Rules over the whole record.
    #[n(5)]
    pub rules: Vec<Rule>,
    /// The workflow.
    #[n(6)]
    pub workflow: Workflow,
    /// The field that names a record in lists.
    #[n(7)]
    pub title: Option<FieldId>,
    /// True where a record leaves by the urgent lane.
    #[n(8)]
    pub urgent: Option<Expr>,
    /// Levels whose offices may own a record.
    #[n(9)]
    pub levels: Vec<Level>,
    /// The date field that says when it happened; periodic types use the period's first day.
    #[n(10)]
    pub date: Option<FieldId>,
    /// The point field that places it on a map.
    #[n(11)]
    pub point: Option<FieldId>,
}

/// How records of a type are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Kind {
    /// Any number.
    #[n(0)]
    Event,
    /// One per office and period.
    #[n(1)]
    Periodic(#[n(0)] Grain),
}

/// A section of a form.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Section {
    /// Its key; its title is the message `section.T.KEY`.
    #[n(0)]
    pub key: String,
    /// Its fields and groups, in order.
    #[n(1)]
    pub fields: Vec<FieldId>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Field {
    /// Its number within the type, for ever.
    #[n(0)]
    pub id: FieldId,
    /// Its key within the type.
    #[n(1)]
    pub key: String,
    /// What it holds.
    #[n(2)]
    pub kind: FieldKind,
    /// The repeat group that it stands in.
    #[n(3)]
    pub group: Option<FieldId>,
    /// Must be answered (with a value, not applicable or missing as allowed) where relevant.
    #[n(4)]
    pub required: bool,
    /// "Not applicable" is an answer.
    #[n(5)]
    pub not_applicable: bool,
    /// "Missing, because …" is an answer.
    #[n(6)]
    pub missing: bool,
    /// Shown and kept only where true.
    #[n(7)]
    pub relevant: Option<Expr>,
    /// Unit key, such as `orang`; its name is the message `unit.KEY`.
    #[n(8)]
    pub unit: Option<String>,
    /// Least number, at the field's scale.
    #[n(9)]
    pub min: Option<i64>,
    /// Greatest number, at the field's scale.
    #[n(10)]
    pub max: Option<i64>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FieldKind {
    /// One line.
    #[n(0)]
    Text,
    /// Several paragraphs.
    #[n(1)]
    LongText,
    /// A whole number.
    #[n(2)]
    Integer,
    /// A decimal number with this many digits after the point, ≤ 6.
    #[n(3)]
    Decimal(#[n(0)] u8),
    /// Rupiah, whole.
    #[n(4)]
    Money,
    /// A date.
    #[n(5)]
    Date,
    /// A time of day.
    #[n(6)]
    Time,
    /// A period of this grain.
    #[n(7)]
    Period(#[n(0)] Grain),
    /// One of these.
    #[n(8)]
    Choice(#[n(0)] Vec<Choice>),
    /// Any of these.
    #[n(9)]
    Choices(#[n(0)] Vec<Choice>),
    /// An office of one of these levels (any if empty).
    #[n(10)]
    Office(#[n(0)] Vec<Level>),
    /// A record of this pack's type with this key, in one of these states (any if empty).
    #[n(11)]
    Record(#[n(0)] String, #[n(1)] Vec<String>),
    /// A point.
    #[n(12)]
    Point,
    /// A photo.
    #[n(13)]
    Photo,
    /// A file.
    #[n(14)]
    File,
    /// A repeat group; at most so many rows.
    #[n(15)]
    Group(#[n(0)] u32),
    /// Computed from other fields; never entered, never stored in an operation. The scale is of
    /// its digits after the point.
    #[n(16)]
    Computed(#[n(0)] Expr, #[n(1)] u8),
    /// Yes or no.
    #[n(17)]
    Bool,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Choice {
    /// Its number within the field, for ever.
    #[n(0)]
    pub id: ChoiceId,
    /// Its key within the field.
    #[n(1)]
    pub key: String,
}

/// A rule over a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Rule {
    /// Its key; the sentence that explains it is the message `rule.T.KEY`.
    #[n(0)]
    pub key: String,
    /// Must not be false.
    #[n(1)]
    pub expr: Expr,
    /// The fields that it is shown at.
    #[n(2)]
    pub fields: Vec<FieldId>,
    /// A warning can be confirmed; an error can't.
    #[n(3)]
    pub warning: bool,
    /// Judged for each row of this repeat group, instead of once.
    #[n(4)]
    pub group: Option<FieldId>,
}

/// A workflow: states and the actions between them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Workflow {
    /// States; the first is the state of a new record.
    #[n(0)]
    pub states: Vec<State>,
    /// Actions.
    #[n(1)]
    pub actions: Vec<Action>,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct State {
    /// Its number within the type, for ever.
    #[n(0)]
    pub id: StateId,
    /// Its key within the type.
    #[n(1)]
    pub key: String,
    /// The owning office may change cells.
    #[n(2)]
    pub editable: bool,
    /// Its records count as received and give facts.
    #[n(3)]
    pub counts: bool,
    /// Approval stands for a content hash; a change of content moves the record to this state.
    #[n(4)]
    pub reopens_to: Option<StateId>,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Action {
    /// Its number within the type, for ever.
    #[n(0)]
    pub id: ActionId,
    /// Its key within the type: also the Cedar action `"transition"` with `context.action`.
    #[n(1)]
    pub key: String,
    /// States that it starts from.
    #[n(2)]
    pub from: Vec<StateId>,
    /// The state that it leads to.
    #[n(3)]
    pub to: StateId,
    /// Needs a reason (or returned cells, which have reasons).
    #[n(4)]
    pub reason: bool,
    /// Returns cells to the author.
    #[n(5)]
    pub returns: bool,
    /// Must be true of the record.
    #[n(6)]
    pub guard: Option<Expr>,
}

/// A number derived from records.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Measure {
    /// Its key within the pack; `pack.key` names it everywhere.
    #[n(0)]
    pub key: String,
    /// Unit key, fixed, or the dimension that holds it (then figures never add across units).
    #[n(1)]
    pub unit: Unit,
    /// Digits after the point of its values.
    #[n(2)]
    pub scale: u8,
    /// How values add.
    #[n(3)]
    pub kind: MeasureKind,
    /// Dimension keys, at most [`crate::limits::DIMS_PER_MEASURE_MAX`]; dimension i of a fact is
    /// the i-th of these.
    #[n(4)]
    pub dims: Vec<String>,
    /// The concept's source: a regulation or a paper.
    #[n(5)]
    pub source: String,
    /// A table about people: small cells are suppressed below this count.
    #[n(6)]
    pub suppress_below: Option<u32>,
}

/// A measure's unit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Unit {
    /// Always this.
    #[n(0)]
    Fixed(#[n(0)] String),
    /// The value of this dimension of the measure.
    #[n(1)]
    Dim(#[n(0)] String),
}

/// How a measure's values add.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum MeasureKind {
    /// Sums over everything.
    #[n(0)]
    Additive(#[n(0)] Vec<Source>),
    /// Sums over offices and dimensions; within a period only the last date counts.
    #[n(1)]
    Last(#[n(0)] Vec<Source>),
    /// Counts distinct records, offices or texts given as the value.
    #[n(2)]
    Distinct(#[n(0)] Vec<Source>),
    /// Computed from other measures of the pack after they are added up: `100 * a / b`. The
    /// formula's [`Expr::Field`] numbers index `inputs`.
    #[n(3)]
    Formula(#[n(0)] Formula),
}

/// A formula over measures.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Formula {
    /// Keys of measures of this pack.
    #[n(0)]
    pub inputs: Vec<String>,
    /// What to compute. Division keeps the measure's scale and rounds half to even.
    #[n(1)]
    pub expr: Expr,
}

/// Where a measure's facts come from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Source {
    /// The record type, by number.
    #[n(0)]
    pub type_id: u16,
    /// One fact per row of this group, instead of one per record.
    #[n(1)]
    pub group: Option<FieldId>,
    /// Only where true.
    #[n(2)]
    pub when: Option<Expr>,
    /// The value, an integer at the measure's scale; for `Distinct` what is counted.
    #[n(3)]
    pub value: Expr,
    /// The office that the fact belongs to; the record's owner if none.
    #[n(4)]
    pub office: Option<Expr>,
    /// The fact's date; the record's date or period's first day if none.
    #[n(5)]
    pub date: Option<Expr>,
    /// The dimensions, in the order of [`Measure::dims`]; a choice gives its key.
    #[n(6)]
    pub dims: Vec<Expr>,
}

/// What is expected of which offices, when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Schedule {
    /// Its key within the pack.
    #[n(0)]
    pub key: String,
    /// The periodic record type, by number.
    #[n(1)]
    pub type_id: u16,
    /// Levels whose offices owe it.
    #[n(2)]
    pub levels: Vec<Level>,
    /// Minutes after the end of the period's last day (local to the office) until it is late.
    #[n(3)]
    pub due_after_minutes: i32,
    /// The first day of the schedule.
    #[n(4)]
    pub from: crate::period::Date,
}

/// A list or dashboard that a pack offers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct View {
    /// Its key; its title is the message `view.KEY`.
    #[n(0)]
    pub key: String,
    /// What it shows.
    #[n(1)]
    pub kind: ViewKind,
}

/// What a view shows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ViewKind {
    /// Records of a type (by number), with these fields as columns.
    #[n(0)]
    List(#[n(0)] u16, #[n(1)] Vec<FieldId>),
    /// A figure: measures, rows, columns, by key, and the period's grain.
    #[n(1)]
    Figure(#[n(0)] FigureView),
}

/// A figure that a view shows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FigureView {
    /// Measures by key within the pack.
    #[n(0)]
    pub measures: Vec<String>,
    /// Row axes: `office:province`, `period:month`, or a dimension.
    #[n(1)]
    pub rows: Vec<String>,
    /// Column axes, the same.
    #[n(2)]
    pub columns: Vec<String>,
    /// `table`, `bars`, `series`, `tiles` or `value`.
    #[n(3)]
    pub show: String,
}
