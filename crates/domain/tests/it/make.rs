//! Makers of operations for tests.

use std::collections::{BTreeMap, BTreeSet};

use domain::hlc::Hlc;
use domain::ids::{
    ActionId, ChoiceId, Digest, FieldId, OfficeId, OpTag, PersonId, RecordId, RowId, StateId,
    SubmissionId, WriterId,
};
use domain::op::{
    Acknowledge, Audience, Change, Comment, Create, FORMAT, Lane, Op, Patch, ReturnedCell,
    StreamId, Transition, TypeRef,
};
use domain::pack::{Action, Field, FieldKind, Kind, Pack, RecordType, State, Workflow};
use domain::record::Tagged;
use domain::value::{Cell, CellChanges, CellPath, Cells, Value};

pub(crate) const RECORD: RecordId = RecordId([7; 16]);
pub(crate) const OWNER: OfficeId = OfficeId(2101);
pub(crate) const DRAFT: StateId = StateId(1);
pub(crate) const SENT: StateId = StateId(2);
pub(crate) const VERIFIED: StateId = StateId(3);
pub(crate) const SEND: ActionId = ActionId(1);
pub(crate) const VERIFY: ActionId = ActionId(2);
pub(crate) const SEND_BACK: ActionId = ActionId(3);

pub(crate) fn field(id: u16) -> CellPath {
    CellPath::field(FieldId(id))
}

pub(crate) fn text(text: &str) -> Cell {
    Cell::Value(Value::Text(text.into()))
}

pub(crate) fn stream(writer: WriterId) -> StreamId {
    StreamId { writer, epoch: 1, audience: Audience::Up(OWNER), lane: Lane::Forms }
}

pub(crate) fn op(ms: u64, person: u8, change: Change) -> Op {
    Op {
        format: FORMAT,
        moved: None,
        time: Hlc { ms, counter: 0 },
        author: PersonId([person; 16]),
        office: OWNER,
        submission: SubmissionId([person ^ 0x55; 16]),
        change,
    }
}

/// An operation with a tag of its own choosing, for folds without chains.
pub(crate) fn tagged(tag: u8, ms: u64, change: Change) -> Tagged {
    Tagged { tag: OpTag([tag; 8]), audience: None, op: op(ms, 1, change) }
}

pub(crate) fn saw(tags: &[u8]) -> Vec<OpTag> {
    let tags: BTreeSet<OpTag> = tags.iter().map(|tag| OpTag([*tag; 8])).collect();
    tags.into_iter().collect()
}

pub(crate) fn type_ref() -> TypeRef {
    TypeRef { pack: "uji".into(), version: 1, type_id: 1 }
}

pub(crate) fn create(cells: Cells) -> Change {
    Change::Create(Create {
        record: RECORD,
        type_ref: type_ref(),
        office: OWNER,
        period: None,
        cells,
    })
}

pub(crate) fn patch(seen: &[u8], cells: CellChanges) -> Change {
    Change::Patch(Patch { record: RECORD, saw: saw(seen), type_version: 1, cells })
}

pub(crate) fn set(id: u16, value: &str) -> CellChanges {
    BTreeMap::from([(field(id), Some(text(value)))])
}

pub(crate) fn transition(seen: &[u8], action: ActionId, content: Digest) -> Change {
    Change::Transition(Transition {
        record: RECORD,
        saw: saw(seen),
        action,
        content,
        returned: Vec::new(),
        reason: None,
    })
}

pub(crate) fn send_back(seen: &[u8], id: u16, reason: &str) -> Change {
    let cell = ReturnedCell { path: field(id), reason: reason.into() };
    let Change::Transition(change) = transition(seen, SEND_BACK, Digest([0; 32])) else {
        unreachable!("it makes transitions")
    };
    Change::Transition(Transition { returned: vec![cell], ..change })
}

pub(crate) fn comment(seen: &[u8], text: &str) -> Change {
    Change::Comment(Comment { record: RECORD, saw: saw(seen), text: text.into() })
}

pub(crate) fn acknowledge(seen: &[u8]) -> Change {
    Change::Acknowledge(Acknowledge { record: RECORD, saw: saw(seen) })
}

