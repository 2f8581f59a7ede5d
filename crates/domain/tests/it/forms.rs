//! Forms: what is accepted comes back as it was; what isn't is told with its place; nothing
//! panics.

use std::collections::{BTreeMap, BTreeSet};

use domain::form::{
    FormContext, RawForm, RawPatch, RawReturned, RawTransition, RefInfo, parse, parse_patch,
    parse_transition, place, to_json,
};
use domain::hlc::Hlc;
use domain::ids::{Digest, OfficeId, OpTag, PersonId, RecordId, StateId, SubmissionId};
use domain::office::Tree;
use domain::op::TypeRef;
use domain::pack::Pack;
use domain::period::Date;
use domain::problem::Problem;
use domain::record::{Effect, Event, Held, Record};
use domain::value::{Cell, CellPath, Cells};
use expect_test::{Expect, expect};
use serde_json::{Map, Value as Json, json};

use crate::kinds;

const RECORD: RecordId = RecordId([1; 16]);
pub(crate) const OTHER: RecordId = RecordId([2; 16]);
const OFFICE: OfficeId = OfficeId(2101);
const TAG: OpTag = OpTag([3; 8]);

fn today() -> Date {
    Date::new(2021, 1, 8).unwrap()
}

fn refs() -> BTreeMap<RecordId, RefInfo> {
    let info = RefInfo { type_key: "p.t".into(), state: "awal".into(), office: OFFICE };
    BTreeMap::from([(OTHER, info)])
}

fn raw(fields: Map<String, Json>) -> RawForm {
    RawForm {
        type_key: "p.t".into(),
        submission: SubmissionId([9; 16]),
        record: Some(RECORD),
        office: OFFICE,
        period: None,
        fields,
        confirmed: Vec::new(),
    }
}

pub(crate) fn parse_fields(pack: &Pack, fields: Map<String, Json>) -> Result<Cells, Vec<Problem>> {
    let tree = Tree::built_in();
    let context = FormContext { today: today(), refs: &refs(), tree: &tree };
    match parse(&raw(fields), pack, &context) {
        Ok(valid) => Ok(valid.cells().clone()),
        Err(errors) => Err(errors.into_problems()),
    }
}

pub(crate) fn show(problems: &[Problem]) -> String {
    let line =
        |p: &Problem| format!("{} {} {:?}\n", p.code, p.at.as_deref().unwrap_or("-"), p.values);
    problems.iter().map(line).collect()
}

fn check(more: &str, fields: &Json, expected: &Expect) {
    let Json::Object(fields) = fields.clone() else { panic!() };
    let pack = kinds::pack_of(kinds::files(more));
    let shown = match parse_fields(&pack, fields) {
        Ok(cells) => format!("{}\n", Json::Object(to_json(&pack.types[0], &cells))),
        Err(problems) => show(&problems),
    };
    expected.assert_eq(&shown);
}

