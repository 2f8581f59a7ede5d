//! From the log to figures.

use domain::office::Level;
use expect_test::expect;
use facts::Query;
use node::Submission;
use serde_json::json;

use crate::fixture::{ACEH, BATAM, Setup, daily, incident, patch, told};

fn query(measure: &str) -> Query {
    let json = json!({
        "measures": [measure],
        "rows": ["office:regency"],
        "from": "2021-01-01",
        "to": "2021-01-31",
    });
    serde_json::from_value(json).unwrap()
}

/// Everything in the country, as the analyst of the centre sees it.
pub(crate) async fn total(setup: &Setup, measure: &str) -> String {
    figure(setup, "analis", measure).await.unwrap_or_else(|error| error)
}

async fn figure(setup: &Setup, who: &str, measure: &str) -> Result<String, String> {
    setup.node.facts_caught_up().await.unwrap();
    let figure = setup.node.figure(&setup.actor(who), &query(measure), "id").await;
    let figure = figure.map_err(|error| told(&Err::<(), _>(error), ""))?;
    let cells = serde_json::to_value(&figure.cells).unwrap();
    let values = cells.as_array().unwrap().iter().filter_map(|cell| cell["value"].as_str());
    Ok(values.collect::<Vec<_>>().join(" "))
}

async fn filled() -> Setup {
    let setup = Setup::new().await;
    let first = setup.filed(1, "Banjir").await;
    setup.filed(2, "Gempa").await;
    setup.drafted(3, "Draf").await;
    setup.submit("operator", patch(4, first, json!({"korban": 5}))).await.unwrap();
    setup.submit("operator", daily(5, BATAM, "2021-01-08")).await.unwrap();
    setup.submit("operator", daily(6, BATAM, "2021-01-01")).await.unwrap();
    setup
}

async fn figures(setup: &Setup) -> String {
    let mut told = Vec::new();
    for measure in ["uji.jumlah", "uji.korban", "uji.harian:received", "uji.harian:on_time"] {
        told.push(format!("{measure} {}", total(setup, measure).await));
    }
    told.join(", ")
}

#[tokio::test]
async fn a_report_is_in_the_figures_and_an_edit_replaces_it() {
    let setup = filled().await;
    expect!["uji.jumlah 2, uji.korban 7, uji.harian:received 2, uji.harian:on_time 1"]
        .assert_eq(&figures(&setup).await);
}

/// The same figures after a stop, after a rebuild, and in another node that reads the same log.
#[tokio::test]
async fn figures_outlive_a_restart_and_a_rebuild() {
    let setup = filled().await;
    let before = figures(&setup).await;
    let setup = setup.restart().await;
    assert_eq!(figures(&setup).await, before);
    setup.submit("operator", incident(9, BATAM, "Draf lain")).await.unwrap();
    setup.node.rebuild_facts();
    assert_eq!(figures(&setup).await, before);
    let setup = setup.restart().await;
    std::fs::remove_dir_all(setup.dir.path().join("facts")).unwrap();
    let setup = setup.restart().await;
    assert_eq!(figures(&setup).await, before);
}

/// A figure shows what its asker may see, and nothing more.
#[tokio::test]
async fn figures_keep_to_the_scope() {
    let setup = filled().await;
    let aceh = setup.submit("aceh", incident(20, ACEH, "Gempa")).await.unwrap().receipt.record;
    setup.submit("aceh", setup.moves("aceh", 21, aceh, "ajukan")).await.unwrap();
    let mut seen = Vec::new();
    for who in ["operator", "verifikator", "analis", "aceh", "kepala", "admin"] {
        let shown = figure(&setup, who, "uji.jumlah").await.unwrap_or_else(|error| error);
        seen.push(format!("{who}: {shown}"));
    }
    expect![[r#"
        operator: 2
        verifikator: 2
        analis: 2 1
        aceh: Denied: policy.denied at measures
        kepala: Denied: policy.denied at measures
        admin: Denied: policy.denied at measures"#]]
    .assert_eq(&seen.join("\n"));
}

/// A number leads to its records; a draft is nobody's business.
#[tokio::test]
async fn a_number_leads_to_its_records() {
    let setup = filled().await;
    setup.node.facts_caught_up().await.unwrap();
    let analyst = setup.actor("analis");
    let address = facts::Address {
        row: vec![BATAM.to_string()],
        column: Vec::new(),
        measure: "uji.korban".to_owned(),
        unit: None,
    };
    let query = query("uji.korban");
    let lineage = setup.node.lineage(&analyst, &query, &address, None, "id").await.unwrap();
    let mut rows: Vec<String> =
        lineage.rows.iter().map(|row| format!("{} {}", row.title, row.value)).collect();
    rows.sort();
    expect!["Banjir 5, Gempa 2"].assert_eq(&rows.join(", "));
}

/// Every submission is in a figure without a night's wait, and listeners are told.
#[tokio::test]
async fn listeners_hear_of_records_and_of_figures() {
    let setup = Setup::new().await;
    setup.node.facts_caught_up().await.unwrap();
    let mut events = setup.node.events();
    let submission: Submission = incident(1, BATAM, "Banjir");
    let receipt = setup.submit("operator", submission).await.unwrap().receipt;
    let mut heard = Vec::new();
    while heard.len() < 2 {
        match events.recv().await.unwrap() {
            node::Event::Record(event) if event.record == receipt.record => {
                heard.push(format!("record {} {}", event.type_key, event.state));
            }
            node::Event::Facts { pos } if pos >= receipt.pos => heard.push("facts".to_owned()),
            node::Event::Record(_)
            | node::Event::Facts { .. }
            | node::Event::Pack { .. }
            | node::Event::Nodes
            | node::Event::Sync => {}
        }
    }
    heard.sort();
    expect!["facts, record uji.kejadian draf"].assert_eq(&heard.join(", "));
    assert_eq!(setup.node.tree().level(BATAM), Some(Level::Regency));
}
