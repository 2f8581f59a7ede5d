//! Bodies of sync frames: what is joined comes back, whatever it is.

use std::fmt::Write as _;

use domain::hlc::Hlc;
use domain::ids::{
    ActionId, ChoiceId, Digest, FieldId, OfficeId, OpTag, PersonId, RecordId, RowId, SubmissionId,
};
use domain::limits::FRAME_OPS_MAX;
use domain::op::{
    Acknowledge, Change, Comment, Create, Op, Patch, ReturnedCell, Transition, TypeRef,
};
use domain::period::{Date, Grain, Period};
use domain::record::periodic_id;
use domain::sync::Ppm;
use domain::sync::body::{
    Before, Body, BodyError, DictionaryId, SplitLimits, close, creation_submission, join, open,
    split,
};
use domain::value::{Cell, CellPath, FileRef, GeoPoint, Value};
use expect_test::{expect, expect_file};
use proptest::prelude::*;

use crate::make;

const LIMITS: SplitLimits = SplitLimits { ops_max: FRAME_OPS_MAX, bytes_max: 1024 * 1024 };

fn bytes(ops: &[Op]) -> Vec<Vec<u8>> {
    ops.iter().map(|op| minicbor::to_vec(op).unwrap()).collect()
}

fn keys(ty: &TypeRef) -> Option<String> {
    (ty.pack == "lapsit").then(|| "lapsit.harian".to_owned())
}

fn joined(ops: &[Vec<u8>]) -> Body {
    let slices: Vec<&[u8]> = ops.iter().map(Vec::as_slice).collect();
    let body = join(&slices, &keys).unwrap();
    assert_eq!(split(&body, LIMITS).unwrap(), ops);
    body
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Frozen like the operations themselves: nodes of different ages read each other's frames.
#[test]
fn golden() {
    let ops = bytes(&make::one_of_each());
    let mut text = String::new();
    for (name, ops) in [("all", &ops[..]), ("first", &ops[..1]), ("moves", &ops[3..5])] {
        let body = joined(ops);
        writeln!(text, "{name} chance {}", hex(&body.chance)).unwrap();
        writeln!(text, "{name} columns {}", hex(&body.columns)).unwrap();
    }
    writeln!(text, "submission {}", creation_submission(make::RECORD)).unwrap();
    expect_file!["golden/frame-body-1.txt"].assert_eq(&text);
}

/// Frame after frame as in a session: both ends know the same, and what is known is not said again.
#[test]
fn frames_that_lean_on_those_before_come_back_and_are_smaller() {
    let ppm = Ppm::default();
    let limits = SplitLimits { ops_max: 1, bytes_max: 1024 * 1024 };
    let (mut sender, mut receiver) = (Before::default(), Before::default());
    let all = bytes(&make::one_of_each());
    for round in 0..2 {
        for op in &all {
            let op = [op.as_slice()];
            let alone = close(&op, &keys, &ppm, DictionaryId::NONE).unwrap();
            let (frame, next) = sender.close(&op, &keys, &ppm, DictionaryId::NONE).unwrap();
            let known = sender != Before::default();
            let smaller = frame.len() < alone.len();
            assert!(round == 0 || smaller, "{} and {}", frame.len(), alone.len());
            let other = open(&frame, &ppm, DictionaryId::NONE, limits);
            assert!(!known || other.as_ref() != Ok(&vec![op[0].to_vec()]), "it leans on nothing");
            let (ops, then) = receiver.open(&frame, &ppm, DictionaryId::NONE, limits).unwrap();
            assert_eq!(ops, op);
            assert_eq!(then, next);
            (sender, receiver) = (next, then);
        }
    }
}

#[test]
fn what_derives_is_left_out() {
    let Change::Create(periodic) = make::one_of_each().swap_remove(1).change else {
        panic!("the second creates")
    };
    let with = |record: RecordId, submission: SubmissionId| {
        let change = Change::Create(Create { record, ..periodic.clone() });
        let op = Op { submission, ..make::op(1_610_064_000_000, 1, change) };
        joined(&bytes(&[op])).chance.len()
    };
    let other = RecordId([1; 16]);
    let plain = with(other, SubmissionId([2; 16]));
    assert_eq!(with(periodic.record, SubmissionId([2; 16])), plain - 16);
    assert_eq!(with(other, creation_submission(other)), plain - 16);
}

#[test]
fn one_author_one_record_one_id() {
    let ops = |count: u8| {
        let ops: Vec<Op> =
            (0..count).map(|ms| make::op(u64::from(ms), 1, make::acknowledge(&[]))).collect();
        joined(&bytes(&ops)).chance.len()
    };
    // Of each operation only its submission and how long after the one before.
    assert_eq!(ops(9) - ops(8), 16 + 1);
}

#[test]
fn an_operation_that_columns_cannot_say_is_carried_as_it_came() {
    let mut ops = bytes(&[
        make::op(1, 1, make::comment(&[], "nol \0 di tengah")),
        make::op(2, 1, make::comment(&[], "biasa")),
    ]);
    ops.push(b"not an operation".to_vec());
    ops.push(Vec::new());
    let mut longer = ops[1].clone();
    longer.splice(1..2, [0x18, 1]);
    ops.push(longer);
    let body = joined(&ops);
    assert_eq!(&body.columns[..7], [5, 0, 5, 3, 5, 5, 5], "of five, one is said in columns");
}

#[test]
fn more_operations_than_a_frame_holds_are_refused() {
    let op: &[u8] = b"x";
    assert!(join(&[op; FRAME_OPS_MAX], &keys).is_ok());
    assert_eq!(join(&[op; FRAME_OPS_MAX + 1], &keys), Err(BodyError::TooLarge));
}

fn check_bad(body: &Body, limits: SplitLimits, expect: &expect_test::Expect) {
    expect.assert_eq(&split(body, limits).unwrap_err().to_string());
}

#[test]
fn what_is_no_body() {
    let whole = joined(&bytes(&make::one_of_each()));
    let malformed = expect!["the bytes are not the body of a frame"];
    check_bad(&Body::default(), LIMITS, &malformed);
    for end in 0..whole.columns.len() {
        check_bad(
            &Body { columns: whole.columns[..end].to_vec(), ..whole.clone() },
            LIMITS,
            &malformed,
        );
    }
    let mut more = whole.clone();
    more.chance.push(0);
    check_bad(&more, LIMITS, &malformed);
    let large = expect!["the body of the frame holds more than is allowed"];
    check_bad(&whole, SplitLimits { bytes_max: 100, ..LIMITS }, &large);
    check_bad(&whole, SplitLimits { ops_max: 3, ..LIMITS }, &large);
    let many = Body { columns: vec![65, 1, 5], chance: Vec::new() };
    check_bad(&many, LIMITS, &large);
}

/// A few bytes that claim hundreds of thousands of cells.
#[test]
fn a_bomb_of_cells_stops_at_its_limit() {
    let cells = domain::value::Cells::from([(make::field(1), Cell::NotApplicable)]);
    let ops: Vec<Op> = (0..64).map(|ms| make::op(ms, 1, make::create(cells.clone()))).collect();
    let mut bomb = joined(&bytes(&ops));
    // One entry that all have: a field later, not applicable.
    assert!(bomb.columns.ends_with(&[1, 2, 1]));
    bomb.columns.truncate(bomb.columns.len() - 3);
    bomb.columns.extend([0x80, 0x40]);
    bomb.columns.extend([2, 1].repeat(8_192));
    let limits = SplitLimits { bytes_max: 400_000, ..LIMITS };
    assert_eq!(split(&bomb, limits), Err(BodyError::TooLarge));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c ]{0,12}", "\\PC{0,8}", Just("Banjir di Desa Suka Maju".to_owned())]
}

