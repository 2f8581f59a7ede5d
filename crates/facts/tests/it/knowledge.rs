use expect_test::expect;
use facts::Scope;

use crate::support::{Fixture, text};

/// Position p is known at p seconds.
const SCRIPT: &str = "
    jumlah 21 2021-01-05 3 api #1
    jumlah 22 2021-01-05 4 air #2
    - jumlah 21 2021-01-05 3 api #1
    jumlah 21 2021-01-05 5 api #1
    - jumlah 22 2021-01-05 4 air #2";

fn query(as_known: &str) -> String {
    format!(
        r#""measures": ["uji.jumlah"], "rows": ["office:regency"], "from": "2021-01-01",
        "to": "2021-12-31", "as_known": "1970-01-01T00:00:{as_known}Z""#
    )
}

#[tokio::test]
async fn figures_as_they_were_known() {
    let fixture = Fixture::new(SCRIPT).await;
    let mut known = String::new();
    for second in ["00", "01", "02", "03", "04", "05"] {
        known.push_str(&format!("at {second}\n{}", fixture.text(&query(second)).await));
    }
    expect![[r#"
        at 00
        ---
        at 01
        21 | · | jumlah = 3
        ---
        · | · | jumlah = 3
        at 02
        21 | · | jumlah = 3
        22 | · | jumlah = 4
        ---
        · | · | jumlah = 7
        at 03
        22 | · | jumlah = 4
        ---
        · | · | jumlah = 4
        at 04
        21 | · | jumlah = 5
        22 | · | jumlah = 4
        ---
        · | · | jumlah = 9
        at 05
        21 | · | jumlah = 5
        ---
        · | · | jumlah = 5
    "#]]
    .assert_eq(&known);
}

#[tokio::test]
async fn what_came_later_does_not_change_what_was_known() {
    let fixture = Fixture::new(SCRIPT).await;
    let before = fixture.text(&query("04")).await;
    fixture.facts.flush().await.unwrap();
    fixture.append("jumlah 21 2021-01-06 70 api");
    assert_eq!(fixture.text(&query("04")).await, before);
    assert_ne!(fixture.text(&query("06")).await, before);
}

#[tokio::test]
async fn what_was_due_is_judged_at_the_moment_of_knowledge() {
    let fixture = Fixture::new("harian:received 21 2021-07-13 1").await;
    let expected = async |rest: &str| {
        let query = format!(
            r#""measures": ["uji.jumlah"], "from": "2021-07-13", "to": "2021-07-14" {rest}"#
        );
        let figure = fixture.ask(&query, &Scope::all()).await.unwrap();
        assert_eq!(text(&figure), "");
        figure.completeness.first().map(|c| (c.expected, c.received))
    };
    assert_eq!(expected("").await, Some((8, 1)));
    assert_eq!(expected(r#", "as_known": "2021-07-14T00:00:00Z""#).await, Some((4, 1)));
    assert_eq!(expected(r#", "as_known": "2021-07-13T00:00:00Z""#).await, None);
}
