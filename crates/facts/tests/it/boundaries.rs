use std::collections::BTreeSet;

use domain::ids::OfficeId;
use domain::office::{Level, Tree};
use expect_test::{Expect, expect};
use facts::{Scope, rows::FactRow};

use crate::support::{Fixture, date, text, within};

const SCRIPT: &str = "
    jumlah 21 2021-07-01 1
    jumlah 23 2021-07-01 10
    jumlah 23 2021-07-20 100
    jumlah 40 2021-07-20 1000
    jumlah 31 2021-07-20 10000";

async fn check(boundaries: &str, rest: &str, expected: Expect) {
    let query = format!(
        r#""measures": ["uji.jumlah"], "rows": ["office:province"], "boundaries": "{boundaries}",
        "from": "2021-01-01", "to": "2021-12-31" {rest}"#
    );
    expected.assert_eq(&Fixture::new(SCRIPT).await.text(&query).await);
}

#[tokio::test]
async fn then_places_each_fact_by_its_own_date() {
    check(
        "then",
        "",
        expect![[r#"
            20 | · | jumlah = 11
            30 | · | jumlah = 10000
            40 | · | jumlah = 1100
            ---
            · | · | jumlah = 11111
        "#]],
    )
    .await;
}

#[tokio::test]
async fn now_places_all_by_the_tree_of_today() {
    // Kebun has ended: what it reported is Kota's now, in Timur.
    check(
        "now",
        "",
        expect![[r#"
            20 | · | jumlah = 10001
            40 | · | jumlah = 1110
            ---
            · | · | jumlah = 11111
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_date_places_all_by_the_tree_of_that_day() {
    // Selatan's own facts stand under Timur, of which it was split.
    check(
        "2021-07-14",
        "",
        expect![[r#"
            20 | · | jumlah = 1111
            30 | · | jumlah = 10000
            ---
            · | · | jumlah = 11111
        "#]],
    )
    .await;
    check(
        "2021-08-01",
        "",
        expect![[r#"
            20 | · | jumlah = 1
            30 | · | jumlah = 10000
            40 | · | jumlah = 1110
            ---
            · | · | jumlah = 11111
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_subtree_follows_the_boundaries() {
    check(
        "then",
        r#", "office": 20"#,
        expect![[r#"
            20 | · | jumlah = 11
            ---
            · | · | jumlah = 11
        "#]],
    )
    .await;
    check(
        "now",
        r#", "office": 20"#,
        expect![[r#"
            20 | · | jumlah = 10001
            ---
            · | · | jumlah = 10001
        "#]],
    )
    .await;
    check(
        "now",
        r#", "office": 40"#,
        expect![[r#"
            40 | · | jumlah = 1110
            ---
            · | · | jumlah = 1110
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_figure_says_when_the_ground_changed() {
    let fixture = Fixture::new(SCRIPT).await;
    let ask = async |from: &str, to: &str, boundaries: &str| {
        let query = format!(
            r#""measures": ["uji.jumlah"], "boundaries": "{boundaries}", "from": "{from}", "to": "{to}""#
        );
        let figure = fixture.ask(&query, &Scope::all()).await.unwrap();
        let boundaries = figure.boundaries;
        (boundaries.mode, boundaries.date, boundaries.split_periods)
    };
    let split = date("2021-07-15");
    assert_eq!(ask("2021-07-14", "2021-07-15", "then").await, ("then", None, vec![split]));
    assert_eq!(ask("2021-07-15", "2021-07-31", "then").await, ("then", None, vec![]));
    let now = ask("2021-01-01", "2021-12-31", "now").await;
    assert_eq!(now, ("now", Some(fixture.today), vec![split]));
}

#[tokio::test]
async fn an_office_that_moves_within_a_month_counts_its_stock_once() {
    let fixture = Fixture::new(
        "stok 23 2021-07-10 50 dosis
         stok 23 2021-07-20 40 dosis",
    )
    .await;
    let query = r#""measures": ["uji.stok"], "rows": ["office:province"],
        "columns": ["period:month"], "from": "2021-07-01", "to": "2021-07-31""#;
    expect![[r#"
        40 | 2021-07 | stok = 40 dosis
        ---
        · | 2021-07 | stok = 40 dosis
        no all of stok: LastInPeriod
        no rows of stok: LastInPeriod
    "#]]
    .assert_eq(&fixture.text(query).await);
}

#[tokio::test]
async fn a_scope_sees_what_it_answered_for_and_what_it_answers_for() {
    let fixture = Fixture::new(SCRIPT).await;
    let query = r#""measures": ["uji.jumlah"], "rows": ["office:leaf"], "columns": ["period:day"],
        "from": "2021-07-01", "to": "2021-07-20""#;
    let shown = async |roots: &[u32]| text(&fixture.ask(query, &within(roots)).await.unwrap());
    // Timur saw Pulau until it went; Selatan answers for all of it now.
    expect![[r#"
        21 | 2021-07-01 | jumlah = 1
        23 | 2021-07-01 | jumlah = 10
        ---
        21 | · | jumlah = 1
        23 | · | jumlah = 10
        · | 2021-07-01 | jumlah = 11
        · | · | jumlah = 11
    "#]]
    .assert_eq(&shown(&[20]).await);
    expect![[r#"
        23 | 2021-07-01 | jumlah = 10
        23 | 2021-07-20 | jumlah = 100
        40 | 2021-07-20 | jumlah = 1000
        ---
        23 | · | jumlah = 110
        40 | · | jumlah = 1000
        · | 2021-07-01 | jumlah = 10
        · | 2021-07-20 | jumlah = 1100
        · | · | jumlah = 1110
    "#]]
    .assert_eq(&shown(&[40]).await);
    expect![[r#"
        ---
    "#]]
    .assert_eq(&shown(&[]).await);
}

/// The division of Papua, with the real tree: 2022 asked by the boundaries of then and of now
/// gives other provinces, the same sum, and the regencies as they are.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most lines are what is expected")]
async fn the_division_of_papua() {
    let mut fixture = Fixture::new("").await;
    fixture.tree = Tree::built_in();
    let day = date("2022-01-10");
    let regencies = fixture.tree.list(day, Some(Level::Regency));
    let template = crate::support::rows(0, "jumlah 21 2021-01-01 1").remove(0);
    let facts = regencies.iter().flat_map(|office| {
        [day, date("2022-12-10")].map(|date| FactRow {
            office: office.id,
            date,
            ..template.clone()
        })
    });
    let facts: Vec<FactRow> = facts.collect();
    fixture.facts.append(&facts, 1).unwrap();
    let ask = async |boundaries: &str, month: &str| {
        let query = format!(
            r#""measures": ["uji.jumlah"], "rows": ["office:province"],
            "boundaries": "{boundaries}", "from": "{month}-01", "to": "{month}-28""#
        );
        fixture.ask(&query, &Scope::all()).await.unwrap()
    };
    let papua = |figure: &facts::Figure| -> Vec<(String, String)> {
        let keys = figure.axes.rows[0].keys.iter();
        let names = keys.filter(|key| key.label.starts_with("Papua"));
        names
            .map(|name| {
                let cell = figure.cells.iter().find(|cell| cell.row[0] == name.key).unwrap();
                (name.label.clone(), cell.value.clone().unwrap_or_default())
            })
            .collect()
    };
    let january = ask("then", "2022-01").await;
    expect![[r#"
        [
            (
                "Papua",
                "29",
            ),
            (
                "Papua Barat",
                "13",
            ),
        ]
    "#]]
    .assert_debug_eq(&papua(&january));
    let december = ask("then", "2022-12").await;
    assert_eq!((january.cells.len(), december.cells.len()), (34, 38));
    expect![[r#"
        [
            (
                "Papua",
                "9",
            ),
            (
                "Papua Barat",
                "7",
            ),
            (
                "Papua Selatan",
                "4",
            ),
            (
                "Papua Tengah",
                "8",
            ),
            (
                "Papua Pegunungan",
                "8",
            ),
            (
                "Papua Barat Daya",
                "6",
            ),
        ]
    "#]]
    .assert_debug_eq(&papua(&december));
    assert_eq!(papua(&ask("2026-01-01", "2022-01").await), papua(&december));
    assert_eq!(papua(&ask("2021-01-08", "2022-12").await), papua(&january));
    let sums: BTreeSet<_> = [&january, &december].map(|f| f.totals[0].value.clone()).into();
    assert_eq!(sums, BTreeSet::from([Some("514".to_owned())]));
    assert_eq!(fixture.tree.level(OfficeId(1)), Some(Level::Centre));
}