/// A pack with one type: draft → sent → verified, sent → draft with cells returned; verified
/// reopens to sent.
pub(crate) fn pack() -> Pack {
    let state = |id, key: &str, editable, reopens_to| State {
        id,
        key: key.into(),
        editable,
        counts: id != DRAFT,
        reopens_to,
    };
    let action = |id, key: &str, from, to, returns| Action {
        id,
        key: key.into(),
        from: vec![from],
        to,
        reason: returns,
        returns,
        guard: None,
    };
    let field = |id| Field {
        id: FieldId(id),
        key: format!("f{id}"),
        kind: FieldKind::Text,
        group: None,
        required: false,
        not_applicable: true,
        missing: true,
        relevant: None,
        unit: None,
        min: None,
        max: None,
    };
    let group = Field { kind: FieldKind::Group(5), ..field(8) };
    let inner = Field { group: Some(FieldId(8)), ..field(9) };
    let ty = RecordType {
        id: 1,
        key: "laporan".into(),
        kind: Kind::Event,
        fields: vec![field(1), field(2), field(3), group, inner],
        sections: Vec::new(),
        rules: Vec::new(),
        workflow: Workflow {
            states: vec![
                state(DRAFT, "draf", true, None),
                state(SENT, "terkirim", false, None),
                state(VERIFIED, "terverifikasi", true, Some(SENT)),
            ],
            actions: vec![
                action(SEND, "kirim", DRAFT, SENT, false),
                action(VERIFY, "verifikasi", SENT, VERIFIED, false),
                action(SEND_BACK, "kembalikan", SENT, DRAFT, true),
            ],
        },
        title: Some(FieldId(1)),
        urgent: None,
        levels: Vec::new(),
        date: None,
        point: None,
    };
    Pack {
        name: "uji".into(),
        version: 1,
        types: vec![ty],
        measures: Vec::new(),
        schedules: Vec::new(),
        roles: Vec::new(),
        policy: String::new(),
        views: Vec::new(),
        messages: BTreeMap::new(),
        dictionary: None,
    }
}

/// One operation of every kind, with every kind of value.
pub(crate) fn one_of_each() -> Vec<Op> {
    use domain::office::{OfficeChange, OfficeEvent};
    use domain::period::{Date, Grain, Period};
    use domain::value::{FileRef, GeoPoint};

    let date = Date::new(2021, 1, 8).unwrap();
    let values = [
        Value::Text("Gempa bumi, Kota Batam".into()),
        Value::Int(-1_250),
        Value::Date(date),
        Value::Time(14 * 60 + 5),
        Value::Period(Period::containing(Grain::Third, date)),
        Value::Choice(ChoiceId(3)),
        Value::Choices(vec![ChoiceId(1), ChoiceId(4)]),
        Value::Office(OfficeId(2171)),
        Value::Record(RecordId([9; 16])),
        Value::Point(GeoPoint { lat_e7: 11_283_300, lon_e7: 1_040_305_000 }),
        Value::File(FileRef {
            digest: Digest([5; 32]),
            size_bytes: 80_123,
            media_type: "image/jpeg".into(),
            name: "foto.jpg".into(),
        }),
        Value::Bool(true),
    ];
    let mut cells: Cells = (1..).map(field).zip(values.into_iter().map(Cell::Value)).collect();
    cells.insert(field(20), Cell::NotApplicable);
    cells.insert(field(21), Cell::Missing("belum didata".into()));
    cells.insert(CellPath::row(FieldId(30), RowId(2), FieldId(31)), text("baris"));
    let event = OfficeEvent {
        date: Date::new(2022, 7, 25).unwrap(),
        basis: "UU 14/2022".into(),
        changes: vec![OfficeChange::Close(OfficeId(9999), vec![OfficeId(1), OfficeId(2)])],
    };
    let periodic = Create {
        record: domain::record::periodic_id(
            "lapsit.harian",
            OWNER,
            Period::containing(Grain::Day, date),
        ),
        type_ref: TypeRef { pack: "lapsit".into(), version: 3, type_id: 1 },
        office: OWNER,
        period: Some(Period::containing(Grain::Day, date)),
        cells: Cells::new(),
    };
    let mut changes = set(1, "Gempa bumi, Batam");
    changes.insert(field(2), None);
    let time = 1_610_064_000_000;
    vec![
        op(time, 1, create(cells)),
        op(time + 1, 1, Change::Create(periodic)),
        op(time + 2, 2, patch(&[1, 2], changes)),
        op(time + 3, 3, send_back(&[3], 1, "judul kurang jelas")),
        op(time + 4, 3, transition(&[], VERIFY, Digest([4; 32]))),
        op(time + 5, 4, comment(&[3], "Mohon dilengkapi.")),
        op(time + 6, 5, acknowledge(&[3])),
        op(time + 7, 6, Change::Pack(vec![0x80, 1, 2])),
        op(time + 8, 6, Change::Office(event)),
    ]
}