fn period() -> impl Strategy<Value = Period> {
    let grains = [Grain::Day, Grain::Week, Grain::Month, Grain::Third, Grain::Year];
    (prop::sample::select(grains.to_vec()), 0..30_000i32)
        .prop_map(|(grain, day)| Period::containing(grain, Date(day)))
}

fn value() -> impl Strategy<Value = Value> {
    let point = prop_oneof![
        (any::<i32>(), any::<i32>()),
        (-900..900i32, -1_800..1_800i32).prop_map(|(lat, lon)| (lat * 1_000, lon * 1_000)),
    ];
    prop_oneof![
        4 => text().prop_map(Value::Text),
        2 => prop_oneof![Just(0), -100..100i64, any::<i64>()].prop_map(Value::Int),
        1 => any::<i32>().prop_map(|days| Value::Date(Date(days))),
        1 => any::<u16>().prop_map(Value::Time),
        1 => period().prop_map(Value::Period),
        2 => any::<u16>().prop_map(|id| Value::Choice(ChoiceId(id))),
        1 => prop::collection::vec(any::<u16>().prop_map(ChoiceId), 0..4).prop_map(Value::Choices),
        1 => any::<u32>().prop_map(|id| Value::Office(OfficeId(id))),
        1 => any::<[u8; 16]>().prop_map(|id| Value::Record(RecordId(id))),
        2 => point.prop_map(|(lat_e7, lon_e7)| Value::Point(GeoPoint { lat_e7, lon_e7 })),
        1 => (any::<[u8; 32]>(), any::<u64>(), text(), text()).prop_map(
            |(digest, size_bytes, media_type, name)| Value::File(FileRef {
                digest: Digest(digest), size_bytes, media_type, name,
            })),
        1 => any::<bool>().prop_map(Value::Bool),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        6 => value().prop_map(Cell::Value),
        1 => Just(Cell::NotApplicable),
        1 => text().prop_map(Cell::Missing),
    ]
}

