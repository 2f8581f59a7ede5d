//! The pack that the simulated machines use: two types, one workflow, two versions.

use std::collections::BTreeMap;

use domain::ids::{ActionId, FieldId, StateId};
use domain::op::TypeRef;
use domain::pack::{Action, Field, FieldKind, Kind, Pack, RecordType, State, Workflow};
use domain::period::Grain;

pub(crate) const EVENT: u16 = 1;
pub(crate) const DAILY: u16 = 2;
pub(crate) const SENT: StateId = StateId(2);
pub(crate) const VERIFIED: StateId = StateId(3);
pub(crate) const DRAFT: StateId = StateId(1);
pub(crate) const FIELDS: u16 = 4;

pub(crate) fn type_ref(type_id: u16, version: u32) -> TypeRef {
    TypeRef { pack: "sim".into(), version, type_id }
}

pub(crate) fn pack(version: u32) -> Pack {
    Pack {
        name: "sim".into(),
        version,
        types: vec![ty(EVENT, Kind::Event), ty(DAILY, Kind::Periodic(Grain::Day))],
        measures: Vec::new(),
        schedules: Vec::new(),
        roles: Vec::new(),
        policy: String::new(),
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
        kind: FieldKind::Integer,
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
        fields: (1..=FIELDS).map(field).collect(),
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
        urgent: None,
        levels: Vec::new(),
        date: None,
        point: None,
    }
}
