use domain::ids::{OfficeId, RecordId};
use domain::measure::Derived;
use domain::period::Date;
use expect_test::expect;
use facts::rows::{Known, from_change};
use facts::{FactRow, Facts, FactsError, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, parse, rows, text};

const ALL: &str = r#""measures": ["uji.jumlah", "uji.stok", "uji.pelapor"],
    "rows": ["office:regency"], "columns": ["period:month"],
    "from": "2021-01-01", "to": "2021-12-31""#;

fn derived(office: u32, value: i64, dim: Option<&str>) -> Derived {
    Derived {
        measure: "uji.jumlah".to_owned(),
        office: OfficeId(office),
        date: Date(18_700),
        dims: vec![dim.map(str::to_owned)],
        value,
    }
}

#[test]
fn a_change_gives_only_its_differences() {
    let known = Known { record: RecordId([1; 16]), known_ms: 5, pos: 9 };
    let before = [derived(21, 1, None), derived(21, 2, Some("api")), derived(21, 2, Some("api"))];
    let after = [derived(21, 1, None), derived(21, 2, Some("api")), derived(22, 7, None)];
    let rows = from_change(&before, &after, known);
    let shown: Vec<_> = rows.iter().map(|r| (r.office.0, r.value, r.weight)).collect();
    assert_eq!(shown, [(21, 2, -1), (22, 7, 1)]);
    assert!(rows.iter().all(|row| (row.known_ms, row.pos) == (5, 9)));
    assert_eq!(from_change(&after, &after, known), []);
}

#[tokio::test]
async fn rows_must_follow_the_position() {
    let fixture = Fixture::new("jumlah 21 2021-01-05 1").await;
    let again = fixture.facts.append(&rows(0, "jumlah 21 2021-01-05 1"), 1);
    assert!(matches!(again, Err(FactsError::Position { have: 1, from: 1, up_to: 1 })));
    let beyond = fixture.facts.append(&rows(5, "jumlah 21 2021-01-05 1"), 3);
    assert!(matches!(beyond, Err(FactsError::Position { .. })));
    assert_eq!(fixture.facts.append(&[], 9).unwrap(), 1);
    assert_eq!(fixture.facts.position(), 9);
}

const SCRIPT: &str = "
    jumlah 21 2021-01-05 3 api #1
    jumlah 22 2021-01-06 0 _ #2
    - jumlah 21 2021-01-05 3 api #1
    jumlah 21 2021-01-05 4 api #1
    stok 21 2021-01-05 50 dosis gudang #3
    stok 21 2021-01-20 40 dosis gudang #4
    pelapor 21 2021-01-20 7 _ #5
    pelapor 21 2021-01-21 7 _ #6";