fn path() -> impl Strategy<Value = CellPath> {
    prop_oneof![
        3 => (1..6u16).prop_map(|id| CellPath::field(FieldId(id))),
        1 => (1..6u16, 0..3u32, 1..3u16)
            .prop_map(|(group, row, field)| CellPath::row(FieldId(group), RowId(row), FieldId(field))),
    ]
}

fn record() -> impl Strategy<Value = RecordId> {
    (0..6u8).prop_map(|id| RecordId([id; 16]))
}

fn saw() -> impl Strategy<Value = Vec<OpTag>> {
    prop::collection::vec(any::<[u8; 8]>().prop_map(OpTag), 0..4)
}

fn create() -> impl Strategy<Value = Change> {
    let ty = prop::sample::select(vec![("lapsit", 1), ("lapsit", 2), ("kejadian", 1)]);
    let cells = prop::collection::btree_map(path(), cell(), 0..8);
    (record(), ty, 2_100..2_103u32, prop::option::of(period()), any::<bool>(), cells).prop_map(
        |(record, (pack, version), office, period, derives, cells)| {
            let office = OfficeId(office);
            let derived = period.map(|period| periodic_id("lapsit.harian", office, period));
            Change::Create(Create {
                record: derived.filter(|_| derives).unwrap_or(record),
                type_ref: TypeRef { pack: pack.to_owned(), version, type_id: 1 },
                office,
                period,
                cells,
            })
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    let cells = prop::collection::btree_map(path(), prop::option::of(cell()), 0..6);
    let patch =
        (record(), saw(), any::<u32>(), cells).prop_map(|(record, saw, type_version, cells)| {
            Change::Patch(Patch { record, saw, type_version, cells })
        });
    let returned = (path(), text()).prop_map(|(path, reason)| ReturnedCell { path, reason });
    let returned = prop::collection::vec(returned, 0..3);
    let transition =
        (record(), saw(), any::<u16>(), any::<[u8; 32]>(), returned, prop::option::of(text()));
    let transition = transition.prop_map(|(record, saw, action, content, returned, reason)| {
        let (action, content) = (ActionId(action), Digest(content));
        Change::Transition(Transition { record, saw, action, content, returned, reason })
    });
    prop_oneof![
        4 => create(),
        2 => patch,
        2 => transition,
        1 => (record(), saw(), text())
            .prop_map(|(record, saw, text)| Change::Comment(Comment { record, saw, text })),
        1 => (record(), saw())
            .prop_map(|(record, saw)| Change::Acknowledge(Acknowledge { record, saw })),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Change::Pack),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let ms = prop_oneof![1_700_000_000_000..1_700_000_100_000u64, any::<u64>()];
    (ms, prop_oneof![Just(0), any::<u32>()], 0..3u8, 2_100..2_103u32, any::<bool>(), change())
        .prop_map(|(ms, counter, person, office, derives, change)| {
            let derived = change.record().map(creation_submission);
            Op {
                time: Hlc { ms, counter },
                author: PersonId([person; 16]),
                office: OfficeId(office),
                submission: derived.filter(|_| derives).unwrap_or(SubmissionId([person; 16])),
                ..make::op(0, 0, change)
            }
        })
}

proptest! {
    #[test]
    fn everything_comes_back(ops in prop::collection::vec(op(), 0..24)) {
        joined(&bytes(&ops));
    }

    #[test]
    fn bytes_that_are_no_operations_come_back(
        ops in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
    ) {
        joined(&ops);
    }

    #[test]
    fn frames_come_back_after_whatever_went_before(
        frames in prop::collection::vec(prop::collection::vec(op(), 1..4), 1..5),
    ) {
        let ppm = Ppm::default();
        let (mut sender, mut receiver) = (Before::default(), Before::default());
        for ops in frames {
            let ops = bytes(&ops);
            let slices: Vec<&[u8]> = ops.iter().map(Vec::as_slice).collect();
            let (frame, next) = sender.close(&slices, &keys, &ppm, DictionaryId::NONE).unwrap();
            let opened = receiver.open(&frame, &ppm, DictionaryId::NONE, LIMITS).unwrap();
            prop_assert_eq!(&opened, &(ops, next.clone()));
            (sender, receiver) = (next, opened.1);
        }
    }

    #[test]
    fn damaged_bodies_are_no_reason_to_panic(
        ops in prop::collection::vec(op(), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut body = joined(&bytes(&ops));
        for (index, byte) in damage {
            let at = index.index(body.columns.len());
            body.columns[at] = byte;
        }
        body.chance.truncate(end.index(body.chance.len() + 1));
        if let Ok(ops) = split(&body, LIMITS) {
            prop_assert!(ops.iter().map(Vec::len).sum::<usize>() <= LIMITS.bytes_max);
        }
    }

    #[test]
    fn arbitrary_bodies_are_no_reason_to_panic(
        chance in prop::collection::vec(any::<u8>(), 0..200),
        columns in prop::collection::vec(0..40u8, 0..200),
    ) {
        let _ = split(&Body { chance, columns }, LIMITS).is_ok();
    }
}
