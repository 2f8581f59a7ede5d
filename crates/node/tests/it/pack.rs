//! A small pack to test with: an event with an approval, and a daily report.

use std::collections::BTreeMap;

use domain::expr::{Binary, Expr};
use domain::ids::{ActionId, ChoiceId, FieldId, StateId};
use domain::office::Level;
use domain::pack::{
    Action, Choice, Field, FieldKind, Kind, Measure, MeasureKind, Pack, RecordType, Schedule,
    Section, Source, State, Unit, Workflow,
};
use domain::period::{Date, Grain};
use domain::value::Value;

pub(crate) const POLICY: &str = r#"
permit (principal, action in [Action::"create", Action::"edit"], resource is Record)
when { context.here.contains("operator") };

permit (principal, action == Action::"transition", resource is Record)
when { context.action == "ajukan" && context.here.contains("operator") };

permit (principal, action == Action::"transition", resource is Record)
when {
  ["setujui", "kembalikan"].contains(context.action) && context.above.contains("verifikator")
};

permit (principal, action == Action::"import", resource is Record)
when { context.above.contains("analis") };

// A draft is its office's own affair.
permit (
  principal,
  action in [Action::"read", Action::"comment", Action::"acknowledge"],
  resource is Record
) when {
  context.here.contains("operator") ||
  (resource.state != "draf" && context.above.containsAny(["verifikator", "analis"]))
};

permit (principal, action == Action::"figure", resource is Record)
when {
  context.here.containsAny(["operator", "analis"]) ||
  context.above.containsAny(["verifikator", "analis"])
};

permit (principal, action == Action::"export", resource is Record)
when { context.here.contains("analis") || context.above.contains("analis") };
"#;

pub(crate) fn pack() -> Pack {
    Pack {
        name: "uji".to_owned(),
        version: 1,
        types: vec![incident(), daily()],
        measures: vec![
            measure("jumlah", Expr::Const(Value::Int(1))),
            measure("korban", Expr::Field(FieldId(3))),
        ],
        schedules: vec![Schedule {
            key: "harian".to_owned(),
            type_id: 2,
            levels: vec![Level::Regency],
            due_after_minutes: 0,
            from: Date::new(2021, 1, 1).unwrap(),
        }],
        roles: vec!["operator".to_owned(), "verifikator".to_owned(), "analis".to_owned()],
        policy: POLICY.to_owned(),
        views: Vec::new(),
        messages: BTreeMap::new(),
        dictionary: None,
    }
}

fn field(id: u16, key: &str, kind: FieldKind, required: bool) -> Field {
    Field {
        id: FieldId(id),
        key: key.to_owned(),
        kind,
        group: None,
        required,
        not_applicable: false,
        missing: false,
        relevant: None,
        unit: None,
        min: None,
        max: None,
    }
}

fn section(fields: &[u16]) -> Section {
    Section { key: "isi".to_owned(), fields: fields.iter().map(|id| FieldId(*id)).collect() }
}

fn choice(id: u16, key: &str) -> Choice {
    Choice { id: ChoiceId(id), key: key.to_owned() }
}

fn state(id: u16, key: &str, editable: bool, counts: bool, reopens_to: Option<u16>) -> State {
    let (id, key) = (StateId(id), key.to_owned());
    State { id, key, editable, counts, reopens_to: reopens_to.map(StateId) }
}

fn action(id: u16, key: &str, from: u16, to: u16, returns: bool) -> Action {
    Action {
        id: ActionId(id),
        key: key.to_owned(),
        from: vec![StateId(from)],
        to: StateId(to),
        reason: returns,
        returns,
        guard: None,
    }
}

fn incident() -> RecordType {
    let kinds = vec![choice(1, "politik"), choice(2, "kritis")];
    RecordType {
        id: 1,
        key: "kejadian".to_owned(),
        kind: Kind::Event,
        fields: vec![
            field(1, "judul", FieldKind::Text, true),
            field(2, "tanggal", FieldKind::Date, true),
            field(3, "korban", FieldKind::Integer, false),
            field(4, "urgensi", FieldKind::Choice(kinds), false),
            field(5, "lanjutan", FieldKind::Record("kejadian".to_owned(), vec![]), false),
        ],
        sections: vec![section(&[1, 2, 3, 4, 5])],
        rules: Vec::new(),
        workflow: Workflow {
            states: vec![
                state(1, "draf", true, false, None),
                state(2, "diajukan", true, true, None),
                state(3, "disetujui", true, true, Some(2)),
                state(4, "ditutup", false, true, None),
            ],
            actions: vec![
                action(1, "ajukan", 1, 2, false),
                action(2, "setujui", 2, 3, false),
                action(3, "kembalikan", 2, 1, true),
            ],
        },
        title: Some(FieldId(1)),
        urgent: Some(Expr::HasChoice(FieldId(4), ChoiceId(2))),
        levels: vec![Level::Regency, Level::Province, Level::Centre],
        date: Some(FieldId(2)),
        point: None,
    }
}

fn daily() -> RecordType {
    RecordType {
        id: 2,
        key: "harian".to_owned(),
        kind: Kind::Periodic(Grain::Day),
        fields: vec![field(1, "uraian", FieldKind::Text, true)],
        sections: vec![section(&[1])],
        rules: Vec::new(),
        workflow: Workflow {
            states: vec![state(1, "dikirim", true, true, None)],
            actions: Vec::new(),
        },
        title: None,
        urgent: None,
        levels: vec![Level::Regency],
        date: None,
        point: None,
    }
}

fn measure(key: &str, value: Expr) -> Measure {
    Measure {
        key: key.to_owned(),
        unit: Unit::Fixed("kali".to_owned()),
        scale: 0,
        kind: MeasureKind::Additive(vec![Source {
            type_id: 1,
            group: None,
            when: Some(Expr::Binary(
                Binary::Ne,
                Box::new(Expr::Field(FieldId(1))),
                Box::new(Expr::Const(Value::Text(String::new()))),
            )),
            value,
            office: None,
            date: None,
            dims: Vec::new(),
        }]),
        dims: Vec::new(),
        source: "uji".to_owned(),
        suppress_below: None,
    }
}