#[test]
fn every_kind_is_read() {
    let fields = json!({
        "teks": "  e\u{301}  ", "panjang": "a\r\nb", "a": "-12", "b": 5, "desimal": 2.5,
        "rupiah": "9007199254740995", "tanggal": "2021-01-08", "jam": "23:59",
        "masa": "2021-B04", "satu": "y", "banyak": ["z", "x", "z"], "kantor": 21,
        "induk": OTHER, "titik": {"lat": 1.08282761234, "lon": "104.03"}, "ya": false,
        "berkas": {"digest": Digest([7; 32]), "size_bytes": 10, "media_type": "text/csv", "name": "a.csv"},
        "baris": [{"row": 2, "nama": "x"}, {"row": 7, "jumlah": {"missing": "rusak"}}, {"row": 9}],
    });
    check(
        "",
        &fields,
        &expect![[r#"
            {"teks":"é","panjang":"a\nb","a":-12,"b":5,"desimal":"2.50","rupiah":"9007199254740995","tanggal":"2021-01-08","jam":"23:59","masa":"2021-B04","satu":"y","banyak":["x","z"],"kantor":21,"induk":"02020202020202020202020202020202","titik":{"lat":1.0828276,"lon":104.03},"berkas":{"digest":"0707070707070707070707070707070707070707070707070707070707070707","size_bytes":10,"media_type":"text/csv","name":"a.csv"},"ya":false,"baris":[{"row":2,"nama":"x"},{"row":7,"jumlah":{"missing":"rusak"}}]}
        "#]],
    );
    check(
        "",
        &json!({"a": {"na": true}, "b": null, "teks": " ", "banyak": [], "baris": {"na": true}}),
        &expect![[r#"
            {"a":{"na":true},"baris":{"na":true}}
        "#]],
    );
}

#[test]
fn every_mistake_has_its_place() {
    let fields = json!({
        "teks": "a\nb", "panjang": {"missing": " "}, "a": 1.5, "b": {"na": true}, "desimal": "-1000.51",
        "rupiah": 9_007_199_254_740_996_i64, "tanggal": "2021-02-30", "jam": "24:00",
        "masa": "2021-Q1", "satu": "w", "banyak": ["x", 1], "kantor": 1, "induk": RECORD,
        "titik": {"lat": 91, "lon": 0}, "ya": "true", "hantu": 1,
        "foto": {"digest": Digest([7; 32]), "size_bytes": 10, "media_type": "text/csv", "name": "a.csv"},
        "baris": [{"row": 1, "nama": 5}, {"row": 1}, {"nama": "x"}, {"row": 2, "ganda": 2, "hantu": 1, "jumlah": "1.25"}],
    });
    check(
        "",
        &fields,
        &expect![[r#"
            form.wrong_kind teks {"kind": "text"}
            form.missing_needs_reason panjang {}
            form.too_precise a {"digits": "0"}
            form.not_applicable_not_allowed b {}
            form.below_min desimal {"min": "-1000.50"}
            form.above_max rupiah {"max": "9007199254740995"}
            form.wrong_kind tanggal {"kind": "date"}
            form.wrong_kind jam {"kind": "time"}
            form.wrong_kind masa {"kind": "period"}
            form.unknown_choice satu {"choice": "w"}
            form.wrong_kind banyak {"kind": "choices"}
            form.wrong_kind titik {"kind": "point"}
            form.wrong_kind ya {"kind": "bool"}
            form.unknown_field hantu {}
            form.wrong_kind foto {"kind": "photo"}
            form.wrong_kind baris[1].nama {"kind": "text"}
            form.row_number baris[1] {}
            form.row_number baris[#3] {}
            form.computed_sent baris[2].ganda {}
            form.unknown_field baris[2].hantu {}
            form.too_precise baris[2].jumlah {"digits": "1"}
            form.wrong_office kantor {"office": "1"}
            form.wrong_record induk {"record": "01010101010101010101010101010101"}
        "#]],
    );
    check(
        "",
        &json!({"baris": [{}, {}, {}, {}, {}, {}]}),
        &expect![[r#"
        form.too_many baris {"max": "5"}
    "#]],
    );
    check(
        "",
        &json!({"teks": "x".repeat(501), "baris": 5}),
        &expect![[r#"
            form.too_long teks {"max": "500"}
            form.wrong_kind baris {"kind": "group"}
        "#]],
    );
}

pub(crate) const LINKED: &str = r#"
[[field]]
id = 30
key = "jika"
section = "s"
kind = "text"
required = true
relevant = "satu == 'x'"

[[field]]
id = 31
key = "lagi"
section = "s"
kind = "text"
relevant = "has(jika)"

[[rule]]
key = "a_sampai_b"
expr = "a <= b"
fields = ["b"]

[[rule]]
key = "kecil"
expr = "jumlah < 100.0"
fields = ["jumlah"]
warning = true

[[rule]]
key = "tidak_nanti"
expr = "tanggal <= today"
fields = ["tanggal"]
"#;

#[test]
fn relevance_required_and_rules() {
    check(
        LINKED,
        &json!({"satu": "x"}),
        &expect![[r#"
        form.required jika {}
    "#]],
    );
    check(
        LINKED,
        &json!({"satu": "y", "jika": "?"}),
        &expect![[r#"
        form.not_relevant jika {}
    "#]],
    );
    check(
        LINKED,
        &json!({"satu": "w", "jika": "?"}),
        &expect![[r#"
        form.unknown_choice satu {"choice": "w"}
    "#]],
    );
    check(
        LINKED,
        &json!({"a": 2, "b": 1, "tanggal": "2021-01-09"}),
        &expect![[r#"
        form.rule_broken b {"rule": "a_sampai_b"}
        form.rule_broken tanggal {"rule": "tidak_nanti"}
    "#]],
    );
    check(
        LINKED,
        &json!({"a": 2, "baris": [{"row": 4, "jumlah": 100}]}),
        &expect![[r#"
        form.rule_unconfirmed baris[4].jumlah {"rule": "kecil"}
    "#]],
    );
}

fn record(pack: &Pack, cells: &Cells) -> Record {
    let ty = &pack.types[0];
    let held = cells.iter().map(|(path, cell)| {
        (*path, Held { cell: Some(cell.clone()), by: TAG, losers: Vec::new() })
    });
    Record {
        id: RECORD,
        type_ref: TypeRef { pack: "p".into(), version: 1, type_id: ty.id },
        office: OFFICE,
        period: None,
        cells: held.collect(),
        state: StateId(1),
        returned: BTreeMap::new(),
        approved: None,
        comments: Vec::new(),
        acknowledged: BTreeMap::new(),
        history: vec![Event {
            tag: TAG,
            time: Hlc { ms: 1, counter: 0 },
            author: PersonId([1; 16]),
            office: OFFICE,
            submission: SubmissionId([1; 16]),
            saw: Vec::new(),
            effect: Effect::Created,
        }],
        heads: BTreeSet::from([TAG]),
    }
}

fn check_patch(stands: &Json, fields: &Json, expected: &Expect) {
    let (Json::Object(stands), Json::Object(fields)) = (stands.clone(), fields.clone()) else {
        panic!()
    };
    let pack = kinds::pack_of(kinds::files(LINKED));
    let record = record(&pack, &parse_fields(&pack, stands).unwrap());
    let tree = Tree::built_in();
    let context = FormContext { today: today(), refs: &refs(), tree: &tree };
    let raw = RawPatch {
        record: RECORD,
        submission: SubmissionId([9; 16]),
        saw: None,
        fields,
        confirmed: Vec::new(),
    };
    let shown = match parse_patch(&raw, &record, &pack, &context) {
        Ok(patch) => {
            assert_eq!(patch.clone().into_patch().saw, vec![TAG]);
            let line = |(path, cell): (&CellPath, &Option<Cell>)| {
                format!("{} = {cell:?}\n", place::show(&pack.types[0], *path))
            };
            patch.changes().iter().map(line).collect()
        }
        Err(errors) => show(errors.problems()),
    };
    expected.assert_eq(&shown);
}

#[test]
fn a_patch_is_judged_as_the_whole_record_after_it() {
    check_patch(
        &json!({"a": 1, "b": 2}),
        &json!({"a": 1, "b": 3}),
        &expect![[r#"
        b = Some(Value(Int(3)))
    "#]],
    );
    check_patch(
        &json!({"a": 1, "b": 2}),
        &json!({"a": 3}),
        &expect![[r#"
        form.rule_broken b {"rule": "a_sampai_b"}
    "#]],
    );
    check_patch(
        &json!({"a": 1, "b": 2}),
        &json!({"a": null}),
        &expect![[r#"
        a = None
    "#]],
    );
    let linked = json!({"satu": "x", "jika": "1", "lagi": "2"});
    check_patch(
        &linked,
        &json!({"satu": "y"}),
        &expect![[r#"
        satu = Some(Value(Choice(ChoiceId(2))))
        jika = None
        lagi = None
    "#]],
    );
    check_patch(
        &linked,
        &json!({"satu": "y", "lagi": "3"}),
        &expect![[r#"
        form.not_relevant lagi {}
    "#]],
    );
    check_patch(
        &linked,
        &json!({"jika": null}),
        &expect![[r#"
        form.required jika {}
    "#]],
    );
}

#[test]
fn a_patch_changes_only_the_rows_that_it_names() {
    let rows = json!({"baris": [{"row": 1, "nama": "x", "jumlah": 1}, {"row": 2, "nama": "y"}]});
    check_patch(
        &rows,
        &json!({"baris": [{"row": 1, "jumlah": null}]}),
        &expect![[r#"
        baris[1].jumlah = None
    "#]],
    );
    check_patch(
        &rows,
        &json!({"baris": [{"row": 1, "remove": true}, {"row": 3, "nama": "z"}]}),
        &expect![[r#"
            baris[1].nama = None
            baris[1].jumlah = None
            baris[3].nama = Some(Value(Text("z")))
        "#]],
    );
    check_patch(
        &rows,
        &json!({"baris": null}),
        &expect![[r#"
        baris[1].nama = None
        baris[1].jumlah = None
        baris[2].nama = None
    "#]],
    );
    check_patch(
        &rows,
        &json!({"baris": {"na": true}}),
        &expect![[r#"
            baris = Some(NotApplicable)
            baris[1].nama = None
            baris[1].jumlah = None
            baris[2].nama = None
        "#]],
    );
}

#[test]
fn a_move_names_places() {
    let pack = kinds::pack();
    let ty = &pack.types[0];
    let record = record(&pack, &Cells::new());
    let at = |at: &str, reason: &str| RawReturned { at: at.into(), reason: reason.into() };
    let raw = RawTransition {
        record: RECORD,
        submission: SubmissionId([9; 16]),
        action: "hantu".into(),
        content: Digest([0; 32]),
        returned: vec![
            at("teks", "salah"),
            at("teks", "lagi"),
            at("baris[2].nama", " "),
            at("baris[02].nama", "x"),
            at("ganda", "x"),
        ],
        reason: Some("x".repeat(1_001)),
    };
    let errors = parse_transition(&raw, &record, ty).unwrap_err();
    expect![[r#"
        workflow.wrong_state action {"action": "hantu"}
        workflow.cannot_return teks {}
        workflow.reason_needed baris[2].nama {}
        workflow.cannot_return baris[02].nama {}
        workflow.cannot_return ganda {}
        form.too_long reason {"max": "1000"}
    "#]]
    .assert_eq(&show(errors.problems()));
}
