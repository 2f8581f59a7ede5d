use std::fmt::Write;

use domain::limits::LINEAGE_ROWS_MAX;
use expect_test::{Expect, expect};
use facts::{Address, Lineage, QueryError, Scope};

use crate::support::{Fixture, parse, within};

fn address(measure: &str, row: &[&str], column: &[&str], unit: Option<&str>) -> Address {
    let texts = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    Address {
        row: texts(row),
        column: texts(column),
        measure: format!("uji.{measure}"),
        unit: unit.map(str::to_owned),
    }
}

fn text(lineage: &Lineage) -> String {
    let mut out = String::new();
    for row in &lineage.rows {
        let record = u128::from_be_bytes(row.record.0);
        let measure = row.measure.trim_start_matches("uji.");
        writeln!(
            out,
            "{measure} {} #{record} office {} = {} ({}×, known {}, pos {})",
            row.date, row.office, row.text, row.weight, row.known_ms, row.pos
        )
        .unwrap();
    }
    out
}

async fn check(script: &str, query: &str, address: Address, expected: Expect) {
    let fixture = Fixture::new(script).await;
    let query = parse(query);
    let (context, scope) = (fixture.context(), Scope::all());
    let hot = fixture.facts.lineage(&query, &address, None, &context, &scope).await.unwrap();
    expected.assert_eq(&text(&hot));
    fixture.facts.flush().await.unwrap();
    let cold = fixture.facts.lineage(&query, &address, None, &context, &scope).await.unwrap();
    assert_eq!(hot, cold);
}

const SCRIPT: &str = "
    jumlah 21 2021-01-05 3 api #1
    jumlah 21 2021-01-06 0 api #2
    jumlah 21 2021-01-06 9 air #3
    jumlah 22 2021-01-06 4 api #4
    - jumlah 21 2021-01-05 3 api #1
    jumlah 21 2021-01-05 5 api #1
    jumlah 21 2021-02-05 7 api #5
    jumlah 31 2021-01-05 8 api #6
    jumlah 22 2021-01-07 6 api #7
    - jumlah 22 2021-01-07 6 api #7";
const QUERY: &str = r#""measures": ["uji.jumlah", "uji.rasio"], "rows": ["office:province"],
    "columns": ["period:month", "jenis"], "from": "2021-01-01", "to": "2021-12-31""#;

