//! Packs for the browser: forms, workflows, measures, views, texts.

use std::collections::BTreeMap;

use domain::pack as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::expr::field_key;
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

impl From<&model::Pack> for PackRow {
    fn from(pack: &model::Pack) -> Self {
        let title = |lang: &str| {
            let texts = pack.messages.get(lang);
            texts.and_then(|texts| texts.get("pack")).unwrap_or(&pack.name).clone()
        };
        Self {
            name: pack.name.clone(),
            version: pack.version,
            title: Text { id: title("id"), en: title("en") },
        }
    }
}

impl From<&model::Pack> for Pack {
    fn from(pack: &model::Pack) -> Self {
        Self {
            name: pack.name.clone(),
            version: pack.version,
            types: pack.types.iter().map(|ty| record_type(pack, ty)).collect(),
            measures: pack.measures.iter().map(|m| measure(&pack.name, m)).collect(),
            schedules: pack.schedules.iter().map(|s| schedule(pack, s)).collect(),
            views: pack.views.iter().map(|v| view(pack, v)).collect(),
            roles: pack.roles.clone(),
            messages: pack.messages.clone(),
        }
    }
}

fn levels(levels: &[domain::office::Level]) -> Vec<Level> {
    levels.iter().map(|level| Level::from(*level)).collect()
}

fn record_type(pack: &model::Pack, ty: &model::RecordType) -> RecordType {
    let (kind, grain) = match ty.kind {
        model::Kind::Event => (RecordKind::Event, None),
        model::Kind::Periodic(grain) => (RecordKind::Periodic, Some(grain.into())),
    };
    let key = |id| field_key(ty, id);
    let keys = |ids: &[_]| ids.iter().map(|id| field_key(ty, *id)).collect();
    let section = |s: &model::Section| Section { key: s.key.clone(), fields: keys(&s.fields) };
    let rule = |r: &model::Rule| Rule {
        key: r.key.clone(),
        expr: Expr::of(&r.expr, ty),
        fields: keys(&r.fields),
        warning: r.warning,
    };
    RecordType {
        type_key: format!("{}.{}", pack.name, ty.key),
        key: ty.key.clone(),
        kind,
        grain,
        levels: levels(&ty.levels),
        sections: ty.sections.iter().map(section).collect(),
        fields: ty.fields.iter().map(|f| field(pack, ty, f)).collect(),
        rules: ty.rules.iter().map(rule).collect(),
        states: ty.workflow.states.iter().map(state).collect(),
        actions: ty.workflow.actions.iter().map(|a| action(ty, a)).collect(),
        title: ty.title.map(key),
        date: ty.date.map(key),
        point: ty.point.map(key),
        urgent: ty.urgent.as_ref().map(|expr| Expr::of(expr, ty)),
    }
}

fn field(pack: &model::Pack, ty: &model::RecordType, field: &model::Field) -> Field {
    use model::FieldKind as K;
    let mut wire = Field {
        id: field.id.0,
        key: field.key.clone(),
        kind: field_kind(&field.kind),
        choices: Vec::new(),
        group: field.group.map(|group| field_key(ty, group)),
        required: field.required,
        not_applicable: field.not_applicable,
        missing: field.missing,
        relevant: field.relevant.as_ref().map(|expr| Expr::of(expr, ty)),
        unit: field.unit.clone(),
        min: field.min,
        max: field.max,
        scale: 0,
        grain: None,
        levels: Vec::new(),
        record_type: None,
        record_states: Vec::new(),
        rows_max: None,
        computed: None,
    };
    match &field.kind {
        K::Decimal(scale) => wire.scale = *scale,
        K::Period(grain) => wire.grain = Some((*grain).into()),
        K::Choice(choices) | K::Choices(choices) => {
            let choice = |c: &model::Choice| Choice { id: c.id.0, key: c.key.clone() };
            wire.choices = choices.iter().map(choice).collect();
        }
        K::Office(of) => wire.levels = levels(of),
        K::Record(key, states) => {
            wire.record_type = Some(format!("{}.{key}", pack.name));
            wire.record_states.clone_from(states);
        }
        K::Group(rows_max) => wire.rows_max = Some(*rows_max),
        K::Computed(expr, scale) => {
            wire.computed = Some(Expr::of(expr, ty));
            wire.scale = *scale;
        }
        K::Text
        | K::LongText
        | K::Integer
        | K::Money
        | K::Date
        | K::Time
        | K::Point
        | K::Photo
        | K::File
        | K::Bool => {}
    }
    wire
}