#[tokio::test]
async fn a_figure_is_the_same_from_memory_and_from_a_file() {
    let fixture = Fixture::new(SCRIPT).await;
    let hot = fixture.text(ALL).await;
    expect![[r#"
        21 | 2021-01 | jumlah = 4
        22 | 2021-01 | jumlah = 0
        21 | 2021-01 | stok = 40 dosis
        21 | 2021-01 | pelapor = 1
        ---
        21 | · | jumlah = 4
        22 | · | jumlah = 0
        · | 2021-01 | jumlah = 4
        · | · | jumlah = 4
        · | 2021-01 | stok = 40 dosis
        no all of pelapor: Distinct
        no columns of pelapor: Distinct
        no rows of pelapor: Distinct
        no all of stok: LastInPeriod
        no rows of stok: LastInPeriod
    "#]]
    .assert_eq(&hot);
    fixture.facts.flush().await.unwrap();
    let stats = fixture.facts.stats();
    assert_eq!((stats.hot_rows, stats.segments, stats.segment_rows), (0, 1, 8));
    assert_eq!(fixture.text(ALL).await, hot);
    // And from a file and memory together, and after opening again.
    fixture.append("jumlah 21 2021-02-01 1 api");
    let both = fixture.text(ALL).await;
    assert_ne!(both, hot);
    fixture.facts.flush().await.unwrap();
    let again = Facts::open(fixture.folder.path()).await.unwrap();
    assert_eq!(again.position(), 9);
    let figure = again.figure(&parse(ALL), &fixture.context(), &Scope::all()).await.unwrap();
    assert_eq!(text(&figure), both);
    assert_eq!(figure.up_to.known_ms, 9_000);
}

#[tokio::test]
async fn a_crash_leaves_nothing_that_counts_twice() {
    let fixture = Fixture::new(SCRIPT).await;
    fixture.facts.flush().await.unwrap();
    let right = fixture.text(ALL).await;
    let folder = fixture.folder.path().join("segments");
    let name = |from: u64, to: u64| folder.join(format!("{from:020}-{to:020}.parquet"));
    let whole = std::fs::read(name(0, 8)).unwrap();
    // A part of what was compacted, a torn file, one behind a gap, a file half renamed.
    std::fs::write(name(0, 3), &whole).unwrap();
    std::fs::write(name(8, 9), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(name(20, 30), &whole).unwrap();
    std::fs::write(folder.join("00000000000000000008-00000000000000000012.parquet#1"), b"x")
        .unwrap();
    let again = Facts::open(fixture.folder.path()).await.unwrap();
    assert_eq!(again.position(), 8);
    let figure = again.figure(&parse(ALL), &fixture.context(), &Scope::all()).await.unwrap();
    assert_eq!(text(&figure), right);
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert!(
        left.contains(&name(0, 8)) && !left.contains(&name(0, 3)) && !left.contains(&name(8, 9))
    );
}

#[tokio::test]
async fn a_crash_rewrites_the_same_file() {
    let file = |fixture: &Fixture| {
        let folder = std::fs::read_dir(fixture.folder.path().join("segments")).unwrap();
        let files = folder.map(|file| file.unwrap().path());
        files
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap()))
            .next()
    };
    let once = Fixture::new(SCRIPT).await;
    once.facts.flush().await.unwrap();
    let slowly = Fixture::new("").await;
    for line in SCRIPT.trim().lines() {
        slowly.append(line);
    }
    slowly.facts.flush().await.unwrap();
    assert_eq!(file(&once), file(&slowly));
}

#[tokio::test]
async fn small_segments_become_one() {
    let fixture = Fixture::new("").await;
    for day in 1..=9 {
        fixture.append(&format!("jumlah 21 2021-01-0{day} 1 api"));
        fixture.facts.flush().await.unwrap();
    }
    let stats = fixture.facts.stats();
    assert!(stats.segments < 4, "{stats:?}");
    assert_eq!(stats.segment_rows, 9);
    let files = std::fs::read_dir(fixture.folder.path().join("segments")).unwrap().count();
    assert_eq!(files, stats.segments, "replaced files are deleted");
    let again = Facts::open(fixture.folder.path()).await.unwrap();
    assert_eq!((again.position(), again.stats().segment_rows), (9, 9));
    fixture.facts.clear().await.unwrap();
    assert_eq!(Facts::open(fixture.folder.path()).await.unwrap().position(), 0);
}

fn script() -> impl Strategy<Value = Vec<FactRow>> {
    let row = (0..4_usize, 0..3_usize, 0..60_i32, -5..20_i64, 0..3_usize, any::<bool>());
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let mut known: Vec<FactRow> = Vec::new();
        for (measure, office, day, value, dim, retract) in rows {
            let pos = known.len() as u64 + 1;
            let standing = known.iter().rev().find(|row| row.weight == 1).cloned();
            let mut row = self::rows(pos - 1, "jumlah 21 2021-01-01 1").remove(0);
            row.measure = format!("uji.{}", ["jumlah", "stok", "pelapor", "masuk"][measure]);
            row.office = OfficeId([21, 22, 23][office]);
            row.date = row.date.plus_days(day);
            row.value = value;
            row.dims[0] = [None, Some("a"), Some("b")][dim].map(str::to_owned);
            if let Some(standing) = standing.filter(|_| retract) {
                let (known_ms, pos) = (row.known_ms, row.pos);
                row = FactRow { weight: -1, known_ms, pos, ..standing };
            }
            known.push(row);
        }
        known
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However rows arrive and wherever they lie, the figures are those of all at once.
    #[test]
    fn in_steps_equals_all_at_once(rows in script(), steps in prop::collection::vec(1..9_usize, 1..9), flushes in prop::collection::vec(any::<bool>(), 9)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let whole = Fixture::new("").await;
            whole.facts.append(&rows, rows.len() as u64).unwrap();
            let stepped = Fixture::new("").await;
            let mut rest = rows.as_slice();
            for (step, flush) in steps.iter().chain(std::iter::repeat(&9)).zip(flushes.iter().cycle()) {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*step).min(rest.len()));
                stepped.facts.append(now, now.last().unwrap().pos).unwrap();
                rest = later;
                if *flush {
                    stepped.facts.flush().await.unwrap();
                }
            }
            for query in [ALL, r#""measures": ["uji.masuk", "uji.sisa"], "rows": ["period:week"],
                "from": "2021-01-01", "to": "2021-12-31""#] {
                assert_eq!(stepped.text(query).await, whole.text(query).await);
            }
        });
    }
}
