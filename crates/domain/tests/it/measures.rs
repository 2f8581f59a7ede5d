//! Facts of a record, and formulas over added-up measures.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ChoiceId, FieldId, OfficeId, OpTag, RecordId, RowId, StateId};
use domain::measure::{Received, due_ms, facts, formula};
use domain::op::TypeRef;
use domain::pack::{MeasureKind, Pack};
use domain::period::Period;
use domain::record::{Held, Record};
use domain::value::{Cell, CellPath, Cells, Value};
use expect_test::{Expect, expect};

use crate::kinds;

const MEASURES: &str = r#"
[[measure]]
key = "banyak"
unit = "u"
kind = "additive"
dims = ["pilihan", "status", "ada"]
source = "s"

[[measure.from]]
type = "t"
value = "1"
dims = { pilihan = "satu", status = "state", ada = "has(a)" }

[[measure]]
key = "jumlah"
unit_dim = "nama"
scale = 2
kind = "additive"
dims = ["nama"]
source = "s"

[[measure.from]]
type = "t"
group = "baris"
when = "jumlah > 0"
value = "jumlah"
office = "kantor"
dims = { nama = "nama" }

[[measure]]
key = "nama_berbeda"
unit = "u"
kind = "distinct"
dims = []
source = "s"

[[measure.from]]
type = "t"
group = "baris"
value = "nama"
date = "date('2020-02-29')"

[[measure]]
key = "bagian"
unit = "persen"
scale = 1
kind = "formula"
dims = []
source = "s"
formula = "100 * jumlah / (banyak + 0.5)"
"#;

fn pack() -> Pack {
    let mut files = kinds::files("");
    files.insert("measures.toml".into(), MEASURES.into());
    kinds::pack_of(files)
}

fn record(cells: Cells, state: u16, period: Option<Period>) -> Record {
    let by = OpTag([1; 8]);
    let held = cells
        .into_iter()
        .map(|(path, cell)| (path, Held { cell: Some(cell), by, losers: Vec::new() }));
    Record {
        id: RecordId([1; 16]),
        type_ref: TypeRef { pack: "p".into(), version: 1, type_id: 1 },
        office: OfficeId(2101),
        period,
        cells: held.collect(),
        state: StateId(state),
        returned: BTreeMap::new(),
        approved: None,
        comments: Vec::new(),
        acknowledged: BTreeMap::new(),
        history: Vec::new(),
        heads: BTreeSet::new(),
    }
}

fn check(pack: &Pack, record: &Record, received: Received, expected: &Expect) {
    let line = |fact: domain::measure::Derived| {
        let dims: Vec<String> =
            fact.dims.into_iter().map(|dim| dim.unwrap_or("-".into())).collect();
        format!("{} {} {} {dims:?} {}\n", fact.measure, fact.office, fact.date, fact.value)
    };
    expected.assert_eq(&facts(pack, record, received).into_iter().map(line).collect::<String>());
}

const AT_ONCE: Received = Received { ms: 0, utc_offset_minutes: 420 };

fn cells() -> Cells {
    let row = |row, id| CellPath::row(FieldId(20), RowId(row), FieldId(id));
    let text = |text: &str| Cell::Value(Value::Text(text.into()));
    let number = |number| Cell::Value(Value::Int(number));
    Cells::from([
        (CellPath::field(FieldId(3)), Cell::NotApplicable),
        (CellPath::field(FieldId(7)), Cell::Value(Value::Date("2021-01-08".parse().unwrap()))),
        (CellPath::field(FieldId(10)), Cell::Value(Value::Choice(ChoiceId(2)))),
        (CellPath::field(FieldId(12)), Cell::Value(Value::Office(OfficeId(21)))),
        (row(1, 21), text("beras")),
        (row(1, 22), number(125)),
        (row(2, 21), text("gula")),
        (row(2, 22), number(0)),
        (row(3, 22), number(-5)),
        (row(4, 21), text("beras")),
        (row(4, 22), Cell::Missing("rusak".into())),
    ])
}

