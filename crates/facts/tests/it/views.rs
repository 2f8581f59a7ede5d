//! Views of a figure: shares, growth, sums over time, percentiles.

use expect_test::{Expect, expect};
use facts::query::view::View;
use facts::{Address, Scope};

use crate::support::{Fixture, parse, text};

async fn check(script: &str, query: &str, expected: Expect) {
    let fixture = Fixture::new(script).await;
    expected.assert_eq(&fixture.text(query).await);
    fixture.facts.flush().await.unwrap();
    expected.assert_eq(&fixture.text(query).await);
}

const SCRIPT: &str = "
    jumlah 21 2020-11-05 2 api
    jumlah 21 2020-12-05 4 api
    jumlah 21 2021-01-05 3 api
    jumlah 21 2021-02-05 6 api
    jumlah 21 2021-03-05 1 api
    jumlah 31 2020-01-07 8 api
    jumlah 31 2021-01-07 9 api
    jumlah 31 2021-03-08 3 api";

fn of(view: &str) -> String {
    format!(
        r#""measures": ["uji.jumlah@{view}"], "rows": ["office:province"],
        "columns": ["period:month"], "from": "2021-01-01", "to": "2021-03-31""#
    )
}

#[tokio::test]
async fn shares_are_of_the_row_the_column_and_all() {
    check(SCRIPT, &of("share:row"), expect![[r#""#]]).await;
    check(SCRIPT, &of("share:column"), expect![[r#""#]]).await;
    check(SCRIPT, &of("share:all"), expect![[r#""#]]).await;
    let alone = r#""measures": ["uji.jumlah@share:all"], "rows": ["office:province"],
        "from": "2021-01-01", "to": "2021-03-31""#;
    check(SCRIPT, alone, expect![[r#""#]]).await;
}

#[tokio::test]
async fn growth_is_to_the_period_or_the_year_before() {
    check(SCRIPT, &of("growth:period"), expect![[r#""#]]).await;
    check(SCRIPT, &of("growth:year"), expect![[r#""#]]).await;
    check(SCRIPT, &of("change:period"), expect![[r#""#]]).await;
    check(SCRIPT, &of("before:year"), expect![[r#""#]]).await;
}

#[tokio::test]
async fn sums_over_time_begin_with_the_year_or_roll() {
    check(SCRIPT, &of("cumulative"), expect![[r#""#]]).await;
    check(SCRIPT, &of("cumulative").replace("2021-01-01", "2021-03-01"), expect![[r#""#]]).await;
    check(SCRIPT, &of("rolling:3"), expect![[r#""#]]).await;
}

/// The numbers, their view and the totals of the numbers stand in one figure.
#[tokio::test]
async fn a_view_stands_beside_its_numbers() {
    let query = of("share:row").replace("[\"uji.j", "[\"uji.jumlah\", \"uji.j");
    check(SCRIPT, &query, expect![[r#""#]]).await;
    let fixture = Fixture::new(SCRIPT).await;
    let figure = fixture.ask(&query, &Scope::all()).await.unwrap();
    let told = figure.measures.iter().map(|info| {
        format!("{} {:?} {:?} {}", info.measure, info.view, info.unit_label, info.scale)
    });
    expect![[r#""#]].assert_eq(&told.collect::<Vec<_>>().join("\n"));
}

/// A ratio over several periods is that of the sums, never a sum of ratios.
#[tokio::test]
async fn a_formula_over_time_is_computed_from_sums() {
    let script = "kasus 21 2021-01-05 1 api\n jumlah 21 2021-01-05 4 api
        kasus 21 2021-02-05 3 api\n jumlah 21 2021-02-05 4 api\n jumlah 21 2021-03-05 4 api";
    let query = of("cumulative").replace("uji.jumlah", "uji.rasio");
    check(script, &query, expect![[r#""#]]).await;
}

/// A month that the query cuts short isn't compared with a whole one.
#[tokio::test]
async fn a_cut_period_grows_by_nothing_that_can_be_said() {
    let query = of("growth:period").replace("2021-03-31", "2021-03-20");
    check(SCRIPT, &query, expect![[r#""#]]).await;
}

#[tokio::test]
async fn stocks_are_compared_by_their_last_values() {
    let script = "stok 21 2020-12-05 50 dosis gudang\n stok 21 2021-01-20 40 dosis gudang
        stok 21 2021-01-28 30 dosis gudang\n stok 22 2021-01-28 5 vial gudang";
    let query = of("change:period").replace("uji.jumlah", "uji.stok");
    check(script, &query, expect![[r#""#]]).await;
}

/// What was taken back is no value any more; a value that is held twice counts twice.
#[tokio::test]
async fn percentiles_are_of_the_values_that_stand() {
    let script = "
        jumlah 21 2021-01-05 15 api #1
        jumlah 21 2021-01-06 20 api #2
        jumlah 22 2021-01-07 35 api #3
        jumlah 21 2021-01-08 40 api #4
        jumlah 21 2021-01-09 50 api #5
        jumlah 21 2021-01-09 900 api #6
        - jumlah 21 2021-01-09 900 api #6
        jumlah 31 2021-01-09 7 api #7
        jumlah 31 2021-02-09 7 api #8
        jumlah 31 2021-02-09 9 api #9";
    let query = r#""measures": ["uji.jumlah@percentile:30", "uji.jumlah@percentile:50",
        "uji.jumlah@percentile:100"], "rows": ["office:province"],
        "from": "2021-01-01", "to": "2021-03-31""#;
    check(script, query, expect![[r#""#]]).await;
}

#[tokio::test]
async fn what_a_view_hides() {
    let script = "
        kasus 21 2020-12-05 3 api
        kasus 21 2021-01-05 20 api
        kasus 21 2021-02-05 30 api
        kasus 31 2020-12-05 50 api
        kasus 31 2021-01-05 60 api
        kasus 31 2021-02-05 70 api";
    let fixture = Fixture::new(script).await;
    let public = Scope { small_cells: false, ..Scope::all() };
    let mut told = String::new();
    for view in ["growth:period", "cumulative", "share:row", "rolling:2", "percentile:50"] {
        let query = of(view).replace("uji.jumlah", "uji.kasus").replace("03-31", "02-28");
        told.push_str(&format!("{view}\n{}", text(&fixture.ask(&query, &public).await.unwrap())));
    }
    expect![[r#""#]].assert_eq(&told);
}

/// The records behind a view are those behind its number.
#[tokio::test]
async fn a_view_leads_to_the_records_of_its_number() {
    let fixture = Fixture::new(SCRIPT).await;
    let query = parse(&of("growth:year"));
    let address = Address {
        row: vec!["20".to_owned()],
        column: vec!["2021-02".to_owned()],
        measure: "uji.jumlah@growth:year".to_owned(),
        unit: None,
    };
    let (context, scope) = (fixture.context(), Scope::all());
    let lineage = fixture.facts.lineage(&query, &address, None, &context, &scope).await.unwrap();
    assert_eq!(lineage.rows.iter().map(|row| row.value).collect::<Vec<_>>(), [6]);
}

#[tokio::test]
async fn a_view_that_cannot_be_is_refused_with_all_its_mistakes() {
    let fixture = Fixture::new("").await;
    let said = async |query: &str| {
        let error = fixture.ask(query, &Scope::all()).await.unwrap_err();
        let problems = error.problems().into_iter().map(|problem| {
            format!("{}: {} {:?}\n", problem.at.unwrap_or_default(), problem.code, problem.values)
        });
        problems.collect::<String>()
    };
    let query = r#""measures": ["uji.jumlah@mean", "uji.jumlah@rolling:1", "uji.jumlah@share:row",
        "uji.pelapor@cumulative", "uji.stok@rolling:3", "uji.rasio@share:column",
        "uji.jumlah@percentile:101", "uji.rasio@percentile:50", "uji.jumlah@growth:year"],
        "rows": ["office:province"], "from": "2021-01-05", "to": "2021-03-31""#;
    expect![[r#""#]].assert_eq(&said(query).await);
    let query = r#""measures": ["uji.jumlah@growth:year"], "rows": ["period:month"],
        "columns": ["period:year"], "from": "2021-01-01", "to": "2021-03-31""#;
    expect![[r#""#]].assert_eq(&said(query).await);
    let query = r#""measures": ["uji.jumlah@growth:year"], "rows": ["period:month"],
        "from": "2021-01-02", "to": "2021-03-31""#;
    expect![[r#""#]].assert_eq(&said(query).await);
}

#[test]
fn views_are_read_as_they_are_written() {
    for text in
        ["share:all", "growth:period", "before:year", "cumulative", "rolling:12", "percentile:5"]
    {
        assert_eq!(text.parse::<View>().unwrap().to_string(), text);
    }
    for text in ["", "share", "share:", "rolling:0", "rolling:03", "rolling:61", "percentile:0"] {
        assert!(text.parse::<View>().is_err(), "{text}");
    }
}