#[tokio::test]
async fn a_cell_leads_to_the_records_that_stand() {
    let address = address("jumlah", &["20"], &["2021-01", "api"], None);
    check(
        SCRIPT,
        QUERY,
        address,
        expect![[r#"
        jumlah 2021-01-05 #1 office 21 = 5 (1×, known 6000, pos 6)
        jumlah 2021-01-06 #2 office 21 = 0 (1×, known 2000, pos 2)
        jumlah 2021-01-06 #4 office 22 = 4 (1×, known 4000, pos 4)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_formula_leads_to_the_records_of_its_inputs() {
    let script = format!("{SCRIPT}\n kasus 21 2021-01-05 6 api #9");
    let address = address("rasio", &["20"], &["2021-01", "api"], None);
    check(
        &script,
        QUERY,
        address,
        expect![[r#"
        jumlah 2021-01-05 #1 office 21 = 5 (1×, known 6000, pos 6)
        jumlah 2021-01-06 #2 office 21 = 0 (1×, known 2000, pos 2)
        jumlah 2021-01-06 #4 office 22 = 4 (1×, known 4000, pos 4)
        kasus 2021-01-05 #9 office 21 = 6 (1×, known 11000, pos 11)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_stock_leads_to_the_last_date_only() {
    let script = "
        stok 21 2021-01-05 50 dosis gudang #1
        stok 21 2021-01-20 40 dosis gudang #2
        stok 21 2021-01-20 7 dosis _ #3
        stok 21 2021-01-22 7 vial gudang #4";
    let query = r#""measures": ["uji.stok"], "columns": ["period:month"],
        "from": "2021-01-01", "to": "2021-12-31""#;
    check(
        script,
        query,
        address("stok", &[], &["2021-01"], Some("dosis")),
        expect![[r#"
        stok 2021-01-20 #2 office 21 = 40 (1×, known 2000, pos 2)
        stok 2021-01-20 #3 office 21 = 7 (1×, known 3000, pos 3)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn many_records_come_in_pages() {
    let lines = (0..LINEAGE_ROWS_MAX * 2 + 10)
        .map(|n| format!("jumlah 21 2021-01-{:02} 1 api\n", n % 28 + 1));
    let fixture = Fixture::new(&lines.collect::<String>()).await;
    let query = parse(r#""measures": ["uji.jumlah"], "from": "2021-01-01", "to": "2021-12-31""#);
    let (context, scope) = (fixture.context(), Scope::all());
    let address = address("jumlah", &[], &[], None);
    let (mut sizes, mut seen, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let page = fixture.facts.lineage(&query, &address, cursor.as_deref(), &context, &scope);
        let page = page.await.unwrap();
        sizes.push(page.rows.len());
        seen.extend(page.rows.iter().map(|row| (row.date, row.record)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [LINEAGE_ROWS_MAX, LINEAGE_ROWS_MAX, 10]);
    assert!(seen.is_sorted());
    seen.dedup();
    assert_eq!(seen.len(), LINEAGE_ROWS_MAX * 2 + 10);
}

/// What one record gave is smaller than any cell: who may not see small cells gets no records of
/// such a measure, whether the cell is hidden or shown, and however its address is written.
#[tokio::test]
async fn records_of_hidden_numbers_are_withheld() {
    let fixture = Fixture::new("kasus 21 2021-01-05 3 api\n kasus 22 2021-01-05 30 api").await;
    let query = parse(
        r#""measures": ["uji.kasus"], "rows": ["office:regency"], "from": "2021-01-01",
        "to": "2021-12-31""#,
    );
    let context = fixture.context();
    let public = Scope { small_cells: false, ..Scope::all() };
    for office in ["21", "22", "021"] {
        let address = address("kasus", &[office], &[], None);
        let rows = |lineage: Lineage| (lineage.suppressed, lineage.rows.len());
        let open = fixture.facts.lineage(&query, &address, None, &context, &Scope::all()).await;
        assert_eq!(rows(open.unwrap()), (false, 1));
        let closed = fixture.facts.lineage(&query, &address, None, &context, &public).await;
        assert_eq!(rows(closed.unwrap()), (true, 0));
    }
    let of_unit = address("kasus", &["21"], &[], Some("dosis"));
    let asked = fixture.facts.lineage(&query, &of_unit, None, &context, &public).await;
    assert!(matches!(asked, Err(QueryError::Invalid(_))));
}

#[tokio::test]
async fn a_scope_holds_for_lineage_too() {
    let fixture = Fixture::new(SCRIPT).await;
    let (query, context) = (parse(QUERY), fixture.context());
    let cell = address("jumlah", &["30"], &["2021-01", "api"], None);
    let outside = within(&[20]);
    let lineage = fixture.facts.lineage(&query, &cell, None, &context, &outside).await.unwrap();
    assert!(lineage.rows.is_empty());
    let inside = within(&[30]);
    let lineage = fixture.facts.lineage(&query, &cell, None, &context, &inside).await.unwrap();
    assert_eq!(lineage.rows.len(), 1);
}

#[tokio::test]
async fn a_wrong_cell_is_said() {
    let fixture = Fixture::new(SCRIPT).await;
    let (query, context, scope) = (parse(QUERY), fixture.context(), Scope::all());
    for (address, cursor) in [
        (address("jumlah", &[], &["2021-01", "api"], None), None),
        (address("jumlah", &["20"], &["2021-Q1", "api"], None), None),
        (address("jumlah", &["Timur"], &["2021-01", "api"], None), None),
        (address("stok", &["20"], &["2021-01", "api"], None), None),
        (address("jumlah", &["20"], &["2021-01", "api"], None), Some("x/y")),
    ] {
        let asked = fixture.facts.lineage(&query, &address, cursor, &context, &scope).await;
        assert!(matches!(asked, Err(QueryError::Invalid(_))), "{address:?}");
    }
}
