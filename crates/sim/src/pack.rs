//! The pack that the simulated machines use: two types, one workflow, two versions.

use std::collections::BTreeMap;

use domain::expr::{Binary, Expr};
use domain::ids::{ActionId, FieldId, StateId};
use domain::office::Level;
use domain::op::TypeRef;
use domain::pack::{
    Action, Field, FieldKind, Kind, Measure, MeasureKind, Pack, RecordType, Source, State, Unit,
    Workflow,
};
use domain::period::{Date, Grain};
use domain::value::Value;

pub(crate) const EVENT: u16 = 1;
pub(crate) const DAILY: u16 = 2;
pub(crate) const SENT: StateId = StateId(2);
pub(crate) const VERIFIED: StateId = StateId(3);
pub(crate) const DRAFT: StateId = StateId(1);
/// Fields with numbers.
pub(crate) const FIELDS: u16 = 4;
/// The field with a long text.
const TEXT: u16 = 5;
/// A record leaves by the urgent lane where this field says 1.
pub(crate) const URGENT: u16 = 6;
/// Whoever works at the office, or above it, may do anything with its records.
const POLICY: &str = r#"
permit (
  principal,
  action in [
    Action::"create", Action::"edit", Action::"transition", Action::"comment",
    Action::"acknowledge", Action::"read"
  ],
  resource is Record
) when { context.here.contains("operator") || context.above.contains("operator") };
"#;

/// How an operation names a type of the pack.
pub(crate) fn type_ref(type_id: u16, version: u32) -> TypeRef {
    TypeRef { pack: "sim".into(), version, type_id }
}

pub(crate) fn pack(version: u32) -> Pack {
    Pack {
        name: "sim".into(),
        version,
        types: vec![ty(EVENT, Kind::Event), ty(DAILY, Kind::Periodic(Grain::Day))],
        measures: vec![
            measure("count", &Expr::Const(Value::Int(1))),
            measure("sum", &Expr::Field(FieldId(1))),
        ],
        schedules: Vec::new(),
        roles: Vec::new(),
        policy: POLICY.to_owned(),
        views: Vec::new(),
        messages: BTreeMap::new(),
        dictionary: None,
    }
}

/// Where an action of the workflow leads: (action, from, to, returns cells).
pub(crate) const ACTIONS: [(ActionId, StateId, StateId, bool); 3] = [
    (ActionId(1), DRAFT, SENT, false),
    (ActionId(2), SENT, VERIFIED, false),
    (ActionId(3), SENT, DRAFT, true),
];

fn ty(id: u16, kind: Kind) -> RecordType {
    let field = |id| Field {
        id: FieldId(id),
        key: format!("f{id}"),
        kind: if id == TEXT { FieldKind::LongText } else { FieldKind::Integer },
        group: None,
        required: false,
        not_applicable: false,
        missing: false,
        relevant: None,
        unit: None,
        min: None,
        max: None,
    };
    let state = |id, key: &str, reopens_to| State {
        id,
        key: key.into(),
        editable: true,
        counts: true,
        reopens_to,
    };
    let action = |(id, from, to, returns): (ActionId, StateId, StateId, bool)| Action {
        id,
        key: format!("a{id}"),
        from: vec![from],
        to,
        reason: false,
        returns,
        guard: None,
    };
    RecordType {
        id,
        key: format!("t{id}"),
        kind,
        fields: (1..=URGENT).map(field).collect(),
        sections: Vec::new(),
        rules: Vec::new(),
        workflow: Workflow {
            states: vec![
                state(DRAFT, "draft", None),
                state(SENT, "sent", None),
                state(VERIFIED, "verified", Some(SENT)),
            ],
            actions: ACTIONS.map(action).to_vec(),
        },
        title: None,
        urgent: Some(Expr::Binary(
            Binary::Eq,
            Box::new(Expr::Field(FieldId(URGENT))),
            Box::new(Expr::Const(Value::Int(1))),
        )),
        levels: vec![Level::Centre, Level::Province, Level::Regency],
        date: None,
        point: None,
    }
}

fn measure(key: &str, value: &Expr) -> Measure {
    let source = |type_id| Source {
        type_id,
        group: None,
        when: None,
        value: value.clone(),
        office: None,
        // An event of this pack has no date of its own.
        date: Some(Expr::Const(Value::Date(Date(20_450)))),
        dims: Vec::new(),
    };
    Measure {
        key: key.to_owned(),
        unit: Unit::Fixed("times".to_owned()),
        scale: 0,
        kind: MeasureKind::Additive(vec![source(EVENT), source(DAILY)]),
        dims: Vec::new(),
        source: "the simulator".to_owned(),
        suppress_below: None,
    }
}
