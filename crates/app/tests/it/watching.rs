//! Early warning over HTTP: what stands out, to whom, and what is refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::{BATAM, TestApp};

/// Daily incidents of Batam until the day before today, 2021-01-08: the last has five, all others
/// none.
async fn filed() -> TestApp {
    let app = TestApp::new().await;
    for _ in 0..5 {
        app.file("budi", BATAM).await;
    }
    app.node.facts_caught_up().await.unwrap();
    app
}

fn question(method: &str) -> Value {
    json!({ "measure": "kejadian.jumlah", "level": "regency", "grain": "day",
        "to": "2021-01-07", "periods": 3, "method": method })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_out_is_told_to_whom_may_see_it() {
    let app = filed().await;
    for who in ["pim", "vera", "budi"] {
        let told = app.post(who, "/api/watch", question("c1")).await;
        assert_eq!(told.status, StatusCode::OK, "{told:?}");
        let signals = told.json["signals"].as_array().unwrap();
        assert_eq!(signals.len(), 1, "{who}: {told:?}");
        let signal = &signals[0];
        assert_eq!((&signal["office"], &signal["label"]), (&json!(BATAM), &json!("Kota Batam")));
        let last = &signal["points"][2];
        assert_eq!((&last["period"], &last["observed"]), (&json!("2021-01-07"), &json!(5.0)));
        assert_eq!(last["alarm"], true);
        assert!(last["threshold"].as_f64().unwrap() < 5.0);
        let read: app::http::wire::Watch = serde_json::from_value(told.json.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), told.json);
    }
    // The neighbour's operator sees her own office alone.
    let other = app.post("tuti", "/api/watch", question("c1")).await;
    assert_eq!(other.json["signals"], json!([]));
    assert_eq!(other.json["judged"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scan_has_the_same_answer_each_time() {
    let app = filed().await;
    let first = app.post("pim", "/api/watch", question("scan")).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    let cluster = &first.json["clusters"][0];
    let offices = cluster["offices"].as_array().unwrap();
    assert!(offices.iter().any(|office| office["office"] == BATAM), "{cluster}");
    assert!(cluster["p"].as_f64().unwrap() <= 0.05);
    let again = app.post("pim", "/api/watch", question("scan")).await;
    assert_eq!(again.json, first.json);
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_with_its_place() {
    let app = TestApp::new().await;
    let cases = [
        ("method", json!("tarot"), "method"),
        ("level", json!("kecamatan"), "level"),
        ("periods", json!(100_000), "periods"),
        ("measure", json!("kejadian.persen_kritis"), "measure"),
        ("measure", json!("kejadian.gone"), "measure"),
        ("alpha", json!(0.9), "alpha"),
    ];
    for (key, value, at) in cases {
        let mut asked = question("c1");
        asked[key] = value;
        let refused = app.post("pim", "/api/watch", asked).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{key}: {refused:?}");
        assert_eq!(refused.json["problems"][0]["at"], at, "{refused:?}");
    }
    let stranger = app.post("", "/api/watch", question("c1")).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}
