//! The first rows of a figure.

use expect_test::{Expect, expect};
use facts::Scope;
use facts::figure::Figure;

use crate::support::{Fixture, text};

const SCRIPT: &str = "
    jumlah 21 2021-01-05 3 api
    jumlah 22 2021-01-06 9 api
    jumlah 23 2021-02-05 5 api
    jumlah 31 2021-02-07 5 api
    kasus 21 2021-01-05 9 api
    kasus 22 2021-01-05 3 api
    kasus 23 2021-01-05 40 api
    kasus 31 2021-01-05 50 api";

fn told(figure: &Figure) -> String {
    let mut told = text(figure);
    if let Some(rest) = &figure.rest {
        told.push_str(&format!("rest of {} rows\n", rest.rows));
        for cell in &rest.cells {
            let value = cell.value.clone().unwrap_or_else(|| format!("{:?}", cell.state));
            let measure = cell.measure.trim_start_matches("uji.");
            told.push_str(&format!("{} | {measure} = {value}\n", cell.column.join(",")));
        }
    }
    told
}

async fn check(query: &str, scope: &Scope, expected: Expect) {
    let fixture = Fixture::new(SCRIPT).await;
    let query =
        format!(r#"{query}, "rows": ["office:regency"], "from": "2021-01-01", "to": "2021-02-28""#);
    let figure = fixture.ask(&query, scope).await.unwrap();
    expected.assert_eq(&told(&figure));
    let rows: Vec<&str> = figure.axes.rows[0].keys.iter().map(|key| key.key.as_str()).collect();
    let cells: Vec<&str> = figure.cells.iter().map(|cell| cell.row[0].as_str()).collect();
    assert!(cells.iter().all(|row| rows.contains(row)), "{rows:?} {cells:?}");
}

#[tokio::test]
async fn the_first_rows_and_the_sum_of_the_others() {
    let all = Scope::all();
    let query = r#""measures": ["uji.jumlah"], "top": {"by": "uji.jumlah", "rows": 2}"#;
    check(query, &all, expect![[r#""#]]).await;
    let query = r#""measures": ["uji.jumlah"], "columns": ["period:month"],
        "top": {"by": "uji.jumlah", "rows": 1, "column": ["2021-02"]}"#;
    check(query, &all, expect![[r#""#]]).await;
    let query = r#""measures": ["uji.jumlah", "uji.rasio"], "columns": ["period:month"],
        "top": {"by": "uji.jumlah", "rows": 2, "order": "least"}"#;
    check(query, &all, expect![[r#""#]]).await;
}

#[tokio::test]
async fn without_the_others_there_is_no_total_over_rows() {
    let query = r#""measures": ["uji.jumlah"], "columns": ["period:month"],
        "top": {"by": "uji.jumlah", "rows": 2, "rest": "out"}"#;
    check(query, &Scope::all(), expect![[r#""#]]).await;
}

#[tokio::test]
async fn what_cannot_be_added_up_says_why() {
    let query = r#""measures": ["uji.pelapor", "uji.jumlah@share:column"],
        "top": {"by": "uji.jumlah@share:column", "rows": 2}"#;
    check(query, &Scope::all(), expect![[r#""#]]).await;
}

/// A hidden number is no rank, and hides the sum that it is in.
#[tokio::test]
async fn a_hidden_number_stands_last() {
    let public = Scope { small_cells: false, ..Scope::all() };
    for order in ["most", "least"] {
        let query = format!(
            r#""measures": ["uji.kasus"], "top": {{"by": "uji.kasus", "rows": 2, "order": "{order}"}}"#
        );
        let expected = if order == "most" { expect![[r#""#]] } else { expect![[r#""#]] };
        check(&query, &public, expected).await;
    }
}

#[tokio::test]
async fn every_mistake_is_said() {
    let fixture = Fixture::new("").await;
    let said = async |query: &str| {
        let query = format!(r#"{query}, "from": "2021-01-01", "to": "2021-02-28""#);
        let error = fixture.ask(&query, &Scope::all()).await.unwrap_err();
        let problems = error.problems().into_iter().map(|problem| {
            format!("{}: {} {:?}\n", problem.at.unwrap_or_default(), problem.code, problem.values)
        });
        problems.collect::<String>()
    };
    let query = r#""measures": ["uji.jumlah"], "rows": ["jenis", "office:regency"],
        "top": {"by": "uji.kasus", "rows": 0}"#;
    expect![[r#""#]].assert_eq(&said(query).await);
    let query = r#""measures": ["uji.stok"], "rows": ["office:regency"],
        "columns": ["period:month"], "top": {"by": "uji.stok", "rows": 501}"#;
    expect![[r#""#]].assert_eq(&said(query).await);
    let query = r#""measures": ["uji.jumlah"], "rows": ["office:regency"],
        "columns": ["period:month"], "top": {"by": "uji.jumlah", "rows": 5, "column": ["2021"]}"#;
    expect![[r#""#]].assert_eq(&said(query).await);
}
