//! From the compiled pack to its wire form.

use domain::pack as model;

use super::super::expr::field_key;
use super::*;

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
