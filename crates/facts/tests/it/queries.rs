use expect_test::{Expect, expect};
use facts::query::{Axis, Boundaries, Moment};
use facts::{Query, QueryError, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, within};

async fn check(query: &str, expected: Expect) {
    let fixture = Fixture::new("").await;
    let error = fixture.ask(query, &Scope::all()).await.unwrap_err();
    let problems = error.problems().into_iter().map(|problem| {
        let at = problem.at.unwrap_or_default();
        format!("{at}: {} {:?}", problem.code, problem.values)
    });
    expected.assert_eq(&problems.collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn every_mistake_is_said_with_its_place() {
    check(
        r#""measures": ["uji.jumlah", "uji.jumlah", "uji.tidak", "lain.x", "x"],
        "rows": ["office:leaf", "office:leaf"], "columns": ["period:day", "a", "b", "c"],
        "filters": [{"dim": "jenis", "in": []}], "office": 77,
        "from": "2021-02-01", "to": "2021-01-01", "boundaries": "1990-01-01""#,
        expect![[r#"
            measures[1]: query.invalid {"why": "twice"}
            measures[2]: query.unknown {"name": "uji.tidak"}
            measures[3]: query.unknown {"name": "lain.x"}
            measures[4]: query.unknown {"name": "x"}
            rows[1]: query.invalid {"why": "twice"}
            columns: query.invalid {"max": "3", "why": "count"}
            filters[0].in: query.invalid {"max": "500", "min": "1", "why": "count"}
            to: query.invalid {"why": "before_from"}
            boundaries: query.invalid {"why": "before_tree"}
            office: query.unknown {"name": "77"}"#]],
    )
    .await;
    check(
        r#""measures": ["uji.jumlah", "uji.stok"], "rows": ["jenis"],
        "filters": [{"dim": "tempat", "in": ["x"]}], "from": "2021-01-01", "to": "2021-01-01""#,
        expect![[r#"
            rows[0]: query.unknown {"measure": "uji.stok", "name": "jenis"}
            filters[0].dim: query.unknown {"measure": "uji.jumlah", "name": "tempat"}"#]],
    )
    .await;
    check(
        r#""measures": [], "from": "1800-01-01", "to": "2100-01-01""#,
        expect![[r#"
        measures: query.invalid {"max": "24", "min": "1", "why": "count"}
        to: query.invalid {"max_days": "73050", "why": "too_long"}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_figure_has_a_size() {
    check(
        r#""measures": ["uji.jumlah"], "rows": ["period:day"], "columns": ["office:regency"],
        "from": "1850-01-01", "to": "2049-01-01""#,
        expect![[r#": query.too_large {"cells": "290740", "max": "200000"}"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_outside_the_scope_cannot_be_asked() {
    let fixture = Fixture::new("").await;
    let query =
        r#""measures": ["uji.jumlah"], "office": 31, "from": "2021-01-01", "to": "2021-12-31""#;
    assert!(matches!(fixture.ask(query, &within(&[20])).await, Err(QueryError::Invalid(_))));
    assert!(fixture.ask(query, &within(&[30])).await.is_ok());
    let mut scope = Scope::all();
    scope.measures = Some(["uji.stok".to_owned()].into());
    assert!(matches!(fixture.ask(query, &scope).await, Err(QueryError::Denied { .. })));
}

#[test]
fn a_query_is_read_and_written() {
    let text = r#"{"measures":["kejadian.jumlah"],"rows":["office:province"],"columns":["period:month","kategori"],"filters":[{"dim":"kategori","in":["politik"]}],"office":1,"from":"2021-01-01","to":"2021-12-31","boundaries":"2021-01-08","as_known":"2021-02-01T00:00:00Z"}"#;
    let query: Query = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&query).unwrap(), text);
    assert_eq!(query.as_known, Some(Moment(1_612_137_600_000)));
    let short = r#"{"measures":["a.b"],"from":"2021-01-01","to":"2021-12-31"}"#;
    let query: Query = serde_json::from_str(short).unwrap();
    assert_eq!((query.boundaries, query.rows.len()), (Boundaries::Then, 0));
    for wrong in [
        short.replace("from", "form"),
        short.replace("2021-01-01", "2021-02-30"),
        short.replace('}', r#","rows":["office:desa"]}"#),
        short.replace('}', r#","rows":["period:century"]}"#),
        short.replace('}', r#","rows":[""]}"#),
        short.replace('}', r#","boundaries":"today"}"#),
        short.replace('}', r#","as_known":"yesterday"}"#),
        short.replace('}', r#","as_known":"1969-01-01T00:00:00Z"}"#),
        short.replace('}', r#","sql":"drop table facts"}"#),
    ] {
        assert!(serde_json::from_str::<Query>(&wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,40}") {
        if let Ok(axis) = text.parse::<Axis>() {
            prop_assert_eq!(axis.to_string(), text.clone());
        }
        if let Ok(boundaries) = text.parse::<Boundaries>() {
            prop_assert_eq!(boundaries.to_string(), text.clone());
        }
        if let Ok(moment) = text.parse::<Moment>() {
            prop_assert_eq!(moment.to_string().parse::<Moment>(), Ok(moment));
        }
        prop_assert!(serde_json::from_str::<Query>(&text).is_err());
    }

    #[test]
    fn any_moment_prints_and_reads(ms in 0..253_402_207_200_000_u64) {
        prop_assert_eq!(Moment(ms).to_string().parse::<Moment>(), Ok(Moment(ms)));
    }

    /// Whatever the names, a query answers or says what is wrong.
    #[test]
    fn hostile_names_are_only_unknown(measure in ".{0,20}", dim in "[^:]{1,20}", value in ".{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::new("jumlah 21 2021-01-05 1 api").await;
            let query = |measure: &str, dim: &str| serde_json::from_value(serde_json::json!({
                "measures": [measure], "rows": ["jenis"],
                "filters": [{"dim": dim, "in": [value]}],
                "from": "2021-01-01", "to": "2021-12-31",
            })).unwrap();
            let (context, scope) = (fixture.context(), Scope::all());
            for query in [query("uji.jumlah", "jenis"), query(&measure, "jenis"), query("uji.jumlah", &dim)] {
                let query: Query = query;
                match fixture.facts.figure(&query, &context, &scope).await {
                    Ok(_) | Err(QueryError::Invalid(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        });
    }
}
