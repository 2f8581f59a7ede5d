//! Imports: every row accounted for, repeats, damage, dry runs, jobs, and real files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ids::RecordId;
use domain::pack::author;
use domain::problem::Problem;
use expect_test::{Expect, expect};
use node::import::{Counts, ImportError, ImportFile, ImportState, NewImport};
use node::{Failure, Listing};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::fixture::{CENTRE, Setup, told};

/// 2021-03-01T03:00:00Z.
const MARCH_MS: u64 = 1_614_567_600_000;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A node with the real packs, and a verifier of the centre.
pub(crate) async fn national() -> Setup {
    let setup = Setup::empty().await;
    setup.clock.set(MARCH_MS);
    let admin = setup.actor("admin");
    for name in ["kejadian", "distribusi", "lapsit"] {
        let pack = author::compile(&root().join("packs").join(name)).unwrap();
        setup.node.publish_pack(&admin, pack).await.unwrap();
    }
    setup.person("pusat", "verifikator", CENTRE);
    setup
}

fn say(problem: &Problem) -> String {
    let values: Vec<String> = problem.values.iter().map(|(k, v)| format!("{k}={v}")).collect();
    values.join(", ")
}

pub(crate) fn mapping(name: &str) -> String {
    std::fs::read_to_string(root().join("mappings").join(name)).unwrap()
}

/// Imports text as a file; gives what became of it, and the reject file without its mark.
pub(crate) async fn import(
    setup: &Setup,
    bytes: &[u8],
    mapping: Option<&str>,
    dry_run: bool,
) -> (Result<Counts, ImportError>, String) {
    let file = setup.dir.path().join("masuk");
    let rejects = setup.dir.path().join("ditolak.csv");
    std::fs::write(&file, bytes).unwrap();
    let order = ImportFile {
        file: &file,
        mapping,
        type_key: mapping.is_none().then_some("kejadian.kejadian"),
        dry_run,
        rejects: &rejects,
    };
    let done = setup.node.import(&setup.actor("pusat"), order, &say, &mut |_| {}).await;
    let rejected = std::fs::read_to_string(&rejects).unwrap_or_default();
    (done, rejected.trim_start_matches('\u{feff}').to_owned())
}

pub(crate) fn counted(counts: &Counts) -> String {
    let Counts { rows, imported, repeated, rejected, reasons } = counts;
    assert_eq!(*rows, imported + repeated + rejected);
    format!("{imported} imported, {repeated} repeated, {rejected} rejected {:?}", reasons.0)
}

const MAPPING: &str = r#"
format = 1
namespace = "contoh"
[file]
decimal = ","
thousands = "."
empty = ["-"]
dates = ["DD/MM/YYYY", "D MMMM YYYY", "MM/YYYY"]
[[rule]]
when = [{ column = "jenis", not_in = ["total"] }]
type = "kejadian.kejadian"
key = ["no"]
office = { column = "wilayah", outside = "{tempat}" }
[rule.fields]
judul = { template = "{jenis} di {tempat}" }
kategori = { value = "sosial" }
jenis = { column = "jenis", choices = { "bakar" = "kebakaran", "demo" = "unjuk_rasa" } }
athg = { missing = "tidak ada di sumber" }
urgensi = { column = "gawat", choices = { "*" = "rendah", "YA" = "tinggi" }, missing = "kosong" }
fakta = { column = "uraian" }
tanggal = { column = "tgl" }
ketelitian_tanggal = { precision_of = "tanggal", choices = { day = "hari", month = "bulan" } }
lokasi = { lat = "lintang", lon = "bujur" }
kerugian = { column = "rugi_juta", times = 1000000 }
sumber = { value = "instansi" }
[[rule]]
when = [{ column = "jenis", in = ["total"] }]
left_out = "baris jumlah"
"#;