#[test]
fn facts_of_a_record_and_of_its_rows() {
    check(
        &pack(),
        &record(cells(), 1, None),
        AT_ONCE,
        &expect![[r#"
        p.banyak 2101 2021-01-08 ["y", "awal", "false"] 1
        p.jumlah 21 2021-01-08 ["beras"] 1250
        p.nama_berbeda 2101 2020-02-29 [] -6072848513404678480
        p.nama_berbeda 2101 2020-02-29 [] 4193281408337131264
        p.nama_berbeda 2101 2020-02-29 [] 4193281408337131264
    "#]],
    );
}

#[test]
fn a_state_that_does_not_count_has_no_facts() {
    check(&pack(), &record(cells(), 9, None), AT_ONCE, &expect![[""]]);
}

#[test]
fn no_date_no_fact() {
    let mut without = cells();
    without.remove(&CellPath::field(FieldId(7)));
    check(
        &pack(),
        &record(without, 1, None),
        AT_ONCE,
        &expect![[r#"
        p.nama_berbeda 2101 2020-02-29 [] -6072848513404678480
        p.nama_berbeda 2101 2020-02-29 [] 4193281408337131264
        p.nama_berbeda 2101 2020-02-29 [] 4193281408337131264
    "#]],
    );
}

#[test]
fn a_report_is_received_and_on_time_by_the_clock_of_its_office() {
    let mut files = kinds::files("");
    let ty = files.get_mut("types/t.toml").unwrap();
    *ty = ty.replace("kind = \"event\"", "kind = \"periodic\"\ngrain = \"day\"");
    let schedule = "[[schedule]]\nkey = \"s\"\ntype = \"t\"\nlevels = [\"regency\"]\n\
                    due_after_minutes = -240\nfrom = \"2021-01-01\"\n";
    files.insert("schedule.toml".into(), schedule.into());
    let pack = kinds::pack_of(files);
    let day: Period = "2021-01-08".parse().unwrap();
    // 20.00 at UTC+7 is 13.00 UTC.
    let due = due_ms(&pack.schedules[0], day.last(), 420);
    assert_eq!(due, (18_635 * 24 + 13) * 3_600_000);
    let at = |ms| Received { ms, utc_offset_minutes: 420 };
    let report = record(Cells::new(), 1, Some(day));
    check(
        &pack,
        &report,
        at(due),
        &expect![[r#"
        p.s:on_time 2101 2021-01-08 [] 1
        p.s:received 2101 2021-01-08 [] 1
    "#]],
    );
    check(
        &pack,
        &report,
        at(due + 1),
        &expect![[r#"
        p.s:received 2101 2021-01-08 [] 1
    "#]],
    );
    let before = record(Cells::new(), 1, Some(day.previous()));
    check(
        &pack,
        &before,
        at(0),
        &expect![[r#"
        p.s:on_time 2101 2021-01-07 [] 1
        p.s:received 2101 2021-01-07 [] 1
    "#]],
    );
    let older = record(Cells::new(), 1, Some("2020-12-31".parse().unwrap()));
    check(&pack, &older, at(0), &expect![[""]]);
}

#[test]
fn a_formula_is_exact_and_rounded_once() {
    let pack = pack();
    let measure = pack.measure("bagian").unwrap();
    let MeasureKind::Formula(of) = &measure.kind else { panic!() };
    assert_eq!(of.inputs, ["jumlah", "banyak"]);
    let value = |a, b| formula(of, &[a, b], measure.scale);
    // 100 × 12.34 ÷ (3 + 0.5) = 352.57…
    assert_eq!(value(Some(1_234), Some(3)), Some(3_526));
    // 100 × 0.07 ÷ 0.5 = 14
    assert_eq!(value(Some(7), Some(0)), Some(140));
    assert_eq!(value(None, Some(3)), None);
    assert_eq!(value(Some(i64::MAX), Some(0)), None, "beyond 64 bits");
    assert_eq!(formula(of, &[], measure.scale), None);
}
