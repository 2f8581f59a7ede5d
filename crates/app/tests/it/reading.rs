//! Offices, packs, home, figures.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::{BATAM, BINTAN, TestApp};

#[tokio::test]
async fn the_tree_is_that_of_the_date() {
    let app = TestApp::new().await;
    let count = async |on: &str| {
        let list = app.get("budi", &format!("/api/offices?on={on}")).await.json;
        assert_eq!(list["date"], on);
        list["offices"].as_array().unwrap().len()
    };
    assert_eq!(count("2021-01-08").await, 1 + 34 + 514);
    assert_eq!(count("2026-01-01").await, 1 + 38 + 514);
    let today = app.get("budi", "/api/offices").await.json;
    assert_eq!(today["date"], "2021-01-08");
    let batam = today["offices"].as_array().unwrap().iter().find(|o| o["id"] == BATAM).unwrap();
    assert_eq!((&batam["name"], &batam["code"]), (&json!("Kota Batam"), &json!("21.71")));
    assert!(batam["tile_x"].is_u64() && batam["lat"].is_f64(), "{batam}");
    assert_eq!(app.get("budi", "/api/offices?on=2021-02-30").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_office_is_found_or_the_doubt_is_said() {
    let app = TestApp::new().await;
    let found = app.get("budi", "/api/offices/find?q=KAB.%20BINTAN").await.json;
    assert_eq!(found["office"]["id"], BINTAN);
    let damaged = app.get("budi", "/api/offices/find?q=11.1").await.json;
    assert_eq!(damaged["office"], Value::Null);
    assert_eq!(damaged["problem"]["code"], "office.code_damaged");
    assert!(!damaged["candidates"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn packs_come_whole() {
    let app = TestApp::new().await;
    let list = app.get("budi", "/api/packs").await.json;
    let names: Vec<&str> =
        list.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["kejadian", "lapsit"]);
    let pack = app.get("budi", "/api/packs/lapsit").await.json;
    let daily = &pack["types"][0];
    assert_eq!(
        (&daily["type"], &daily["kind"], &daily["grain"]),
        (&json!("lapsit.harian"), &json!("periodic"), &json!("day"))
    );
    let fields = daily["fields"].as_array().unwrap();
    let group = fields.iter().find(|f| f["kind"] == "group").unwrap();
    assert!(fields.iter().any(|f| f["group"] == group["key"]), "{group}");
    let read: app::http::wire::Pack = serde_json::from_value(pack.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), pack);
    assert_eq!(app.get("budi", "/api/packs/gone").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn home_tells_what_is_due() {
    let app = TestApp::new().await;
    let home = app.get("budi", "/api/home").await;
    assert_eq!(home.status, StatusCode::OK, "{home:?}");
    let due = home.json["due"].as_array().unwrap();
    let today = due.iter().find(|due| due["period"] == "2021-01-08").unwrap();
    assert_eq!((&today["type"], &today["received"]), (&json!("lapsit.harian"), &json!(false)));
    let read: app::http::wire::Home = serde_json::from_value(home.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), home.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_comes_with_where_it_comes_from() {
    let app = TestApp::new().await;
    let record = app.file("budi", BATAM).await["record"].clone();
    app.file("tuti", BINTAN).await;
    app.node.facts_caught_up().await.unwrap();
    let query = json!({"measures": ["kejadian.jumlah"], "rows": ["office:regency"],
        "columns": ["period:month"], "from": "2021-01-01", "to": "2021-01-31", "office": 21});
    let figure = app.post("pim", "/api/figures", query.clone()).await;
    assert_eq!(figure.status, StatusCode::OK, "{figure:?}");
    let cell = |json: &Value, office: u32| {
        let mut cells = json["cells"].as_array().unwrap().iter();
        let row = json!([office.to_string()]);
        cells.find(|cell| cell["row"] == row).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(cell(&figure.json, BATAM)["value"], "1", "{}", figure.json);
    let read: app::http::wire::Figure = serde_json::from_value(figure.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), figure.json);

    let lineage = json!({"query": query, "row": [BATAM.to_string()], "column": ["2021-01"],
        "measure": "kejadian.jumlah"});
    let lineage = app.post("pim", "/api/figures/lineage", lineage).await;
    assert_eq!(lineage.status, StatusCode::OK, "{lineage:?}");
    assert_eq!(lineage.json["rows"][0]["record"], record);
    assert_eq!(lineage.json["measure"]["source"], "Permendagri 2/2018 jo. 46/2019");

    let changes = json!({"query": query, "row": [BATAM.to_string()], "column": ["2021-01"],
        "measure": "kejadian.jumlah", "since": "2021-01-01T00:00:00Z"});
    let told = app.post("pim", "/api/figures/changes", changes.clone()).await;
    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!(
        (&told.json["before"]["state"], &told.json["after"]["value"]),
        (&json!("none"), &json!("1"))
    );
    assert_eq!((&told.json["difference"], &told.json["rows"][0]["record"]), (&json!("1"), &record));
    assert_eq!(told.json["rows"][0]["what"], "create");
    let read: app::http::wire::Changes = serde_json::from_value(told.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), told.json);
    let mut late = changes;
    late["since"] = json!("2031-01-01T00:00:00Z");
    let late = app.post("pim", "/api/figures/changes", late).await;
    assert_eq!((late.status, late.code()), (StatusCode::UNPROCESSABLE_ENTITY, "query.invalid"));
    assert_eq!(late.json["problems"][0]["at"], "since");

    let own = app.post("budi", "/api/figures", query).await;
    assert_ne!(cell(&own.json, BINTAN)["value"], "1", "{}", own.json);
    let wrong = json!({"measures": ["kejadian.gone"], "from": "2021-01-01", "to": "2021-01-31"});
    let wrong = app.post("pim", "/api/figures", wrong).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "query.unknown"));
    let wrong = json!({"measures": ["kejadian.jumlah"], "from": "2021-13-01", "to": "2021-01-31"});
    let wrong = app.post("pim", "/api/figures", wrong).await;
    assert_eq!(wrong.json["problems"][0]["at"], "from");
}
