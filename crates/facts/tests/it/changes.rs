//! What changed a number between two moments, and that it adds up.

use std::fmt::Write;

use domain::ids::OfficeId;
use domain::limits::CHANGES_ROWS_MAX;
use expect_test::{Expect, expect};
use facts::figure::State;
use facts::query::Moment;
use facts::{Address, Changes, Facts, QueryError, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, parse, within};

/// Position p is known at p seconds.
const SCRIPT: &str = "
    jumlah 21 2021-01-05 3 api #1
    jumlah 22 2021-01-06 4 api #2
    - jumlah 21 2021-01-05 3 api #1
    jumlah 21 2021-01-05 5 api #1
    jumlah 21 2021-02-05 7 api #3
    jumlah 31 2021-01-05 8 api #4
    - jumlah 22 2021-01-06 4 api #2";

fn query(rest: &str) -> String {
    format!(r#"{rest}, "from": "2021-01-01", "to": "2021-12-31""#)
}

fn address(measure: &str, row: &[&str], column: &[&str], unit: Option<&str>) -> Address {
    let texts = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    let unit = unit.map(str::to_owned);
    Address { row: texts(row), column: texts(column), measure: format!("uji.{measure}"), unit }
}

fn second(second: u64) -> Moment {
    Moment(second * 1_000)
}

async fn ask(
    fixture: &Fixture,
    query: &str,
    cell: &Address,
    since: Moment,
) -> Result<Changes, QueryError> {
    let (context, scope) = (fixture.context(), Scope::all());
    fixture.facts.changes(&parse(query), cell, since, None, &context, &scope).await
}

fn text(changes: &Changes) -> String {
    let stood = |stood: &facts::changes::Stood| match &stood.value {
        Some(value) => value.clone(),
        None => format!("{:?}", stood.state),
    };
    let mut out = format!("{} → {}", stood(&changes.before), stood(&changes.after));
    writeln!(out, ": {}", changes.difference.as_deref().unwrap_or("withheld")).unwrap();
    for row in &changes.rows {
        let record = u128::from_be_bytes(row.record.0);
        write!(out, "pos {} #{record} office {} {}", row.pos, row.office, row.text).unwrap();
        for input in &row.inputs {
            write!(out, " ({} {})", input.measure, input.text).unwrap();
        }
        writeln!(out).unwrap();
    }
    out
}

async fn check(script: &str, asked: &str, cell: Address, since: u64, expected: Expect) {
    let fixture = Fixture::new(script).await;
    let query = query(asked);
    let hot = ask(&fixture, &query, &cell, second(since)).await.unwrap();
    expected.assert_eq(&text(&hot));
    fixture.facts.flush().await.unwrap();
    assert_eq!(ask(&fixture, &query, &cell, second(since)).await.unwrap(), hot);
}

#[tokio::test]
async fn operations_add_up_to_the_difference() {
    let asked = r#""measures": ["uji.jumlah"], "rows": ["office:province"],
        "columns": ["period:month"]"#;
    check(
        SCRIPT,
        asked,
        address("jumlah", &["20"], &["2021-01"], None),
        1,
        expect![[r#"
            3 → 5: 2
            pos 2 #2 office 22 4
            pos 3 #1 office 21 -3
            pos 4 #1 office 21 5
            pos 7 #2 office 22 -4
        "#]],
    )
    .await;
    check(
        SCRIPT,
        asked,
        address("jumlah", &["30"], &["2021-01"], None),
        0,
        expect![[r#"
            None → 8: 8
            pos 6 #4 office 31 8
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_later_moment_is_that_of_the_query() {
    let asked = r#""measures": ["uji.jumlah"], "as_known": "1970-01-01T00:00:03Z""#;
    check(
        SCRIPT,
        asked,
        address("jumlah", &[], &[], None),
        1,
        expect![[r#"
            3 → 4: 1
            pos 2 #2 office 22 4
            pos 3 #1 office 21 -3
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_zero_that_is_reported_changes_nothing_but_is_said() {
    check(
        "jumlah 21 2021-01-05 0 api #1",
        r#""measures": ["uji.jumlah"]"#,
        address("jumlah", &[], &[], None),
        0,
        expect![[r#"
            None → 0: 0
            pos 1 #1 office 21 0
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thing_counts_when_its_first_fact_comes_and_its_last_goes() {
    check(
        "pelapor 21 2021-01-05 7 api #1
         pelapor 22 2021-01-05 7 api #2
         pelapor 22 2021-01-05 8 api #3
         - pelapor 21 2021-01-05 7 api #1
         - pelapor 22 2021-01-05 7 api #2",
        r#""measures": ["uji.pelapor"]"#,
        address("pelapor", &[], &[], None),
        1,
        expect![[r#"
            1 → 1: 0
            pos 2 #2 office 22 0
            pos 3 #3 office 22 1
            pos 4 #1 office 21 0
            pos 5 #2 office 22 -1
        "#]],
    )
    .await;
}

/// A later stock takes the place of an earlier one; an earlier one that comes late changes nothing.
#[tokio::test]
async fn a_stock_changes_by_what_its_last_date_says() {
    check(
        "stok 21 2021-01-05 50 dosis gudang #1
         stok 21 2021-01-20 40 dosis gudang #2
         stok 21 2021-01-10 45 dosis gudang #3
         stok 22 2021-01-10 5 dosis gudang #4
         - stok 21 2021-01-20 40 dosis gudang #2
         stok 21 2021-02-01 3 dosis gudang #5
         stok 21 2021-01-06 9 vial gudang #6",
        r#""measures": ["uji.stok"], "columns": ["period:month"]"#,
        address("stok", &[], &["2021-01"], Some("dosis")),
        1,
        expect![[r#"
            50 → 50: 0
            pos 2 #2 office 21 -10
            pos 4 #4 office 22 5
            pos 5 #2 office 21 5
        "#]],
    )
    .await;
}

/// Pulau (23) is of Selatan (40) from 2021-07-15: its stock leaves Timur with its last date.
#[tokio::test]
async fn a_stock_leaves_a_province_with_its_office() {
    let script = "stok 23 2021-07-01 50 dosis gudang #1
        stok 21 2021-07-02 4 dosis gudang #2
        stok 23 2021-07-20 30 dosis gudang #3";
    let asked = r#""measures": ["uji.stok"], "rows": ["office:province"]"#;
    let cell = |province: &str| address("stok", &[province], &[], Some("dosis"));
    let expected = expect![[r#"
        54 → 4: -50
        pos 3 #3 office 23 -50
    "#]];
    check(script, asked, cell("20"), 2, expected).await;
    let expected = expect![[r#"
        None → 30: 30
        pos 3 #3 office 23 30
    "#]];
    check(script, asked, cell("40"), 2, expected).await;
}

#[tokio::test]
async fn a_formula_is_computed_after_each_operation() {
    check(
        "kasus 21 2021-01-05 1 api #1
         jumlah 21 2021-01-05 3 api #2
         kasus 21 2021-01-06 1 api #3
         - jumlah 21 2021-01-05 3 api #2",
        r#""measures": ["uji.rasio"]"#,
        address("rasio", &[], &[], None),
        1,
        expect![[r#"
            Incomputable → Incomputable: 0.0
            pos 2 #2 office 21 33.3 (uji.jumlah 3)
            pos 3 #3 office 21 33.4 (uji.kasus 1)
            pos 4 #2 office 21 -66.7 (uji.jumlah -3)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn many_operations_come_in_pages_that_add_up() {
    let lines = (0..CHANGES_ROWS_MAX * 2 + 10).map(|n| match n % 3 {
        0 => format!("jumlah 21 2021-01-05 {n} api #{}\n", n % 40),
        1 => format!("jumlah 22 2021-01-05 {n} api #{}\n", n % 40),
        _ => format!("- jumlah 21 2021-01-05 {} api #{}\n", n - 2, (n - 2) % 40),
    });
    let fixture = Fixture::new(&lines.collect::<String>()).await;
    for measure in ["jumlah", "rasio"] {
        let query = parse(&query(&format!(r#""measures": ["uji.{measure}"]"#)));
        let (context, scope) = (fixture.context(), Scope::all());
        let address = address(measure, &[], &[], None);
        let (mut sum, mut seen, mut sizes, mut cursor) = (0, Vec::new(), Vec::new(), None);
        let difference = loop {
            let cursor_now: Option<String> = cursor.take();
            let page = fixture.facts.changes(
                &query,
                &address,
                second(9),
                cursor_now.as_deref(),
                &context,
                &scope,
            );
            let page = page.await.unwrap();
            sum += page.rows.iter().map(|row| row.value).sum::<i128>();
            seen.extend(page.rows.iter().map(|row| row.pos));
            sizes.push(page.rows.len());
            cursor = page.next;
            if cursor.is_none() {
                break page.difference.unwrap();
            }
        };
        assert_eq!(sizes, [CHANGES_ROWS_MAX, CHANGES_ROWS_MAX, 1], "{measure}");
        assert!(seen.is_sorted());
        assert_eq!(difference.replace('.', "").parse::<i128>().unwrap(), sum, "{measure}");
    }
}

#[tokio::test]
async fn a_scope_holds_for_changes_too() {
    let fixture = Fixture::new(SCRIPT).await;
    let (query, context) = (parse(&query(r#""measures": ["uji.jumlah"]"#)), fixture.context());
    let cell = address("jumlah", &[], &[], None);
    let inside = within(&[30]);
    let changes = fixture.facts.changes(&query, &cell, second(0), None, &context, &inside).await;
    let changes = changes.unwrap();
    assert!(changes.rows.iter().all(|row| row.office == OfficeId(31)));
    assert_eq!((changes.rows.len(), changes.difference.as_deref()), (1, Some("8")));
}

/// An operation is smaller than any cell: who may not see small cells sees the figures alone.
#[tokio::test]
async fn operations_of_hidden_numbers_are_withheld() {
    let script = "kasus 21 2021-01-05 6 api #1\n kasus 21 2021-01-05 1 api #2
        kasus 22 2021-01-05 2 api #3";
    let fixture = Fixture::new(script).await;
    let asked = query(r#""measures": ["uji.kasus", "uji.rasio"], "rows": ["office:regency"]"#);
    let (query, context) = (parse(&asked), fixture.context());
    let public = Scope { small_cells: false, ..Scope::all() };
    let shown = async |measure: &str, office: &str| {
        let cell = address(measure, &[office], &[], None);
        let changes =
            fixture.facts.changes(&query, &cell, second(1), None, &context, &public).await;
        let changes = changes.unwrap();
        assert_eq!((changes.withheld, changes.rows.len(), changes.difference), (true, 0, None));
        (changes.before.value, changes.after.state)
    };
    assert_eq!(shown("kasus", "21").await.0, Some("6".to_owned()));
    assert_eq!(shown("kasus", "22").await, (None, State::Suppressed));
    // Another way to write the key is no way around.
    assert_eq!(shown("kasus", "022").await, (None, State::Suppressed));
    shown("rasio", "21").await;
}

#[tokio::test]
async fn a_wrong_question_is_said() {
    let fixture = Fixture::new(SCRIPT).await;
    let query = query(r#""measures": ["uji.jumlah"]"#);
    let cell = address("jumlah", &[], &[], None);
    let in_future = Moment(fixture.now_ms);
    assert!(matches!(ask(&fixture, &query, &cell, in_future).await, Err(QueryError::Invalid(_))));
    let of_unit = Address { unit: Some("dosis".to_owned()), ..cell.clone() };
    let asked = ask(&fixture, &query, &of_unit, second(0)).await;
    assert!(matches!(asked, Err(QueryError::Invalid(_))));
    let (context, scope) = (fixture.context(), Scope::all());
    let query = parse(&query);
    let asked = fixture.facts.changes(&query, &cell, second(0), Some("1/x"), &context, &scope);
    assert!(matches!(asked.await, Err(QueryError::Invalid(_))));
}

/// What a figure says at two moments, and what the operations between them did.
async fn adds_up(facts: &Facts, fixture: &Fixture, measure: &str, since: u64, until: u64) -> bool {
    let unit = (measure == "stok").then_some("dosis");
    let asked = format!(
        r#""measures": ["uji.{measure}"], "rows": ["office:province"], "columns": ["period:month"],
        "from": "2021-07-01", "to": "2021-08-31", "as_known": "{}""#,
        second(until)
    );
    let (mut query, context, scope) = (parse(&asked), fixture.context(), Scope::all());
    let later = facts.figure(&query, &context, &scope).await.unwrap();
    let asked_at = query.as_known;
    query.as_known = Some(second(since));
    let earlier = facts.figure(&query, &context, &scope).await.unwrap();
    query.as_known = asked_at;
    for cell in later.cells.iter().filter(|cell| cell.unit.as_deref() == unit) {
        let same = |other: &&facts::figure::Cell| {
            (&other.row, &other.column, &other.unit) == (&cell.row, &cell.column, &cell.unit)
        };
        let before = earlier.cells.iter().find(same);
        let address = Address {
            row: cell.row.clone(),
            column: cell.column.clone(),
            measure: cell.measure.clone(),
            unit: cell.unit.clone(),
        };
        let changes = facts.changes(&query, &address, second(since), None, &context, &scope).await;
        let changes = changes.unwrap();
        let (was, is) = (before.and_then(|cell| cell.value.clone()), cell.value.clone());
        let sum: i128 = changes.rows.iter().map(|row| row.value).sum();
        let difference = changes.difference.unwrap().replace('.', "").parse::<i128>().unwrap();
        if (&changes.before.value, &changes.after.value) != (&was, &is) || sum != difference {
            return false;
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is asserted and retracted, in whatever order: the operations lead from what a
    /// figure said then to what it says now.
    #[test]
    fn operations_lead_from_figure_to_figure(
        lines in prop::collection::vec((0..3_u8, 0..3_u32, 0..40_i32, 0..6_i64, any::<bool>()), 1..14),
        cut in 0..14_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for measure in ["jumlah", "pelapor", "stok", "rasio"] {
                let mut script = String::new();
                let mut held = Vec::new();
                for (n, (kind, office, day, value, back)) in lines.iter().enumerate() {
                    let name = match (measure, kind) {
                        ("rasio", 0) => "kasus",
                        ("rasio", _) => "jumlah",
                        (other, _) => other,
                    };
                    let date = crate::support::date("2021-07-01").plus_days(*day);
                    let dims = if measure == "stok" { "dosis gudang" } else { "api" };
                    let line = format!("{name} {} {date} {value} {dims} #{n}\n", 21 + office);
                    script.push_str(&line);
                    held.push(line);
                    if *back {
                        let taken = held.remove(usize::from(*kind) % held.len());
                        script.push_str(&format!("- {taken}"));
                    }
                }
                let fixture = Fixture::new(&script).await;
                let end = fixture.facts.position() + 1;
                let since = cut.min(end - 1);
                assert!(adds_up(&fixture.facts, &fixture, measure, since, end).await, "{script}");
            }
        });
    }
}