const TABLE: &str = "\
no;wilayah;tempat;jenis;gawat;uraian;tgl;lintang;bujur;rugi_juta
1;KAB. BINTAN;Kijang;bakar;ya;\"Dua baris,
satu sel\";08/01/2021;0,85;104,6;1.250
2;21.71;Batam;demo;tidak;damai;3 Februari 2021;;;-
3;11.1;Singkil;demo;;damai;01/2021;;;
4;Bandung;Bandung;demo;;damai;01/01/2021;;;
5;;Dili;demo;;damai;01/01/2021;;;
6;9401;Nabire;demo;;damai;31/02/2021;;;
7;21.71;Batam;pesta;;=HYPERLINK(\"x\");01/01/2021;1;;
8;21.71;;total;;;;;;
";

#[tokio::test]
async fn each_row_is_accounted_for() {
    let setup = national().await;
    let (done, rejected) = import(&setup, TABLE.as_bytes(), Some(MAPPING), false).await;
    expect![[r#"2 imported, 0 repeated, 6 rejected {"form.required": 1, "form.wrong_kind": 1, "import.left_out": 1, "office.ambiguous": 1, "office.code_damaged": 1, "office.outside_tree": 1}"#]].assert_eq(&counted(&done.unwrap()));
    expect![[r#"
        no,wilayah,tempat,jenis,gawat,uraian,tgl,lintang,bujur,rugi_juta,alasan_kode,alasan_tempat,alasan,alasan_baris
        3,11.1,Singkil,demo,,damai,01/2021,,,,office.code_damaged,wilayah,"candidates=11.10 Kabupaten Aceh Singkil, 11.01 Kabupaten Aceh Selatan, text=11.1",5
        4,Bandung,Bandung,demo,,damai,01/01/2021,,,,office.ambiguous,wilayah,"candidates=32.04 Kabupaten Bandung, 32.73 Kota Bandung, text=Bandung",6
        5,,Dili,demo,,damai,01/01/2021,,,,office.outside_tree,wilayah,place=Dili,7
        6,9401,Nabire,demo,,damai,31/02/2021,,,,form.wrong_kind,tgl,"kind=date, text=31/02/2021",8
        7,21.71,Batam,pesta,,"'=HYPERLINK(""x"")",01/01/2021,1,,,form.required,bujur,,9
        8,21.71,,total,,,,,,,import.left_out,,reason=baris jumlah,10
    "#]].assert_eq(&rejected);
    let rows = setup.node.records(&setup.actor("pusat"), &Listing::default(), None, 10).unwrap();
    let record = setup.node.record(&setup.actor("pusat"), rows.rows[1].record).unwrap();
    expect![[r#"
        {
          "judul": "bakar di Kijang",
          "kategori": "sosial",
          "jenis": "kebakaran",
          "athg": {
            "missing": "tidak ada di sumber"
          },
          "urgensi": "tinggi",
          "fakta": "Dua baris,\nsatu sel",
          "tanggal": "2021-01-08",
          "ketelitian_tanggal": "hari",
          "lokasi": {
            "lat": 0.85,
            "lon": 104.6
          },
          "kerugian": 1250000000,
          "sumber": "instansi"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&record.fields).unwrap());
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_a_corrected_row_comes_in() {
    let setup = national().await;
    let (_, rejected) = import(&setup, TABLE.as_bytes(), Some(MAPPING), false).await;
    let (again, _) = import(&setup, TABLE.as_bytes(), Some(MAPPING), false).await;
    expect![[r#"2 imported, 0 repeated, 6 rejected {"form.required": 1, "form.wrong_kind": 1, "import.left_out": 1, "office.ambiguous": 1, "office.code_damaged": 1, "office.outside_tree": 1}"#]].assert_eq(&counted(&again.unwrap()));
    let corrected =
        rejected.replace("11.1,", "11.10,").replace("Bandung,Bandung", "Kab. Bandung,x");
    let (done, rejected) = import(&setup, corrected.as_bytes(), Some(MAPPING), false).await;
    expect![[r#"2 imported, 0 repeated, 4 rejected {"form.required": 1, "form.wrong_kind": 1, "import.left_out": 1, "office.outside_tree": 1}"#]].assert_eq(&counted(&done.unwrap()));
    assert!(rejected.contains("'=HYPERLINK"), "{rejected}");
    assert!(!rejected.contains("''=HYPERLINK"), "{rejected}");
    let changed = TABLE.replace("damai;3 Februari", "rusuh;3 Februari");
    let (done, _) = import(&setup, changed.as_bytes(), Some(MAPPING), false).await;
    expect![[r#"1 imported, 0 repeated, 7 rejected {"form.required": 1, "form.wrong_kind": 1, "import.left_out": 1, "office.ambiguous": 1, "office.code_damaged": 1, "office.outside_tree": 1, "record.exists": 1}"#]].assert_eq(&counted(&done.unwrap()));
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_keeps_nothing() {
    let setup = national().await;
    let (dry, dry_rejects) = import(&setup, TABLE.as_bytes(), Some(MAPPING), true).await;
    let listed = setup.node.records(&setup.actor("pusat"), &Listing::default(), None, 10).unwrap();
    assert!(listed.rows.is_empty());
    let (done, rejects) = import(&setup, TABLE.as_bytes(), Some(MAPPING), false).await;
    assert_eq!(counted(&dry.unwrap()), counted(&done.unwrap()));
    assert_eq!(dry_rejects, rejects);
}

#[tokio::test]
async fn who_may_not_file_there_imports_nothing() {
    let setup = national().await;
    setup.person("batam", "operator", crate::fixture::BATAM);
    let file = setup.dir.path().join("masuk");
    std::fs::write(&file, TABLE).unwrap();
    let rejects = setup.dir.path().join("ditolak.csv");
    let order = ImportFile {
        file: &file,
        mapping: Some(MAPPING),
        type_key: None,
        dry_run: false,
        rejects: &rejects,
    };
    let done = setup.node.import(&setup.actor("batam"), order, &say, &mut |_| {}).await;
    expect![[r#"1 imported, 0 repeated, 7 rejected {"form.required": 1, "form.wrong_kind": 1, "import.left_out": 1, "office.ambiguous": 1, "office.code_damaged": 1, "office.outside_tree": 1, "policy.denied": 1}"#]].assert_eq(&counted(&done.unwrap()));
}

#[tokio::test]
async fn a_workbook_is_read_by_its_kinds_of_cells() {
    let setup = national().await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let names = ["no", "wilayah", "tempat", "jenis", "gawat", "uraian", "tgl", "lintang", "bujur"];
    for (at, name) in (0_u16..).zip(names) {
        sheet.write_string(0, at, name).unwrap();
    }
    sheet.write_string(0, 9, "rugi_juta").unwrap();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (row, code) in [(1, 21.71), (2, 11.1)] {
        sheet.write_number(row, 0, f64::from(row)).unwrap();
        sheet.write_number(row, 1, code).unwrap();
        sheet.write_string(row, 2, "Pasar").unwrap();
        sheet.write_string(row, 3, "demo").unwrap();
        sheet.write_string(row, 5, "damai").unwrap();
        let date = ExcelDateTime::from_ymd(2021, 1, 8).unwrap();
        sheet.write_datetime_with_format(row, 6, &date, &day).unwrap();
        sheet.write_number(row, 7, 1.125).unwrap();
        sheet.write_number(row, 8, 104.03).unwrap();
        sheet.write_number(row, 9, 2.5).unwrap();
    }
    let (done, rejected) =
        import(&setup, &book.save_to_buffer().unwrap(), Some(MAPPING), false).await;
    expect![[r#"1 imported, 0 repeated, 1 rejected {"office.code_damaged": 1}"#]]
        .assert_eq(&counted(&done.unwrap()));
    expect![[r#"
        no,wilayah,tempat,jenis,gawat,uraian,tgl,lintang,bujur,rugi_juta,alasan_kode,alasan_tempat,alasan,alasan_baris
        2,11.1,Pasar,demo,,damai,2021-01-08,1.125,104.03,2.5,office.code_damaged,wilayah,"candidates=11.10 Kabupaten Aceh Singkil, 11.01 Kabupaten Aceh Selatan, text=11.1",3
    "#]].assert_eq(&rejected);
    let rows = setup.node.records(&setup.actor("pusat"), &Listing::default(), None, 10).unwrap();
    let record = setup.node.record(&setup.actor("pusat"), rows.rows[0].record).unwrap();
    let shown = ["tanggal", "lokasi", "kerugian"].map(|key| record.fields[key].to_string());
    expect![[r#""2021-01-08" {"lat":1.125,"lon":104.03} 2500000"#]].assert_eq(&shown.join(" "));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most lines are what is expected")]
async fn what_does_not_fit_is_said_before_any_row() {
    let setup = national().await;
    let check = async |table: &str, mapping: Option<&str>, expect: Expect| {
        let (done, _) = import(&setup, table.as_bytes(), mapping, false).await;
        let error = done.unwrap_err();
        expect.assert_eq(&format!("{}\n{error}", told(&Err::<(), _>(error_of(&error)), "")));
    };
    check(
        TABLE,
        Some("format = 1\n[[rule]]\nkey = 3"),
        expect![[r#"
        Invalid: import.mapping at line 3
        line 3: invalid type: integer `3`, expected a sequence"#]],
    )
    .await;
    check(
        TABLE,
        Some("format = 2"),
        expect![[r#"
        Invalid: import.mapping at format
        `format` must be 1"#]],
    )
    .await;
    check(
        TABLE,
        Some(&MAPPING.replace("\"wilayah\"", "\"daerah\"")),
        expect![[r#"
        Invalid: import.mapping at rule[1].office
        rule[1].office: the file has no column `daerah`"#]],
    )
    .await;
    check(
        TABLE,
        Some(&MAPPING.replace("kebakaran", "banjir")),
        expect![[r#"
        Invalid: import.mapping at rule[1].fields.jenis
        rule[1].fields.jenis: the field has no choice `banjir`"#]],
    )
    .await;
    check(TABLE, Some(&MAPPING.replace("key = [\"no\"]", "")), expect![[r#"
        Invalid: import.mapping at rule[1].key
        rule[1].key: name the columns that tell one row from all others, so that a row imported twice makes one record"#]]).await;
    check(
        "",
        Some(MAPPING),
        expect![[r#"
        Invalid: import.file
        the file has no row 1 with the names of its columns"#]],
    )
    .await;
    check(
        "a,a\n1,2\n",
        Some(MAPPING),
        expect![[r#"
        Invalid: import.file
        two columns are named `a`"#]],
    )
    .await;
    check(
        "rekaman,kantor,judul,agama\n",
        None,
        expect![[r#"
        Invalid: import.mapping at type
        type: `kejadian.kejadian` has no field for agama"#]],
    )
    .await;
    check(
        "PK\u{3}\u{4} no zip",
        Some(MAPPING),
        expect![[r#"
        Invalid: import.file
        the file is no workbook that can be read"#]],
    )
    .await;
}

/// An error's problems under another name, since it can't be cloned.
fn error_of(error: &ImportError) -> Told {
    Told(error.kind(), error.problems())
}

#[derive(Debug)]
struct Told(node::FailureKind, Vec<Problem>);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.1)
    }
}

impl std::error::Error for Told {}

impl Failure for Told {
    fn kind(&self) -> node::FailureKind {
        self.0
    }

    fn problems(&self) -> Vec<Problem> {
        self.1.clone()
    }
}

#[tokio::test]
async fn a_job_goes_on_after_a_stop() {
    let setup = national().await;
    let mut table = "no;wilayah;tempat;jenis;gawat;uraian;tgl;lintang;bujur;rugi_juta\n".to_owned();
    for row in 0..3_000 {
        let place = if row % 10 == 0 { "Dili" } else { "21.71" };
        table.push_str(&format!("{row};{place};x;demo;;damai;01/01/2021;;;\n"));
    }
    let file = setup.dir.path().join("masuk");
    std::fs::write(&file, &table).unwrap();
    let new = NewImport {
        file,
        name: "masuk.csv".to_owned(),
        mapping: Some(MAPPING.to_owned()),
        type_key: None,
        dry_run: false,
    };
    let pusat = setup.actor("pusat");
    let job = setup.node.start_import(&pusat, &new, Arc::new(say)).unwrap();
    while setup.node.import_job(&pusat, job).unwrap().counts.rows == 0 {
        tokio::task::yield_now().await;
    }
    let setup = setup.restart().await;
    let speaker: Arc<dyn Fn(&Problem) -> String + Send + Sync> = Arc::new(say);
    let resumed = setup.node.resume_imports(&speaker).unwrap();
    let view = loop {
        let view = setup.node.import_job(&pusat, job).unwrap();
        if view.state != ImportState::Running {
            break view;
        }
        tokio::task::yield_now().await;
    };
    assert!(resumed <= 1);
    assert_eq!(view.state, ImportState::Done, "{view:?}");
    expect![[r#"2700 imported, 0 repeated, 300 rejected {"office.unknown": 300}"#]]
        .assert_eq(&counted(&view.counts));
    let rejects = std::fs::read_to_string(setup.node.import_rejects(&pusat, job).unwrap()).unwrap();
    assert_eq!(rejects.lines().count(), 301);
    let other = setup.actor("admin");
    assert!(matches!(setup.node.import_job(&other, job), Err(ImportError::NotFound)));
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_an_import(tables in proptest::collection::vec(
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[ -~\n;\",]{0,200}".prop_map(String::into_bytes),
            ".{0,30};(KAB\\. BINTAN|11\\.1|.{0,8});.{0,8};demo;ya;.{0,9};[0-9/]{0,10};[0-9,.-]{0,9};[0-9,.-]{0,9};.{0,9}"
                .prop_map(|row| [TABLE.lines().next().unwrap(), "\n", &row].concat().into_bytes()),
        ], 1..20)) {
        run(async {
            let setup = national().await;
            for table in &tables {
                let (done, _) = import(&setup, table, Some(MAPPING), true).await;
                if let Ok(counts) = done {
                    counted(&counts);
                }
            }
        });
    }

    #[test]
    fn no_mapping_breaks_an_import(cuts in proptest::collection::vec((0..2_000_usize, "[ -~\n]{0,6}"), 1..30)) {
        run(async {
            let setup = national().await;
            for (at, text) in &cuts {
                let mut mapping = MAPPING.to_owned();
                let at = *at % mapping.len();
                let end = (at + text.len()).min(mapping.len());
                mapping.replace_range(at..end, text);
                let (done, _) = import(&setup, TABLE.as_bytes(), Some(&mapping), true).await;
                drop(done);
            }
        });
    }

    #[test]
    fn no_damage_to_a_workbook_breaks_an_import(cuts in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..30)) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (at, name) in (0_u16..).zip(TABLE.lines().next().unwrap().split(';')) {
            sheet.write_string(0, at, name).unwrap();
            sheet.write_number(1, at, 2.5).unwrap();
        }
        let whole = book.save_to_buffer().unwrap();
        run(async {
            let setup = national().await;
            for (at, byte) in &cuts {
                let mut bytes = whole.clone();
                let at = 4 + *at % (bytes.len() - 4);
                bytes[at] = *byte;
                drop(import(&setup, &bytes, Some(MAPPING), true).await);
                bytes.truncate(at);
                drop(import(&setup, &bytes, Some(MAPPING), true).await);
            }
        });
    }
}

#[test]
fn a_records_id_does_not_depend_on_the_machine() {
    run(async {
        let setup = national().await;
        import(&setup, TABLE.as_bytes(), Some(MAPPING), false).await.0.unwrap();
        let rows = setup.node.records(&setup.actor("pusat"), &Listing::default(), None, 9).unwrap();
        let ids: Vec<RecordId> = rows.rows.iter().map(|row| row.record).collect();
        expect!["[RecordId(346a34bf9cac0eef71642dfc4cced3fd), RecordId(a231a836ef576f7ba2ca6445f1a446f6)]"].assert_eq(&format!("{ids:?}"));
    });
}
