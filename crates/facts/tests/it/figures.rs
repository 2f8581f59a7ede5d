use expect_test::{Expect, expect};
use facts::Scope;

use crate::support::{Fixture, midnight, text};

async fn check(script: &str, query: &str, expected: Expect) {
    expected.assert_eq(&Fixture::new(script).await.text(query).await);
}

const YEAR: &str = r#""from": "2021-01-01", "to": "2021-12-31""#;

#[tokio::test]
async fn additive_values_add_over_offices_periods_and_dimensions() {
    check(
        "jumlah 21 2021-01-05 3 api
         jumlah 22 2021-01-06 4 air
         jumlah 31 2021-02-06 5 api
         jumlah 21 2020-12-31 9 api",
        &format!(r#""measures": ["uji.jumlah"], "rows": ["office:province"], "columns": ["period:quarter", "jenis"], {YEAR}"#),
        expect![[r#"
            20 | 2021-Q1,air | jumlah = 4
            20 | 2021-Q1,api | jumlah = 3
            30 | 2021-Q1,api | jumlah = 5
            ---
            20 | · | jumlah = 7
            30 | · | jumlah = 5
            · | 2021-Q1,air | jumlah = 4
            · | 2021-Q1,api | jumlah = 8
            · | · | jumlah = 12
        "#]],
    )
    .await;
}

#[tokio::test]
async fn zero_is_not_nothing_and_what_was_taken_back_is_nothing() {
    let fixture = Fixture::new(
        "jumlah 21 2021-01-05 0 api
         jumlah 22 2021-01-05 4 api #1
         - jumlah 22 2021-01-05 4 api #1",
    )
    .await;
    let query = format!(r#""measures": ["uji.jumlah"], "rows": ["office:regency"], {YEAR}"#);
    let figure = fixture.ask(&query, &Scope::all()).await.unwrap();
    let shown = figure.cells.iter().map(|c| format!("{} {:?} {:?}", c.row[0], c.state, c.value));
    expect![[r#"
        21 Value Some("0")
        22 None None
        23 None None
        31 None None"#]]
    .assert_eq(&shown.collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn sums_beyond_64_bits_are_exact() {
    check(
        "jumlah 21 2021-01-05 9223372036854775807
         jumlah 22 2021-01-05 9223372036854775807
         jumlah 23 2021-01-05 -9223372036854775808",
        &format!(r#""measures": ["uji.jumlah"], "rows": ["office:regency"], {YEAR}"#),
        expect![[r#"
            21 | · | jumlah = 9223372036854775807
            22 | · | jumlah = 9223372036854775807
            23 | · | jumlah = -9223372036854775808
            ---
            · | · | jumlah = 9223372036854775806
        "#]],
    )
    .await;
}

#[tokio::test]
async fn units_are_never_added() {
    check(
        "masuk 21 2021-01-05 100 dosis
         masuk 22 2021-01-05 10 vial
         masuk 22 2021-01-06 5 dosis",
        &format!(r#""measures": ["uji.masuk"], "rows": ["office:regency"], {YEAR}"#),
        expect![[r#"
            21 | · | masuk = 100 dosis
            22 | · | masuk = 5 dosis
            22 | · | masuk = 10 vial
            ---
            · | · | masuk = 105 dosis
            · | · | masuk = 10 vial
        "#]],
    )
    .await;
}

#[tokio::test]
async fn of_a_stock_only_the_last_date_counts() {
    check(
        "stok 21 2021-01-05 50 dosis gudang
         stok 21 2021-01-20 40 dosis gudang
         stok 21 2021-01-20 7 dosis klinik
         stok 21 2021-01-25 30 dosis gudang #1
         - stok 21 2021-01-25 30 dosis gudang #1
         stok 22 2021-02-02 9 dosis gudang",
        &format!(r#""measures": ["uji.stok"], "rows": ["office:regency"], "columns": ["period:month"], {YEAR}"#),
        expect![[r#"
            21 | 2021-01 | stok = 47 dosis
            22 | 2021-02 | stok = 9 dosis
            ---
            · | 2021-01 | stok = 47 dosis
            · | 2021-02 | stok = 9 dosis
            no all of stok: LastInPeriod
            no rows of stok: LastInPeriod
        "#]],
    )
    .await;
}

#[tokio::test]
async fn distinct_things_count_once() {
    check(
        "pelapor 21 2021-01-05 7
         pelapor 21 2021-01-06 7
         pelapor 22 2021-01-06 7
         pelapor 22 2021-01-06 8
         pelapor 22 2021-01-07 9 _ #1
         - pelapor 22 2021-01-07 9 _ #1",
        &format!(r#""measures": ["uji.pelapor"], "rows": ["office:province"], {YEAR}"#),
        expect![[r#"
            20 | · | pelapor = 2
            ---
            no columns of pelapor: Distinct
        "#]],
    )
    .await;
}

#[tokio::test]
async fn formulas_are_of_sums_and_say_when_they_cannot_be() {
    check(
        "kasus 21 2021-01-05 10 api
         jumlah 21 2021-01-05 30 api
         kasus 22 2021-01-05 10 api
         jumlah 31 2021-01-05 0 api
         kasus 31 2021-01-05 6 api
         masuk 21 2021-01-05 10 dosis
         masuk 21 2021-01-05 4 vial
         stok 21 2021-01-05 8 dosis",
        &format!(r#""measures": ["uji.rasio", "uji.sisa"], "rows": ["office:regency"], {YEAR}"#)
            .replace(r#", "uji.sisa""#, ""),
        expect![[r#"
            21 | · | rasio = 33.3
            22 | · | rasio = Incomputable
            31 | · | rasio = Incomputable
            ---
            · | · | rasio = 86.7
        "#]],
    )
    .await;
    check(
        "masuk 21 2021-01-05 10 dosis
         masuk 21 2021-01-05 4 vial
         stok 21 2021-01-05 8 dosis",
        &format!(r#""measures": ["uji.sisa"], "rows": ["period:month"], {YEAR}"#),
        expect![[r#"
            2021-01 | · | sisa = 2 dosis
            2021-01 | · | sisa = Incomputable vial
            ---
            no columns of sisa: Input
        "#]],
    )
    .await;
}

#[tokio::test]
async fn filters_of_dimensions_and_a_subtree() {
    let script = "jumlah 21 2021-01-05 3 api
         jumlah 22 2021-01-06 4 air
         jumlah 22 2021-01-06 5 _
         jumlah 31 2021-02-06 5 api";
    let ask =
        |rest: &str| format!(r#""measures": ["uji.jumlah"], "rows": ["jenis"], {rest}, {YEAR}"#);
    check(
        script,
        &ask(r#""filters": [{"dim": "jenis", "in": ["api", ""]}]"#),
        expect![[r#"
            api | · | jumlah = 8
            · | · | jumlah = 5
            ---
            · | · | jumlah = 13
        "#]],
    )
    .await;
    check(
        script,
        &ask(r#""office": 20"#),
        expect![[r#"
            air | · | jumlah = 4
            api | · | jumlah = 3
            · | · | jumlah = 5
            ---
            · | · | jumlah = 12
        "#]],
    )
    .await;
}

#[tokio::test]
async fn facts_above_the_level_are_shown_without_an_office() {
    check(
        "jumlah 20 2021-01-05 3
         jumlah 21 2021-01-05 4",
        &format!(r#""measures": ["uji.jumlah"], "rows": ["office:regency"], "columns": ["office:leaf"], {YEAR}"#),
        expect![[r#"
            21 | 21 | jumlah = 4
            · | 20 | jumlah = 3
            ---
            21 | · | jumlah = 4
            · | · | jumlah = 3
            · | 20 | jumlah = 3
            · | 21 | jumlah = 4
            · | · | jumlah = 7
        "#]],
    )
    .await;
}

#[tokio::test]
async fn completeness_never_passes_the_whole() {
    // Kota reports on time, and late, and what isn't expected yet; Pulau twice for one day.
    let mut fixture = Fixture::new(
        "harian:received 21 2021-07-13 1
         harian:on_time 21 2021-07-13 1
         harian:received 21 2021-07-14 1
         harian:received 21 2021-07-16 1
         harian:received 23 2021-07-14 1
         harian:received 23 2021-07-14 1
         harian:received 20 2021-07-14 1",
    )
    .await;
    // An hour after midnight at +7 a day is due: on the 15th at 18:00Z the day itself.
    fixture.now_ms = midnight("2021-07-15") + 18 * 3_600_000 + 1;
    let query = r#""measures": ["uji.jumlah"], "rows": ["office:province", "jenis"],
        "columns": ["period:month"], "from": "2021-07-13", "to": "2021-07-31""#;
    let figure = fixture.ask(query, &Scope::all()).await.unwrap();
    let shown = figure.completeness.iter().map(|c| {
        let keys = [c.row.join(","), c.column.join(","), c.schedule.clone()].join(" | ");
        format!("{keys} = {}/{} on time {}", c.received, c.expected, c.on_time)
    });
    expect![[r#"
        20, | 2021-07 | uji.harian = 3/8 on time 1
        30, | 2021-07 | uji.harian = 0/3 on time 0
        40, | 2021-07 | uji.harian = 0/1 on time 0"#]]
    .assert_eq(&shown.collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn a_schedule_can_be_asked_like_a_measure() {
    check(
        "harian:received 21 2021-07-13 1
         harian:received 22 2021-07-13 1",
        &format!(r#""measures": ["uji.harian:received"], "columns": ["period:day"], {YEAR}"#),
        expect![[r#"
            · | 2021-07-13 | harian:received = 2
            ---
            · | · | harian:received = 2
        "#]],
    )
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most lines are what is expected")]
async fn a_figure_says_what_it_is() {
    let fixture = Fixture::new("jumlah 21 2021-01-05 3 api").await;
    let query = r#""measures": ["uji.jumlah"], "rows": ["jenis"], "from": "2021-01-01",
        "to": "2021-01-31", "as_known": "2021-02-01T00:00:00Z""#;
    let figure = fixture.ask(query, &Scope::all()).await.unwrap();
    expect![[r#"
        {
          "axes": {
            "rows": [
              {
                "axis": "jenis",
                "label": "Jenis",
                "keys": [
                  {
                    "key": "api",
                    "label": "Kebakaran"
                  }
                ]
              }
            ],
            "columns": []
          },
          "measures": [
            {
              "measure": "uji.jumlah",
              "label": "Jumlah kejadian",
              "unit": "orang",
              "unit_label": "orang",
              "scale": 0,
              "definition": "Banyaknya kejadian yang dilaporkan",
              "source": "contoh",
              "kind": "additive",
              "suppress_below": null
            }
          ],
          "cells": [
            {
              "row": [
                "api"
              ],
              "column": [],
              "measure": "uji.jumlah",
              "unit": null,
              "value": "3",
              "state": "value"
            }
          ],
          "completeness": [
            {
              "row": [
                ""
              ],
              "column": [],
              "schedule": "uji.harian",
              "expected": 124,
              "received": 0,
              "on_time": 0
            }
          ],
          "boundaries": {
            "mode": "then",
            "date": null,
            "split_periods": []
          },
          "as_known": 1612137600000,
          "up_to": {
            "pos": 1,
            "known_ms": 1000
          },
          "totals": [
            {
              "row": [],
              "column": [],
              "measure": "uji.jumlah",
              "unit": null,
              "value": "3",
              "state": "value"
            }
          ],
          "no_totals": []
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&figure).unwrap());
}

#[tokio::test]
async fn an_empty_store_answers_with_nothing() {
    let fixture = Fixture::new("").await;
    let query =
        format!(r#""measures": ["uji.jumlah", "uji.stok", "uji.pelapor", "uji.rasio"], {YEAR}"#);
    let figure = fixture.ask(&query, &Scope::all()).await.unwrap();
    assert_eq!(text(&figure), "");
    assert_eq!(figure.cells.len(), 4);
}