fn field_kind(kind: &model::FieldKind) -> FieldKind {
    use model::FieldKind as K;
    match kind {
        K::Text => FieldKind::Text,
        K::LongText => FieldKind::Longtext,
        K::Integer => FieldKind::Integer,
        K::Decimal(_) => FieldKind::Decimal,
        K::Money => FieldKind::Money,
        K::Date => FieldKind::Date,
        K::Time => FieldKind::Time,
        K::Period(_) => FieldKind::Period,
        K::Choice(_) => FieldKind::Choice,
        K::Choices(_) => FieldKind::Choices,
        K::Office(_) => FieldKind::Office,
        K::Record(..) => FieldKind::Record,
        K::Point => FieldKind::Point,
        K::Photo => FieldKind::Photo,
        K::File => FieldKind::File,
        K::Group(_) => FieldKind::Group,
        K::Computed(..) => FieldKind::Computed,
        K::Bool => FieldKind::Bool,
    }
}

fn state(state: &model::State) -> State {
    State { key: state.key.clone(), editable: state.editable, counts: state.counts }
}

fn action(ty: &model::RecordType, action: &model::Action) -> Action {
    let key = |id| {
        let state = ty.workflow.states.iter().find(|state| state.id == id);
        state.map_or_else(|| id.to_string(), |state| state.key.clone())
    };
    Action {
        key: action.key.clone(),
        from: action.from.iter().map(|id| key(*id)).collect(),
        to: key(action.to),
        reason: action.reason,
        returns: action.returns,
    }
}

fn measure(pack: &str, measure: &model::Measure) -> Measure {
    let (unit, unit_dim) = match &measure.unit {
        model::Unit::Fixed(unit) => (Some(unit.clone()), None),
        model::Unit::Dim(dim) => (None, Some(dim.clone())),
    };
    Measure {
        measure: format!("{pack}.{}", measure.key),
        key: measure.key.clone(),
        unit,
        unit_dim,
        scale: measure.scale,
        kind: match measure.kind {
            model::MeasureKind::Additive(_) => MeasureKind::Additive,
            model::MeasureKind::Last(_) => MeasureKind::Last,
            model::MeasureKind::Distinct(_) => MeasureKind::Distinct,
            model::MeasureKind::Formula(_) => MeasureKind::Formula,
        },
        dims: measure.dims.clone(),
        source: measure.source.clone(),
        suppress_below: measure.suppress_below,
        formula: match &measure.kind {
            model::MeasureKind::Formula(formula) => Some(Expr::of_formula(formula)),
            model::MeasureKind::Additive(_)
            | model::MeasureKind::Last(_)
            | model::MeasureKind::Distinct(_) => None,
        },
    }
}

fn type_by_number(pack: &model::Pack, id: u16) -> Option<&model::RecordType> {
    pack.types.iter().find(|ty| ty.id == id)
}

fn type_key(pack: &model::Pack, id: u16) -> String {
    let key = type_by_number(pack, id).map_or_else(|| id.to_string(), |ty| ty.key.clone());
    format!("{}.{key}", pack.name)
}

fn schedule(pack: &model::Pack, schedule: &model::Schedule) -> PackSchedule {
    PackSchedule {
        key: schedule.key.clone(),
        type_key: type_key(pack, schedule.type_id),
        levels: levels(&schedule.levels),
        due_after_minutes: schedule.due_after_minutes,
        from: schedule.from.to_string(),
    }
}

fn view(pack: &model::Pack, view: &model::View) -> View {
    let key = view.key.clone();
    match &view.kind {
        model::ViewKind::List(id, fields) => View {
            key,
            kind: ViewKind::List,
            type_key: Some(type_key(pack, *id)),
            fields: type_by_number(pack, *id).map_or_else(Vec::new, |ty| {
                fields.iter().map(|field| field_key(ty, *field)).collect()
            }),
            measures: Vec::new(),
            rows: Vec::new(),
            columns: Vec::new(),
            show: None,
        },
        model::ViewKind::Figure(figure) => View {
            key,
            kind: ViewKind::Figure,
            type_key: None,
            fields: Vec::new(),
            measures: figure.measures.iter().map(|key| format!("{}.{key}", pack.name)).collect(),
            rows: figure.rows.clone(),
            columns: figure.columns.clone(),
            show: Some(figure.show.clone()),
        },
    }
}
