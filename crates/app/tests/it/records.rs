//! The walk over HTTP: file, see, return, correct, approve, and who may.

use axum::http::StatusCode;
use expect_test::expect;
use futures::StreamExt;
use serde_json::{Value, json};

use crate::app::{BATAM, BINTAN, KEPRI, TestApp, incident};

fn key() -> Value {
    json!(node::clock::submission_id())
}

#[tokio::test]
async fn filing_twice_gives_the_first_receipt_and_filing_otherwise_is_refused() {
    let app = TestApp::new().await;
    let form = incident(BATAM);
    let first = app.post("budi", "/api/submissions", form.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(first.json["received_at"], "2021-01-08T03:00:00Z");
    let again = app.post("budi", "/api/submissions", form.clone()).await;
    assert_eq!((again.status, &again.json), (StatusCode::OK, &first.json));
    let mut other = form;
    other["create"]["fields"]["judul"] = json!("Lain");
    let reused = app.post("budi", "/api/submissions", other).await;
    assert_eq!((reused.status, reused.code()), (StatusCode::CONFLICT, "submission.reused"));
}

#[tokio::test]
async fn every_mistake_of_a_form_is_told_with_its_place() {
    let app = TestApp::new().await;
    let mut form = incident(BATAM);
    let fields = form["create"]["fields"].as_object_mut().unwrap();
    fields.remove("judul");
    fields.insert("luka".to_owned(), json!(-1));
    fields.insert("kategori".to_owned(), json!("olahraga"));
    fields.insert("warna".to_owned(), json!("biru"));
    let answer = app.post("budi", "/api/submissions", form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = answer.json["problems"].as_array().unwrap().iter();
    let mut told: Vec<String> = problems
        .map(|p| format!("{} {} {}", p["at"], p["code"], p["message"]).replace('"', ""))
        .collect();
    told.sort();
    expect![[r#"
        judul form.required This needs an answer.
        kategori form.unknown_choice There is no such choice: olahraga.
        luka form.below_min Too small: at least 0.
        warna form.unknown_field This form has no such field."#]]
    .assert_eq(&told.join("\n"));
}

#[tokio::test]
async fn a_cell_goes_back_with_its_reason_and_comes_back_corrected() {
    let app = TestApp::new().await;
    let record = app.file("budi", BATAM).await["record"].as_str().unwrap().to_owned();
    let path = format!("/api/records/{record}");
    let seen = app.get("vera", &path).await.json;
    let keys = |view: &Value| -> Vec<String> {
        let actions = view["actions"].as_array().unwrap().iter();
        actions.map(|action| action["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&seen), ["verifikasi", "kembalikan", "batalkan"]);
    let own = app.get("budi", &path).await.json;
    assert_eq!((keys(&own).len(), &own["editable"]), (0, &json!(true)));

    let back = json!({"transition": {"record": record, "submission": key(), "action": "kembalikan",
        "content": seen["content"], "returned": [{"at": "luka", "reason": "Periksa jumlahnya"}]}});
    let denied = app.post("budi", "/api/submissions", back.clone()).await;
    assert_eq!((denied.status, denied.code()), (StatusCode::FORBIDDEN, "policy.denied"));
    let moved = app.post("vera", "/api/submissions", back).await;
    assert_eq!(moved.status, StatusCode::CREATED, "{moved:?}");

    let home = app.get("budi", "/api/home").await.json;
    assert_eq!(home["action"][0]["why"], "returned", "{home}");
    let own = app.get("budi", &path).await.json;
    assert_eq!(own["returned"][0]["at"], "luka");
    assert_eq!(own["returned"][0]["by_name"], "vera");
    let patch = json!({"patch": {"record": record, "submission": key(), "saw": own["heads"],
        "fields": {"luka": 3}}});
    let patched = app.post("budi", "/api/submissions", patch).await;
    assert_eq!(patched.status, StatusCode::CREATED, "{patched:?}");

    let stale = json!({"transition": {"record": record, "submission": key(), "action": "batalkan",
        "content": seen["content"], "reason": "Ganda"}});
    let stale = app.post("vera", "/api/submissions", stale).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::CONFLICT, "workflow.content_changed"));

    let view = app.get("budi", &path).await.json;
    assert_eq!(view["returned"], json!([]));
    assert_eq!(view["fields"]["luka"], 3);
    let effects: Vec<&str> =
        view["history"].as_array().unwrap().iter().map(|e| e["effect"].as_str().unwrap()).collect();
    assert_eq!(effects, ["created", "moved", "patched"]);
    assert_eq!(view["history"][2]["patched"], json!([{"at": "luka", "before": 2}]));
}

#[tokio::test]
async fn remarks_and_acknowledgements_are_kept() {
    let app = TestApp::new().await;
    let record = app.file("budi", BATAM).await["record"].clone();
    let comment =
        json!({"comment": {"record": record, "submission": key(), "text": "Sudah ditangani?"}});
    assert_eq!(app.post("vera", "/api/submissions", comment).await.status, StatusCode::CREATED);
    let read = json!({"acknowledge": {"record": record, "submission": key()}});
    assert_eq!(app.post("pim", "/api/submissions", read).await.status, StatusCode::CREATED);
    let view = app.get("budi", &format!("/api/records/{}", record.as_str().unwrap())).await.json;
    assert_eq!(view["comments"][0]["text"], "Sudah ditangani?");
    assert_eq!(view["comments"][0]["office_name"], "Kepulauan Riau");
    assert_eq!(view["acknowledged"][0]["office"], 1);
}

#[tokio::test]
async fn a_list_and_a_record_show_only_what_one_may_read() {
    let app = TestApp::new().await;
    let batam = app.file("budi", BATAM).await["record"].as_str().unwrap().to_owned();
    app.file("tuti", BINTAN).await;
    let count = async |who: &str, query: &str| {
        let page = app.get(who, &format!("/api/records{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        page.json["rows"].as_array().unwrap().len()
    };
    assert_eq!(count("budi", "").await, 1);
    assert_eq!(count("tuti", "").await, 1);
    assert_eq!(count("vera", "").await, 2);
    assert_eq!(
        count("pim", "?type=kejadian.kejadian&q=banjir&from=2021-01-07&to=2021-01-07").await,
        2
    );
    assert_eq!(count("pim", &format!("?office={BINTAN}")).await, 1);
    assert_eq!(count("pim", &format!("?office={KEPRI}")).await, 2);
    assert_eq!(count("pim", "?state=ditutup").await, 0);
    assert_eq!(count("sari", "").await, 0);
    // To somebody who may not read it, it does not exist.
    let hidden = app.get("tuti", &format!("/api/records/{batam}")).await;
    let nothing = app.get("tuti", &format!("/api/records/{}", "0".repeat(32))).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert_eq!(hidden.json, nothing.json);
    let foreign = app.post("tuti", "/api/submissions", incident(BATAM)).await;
    assert_eq!((foreign.status, foreign.code()), (StatusCode::FORBIDDEN, "policy.denied"));
}

#[tokio::test]
async fn lists_go_on_from_their_cursor() {
    let app = TestApp::new().await;
    for _ in 0..5 {
        app.file("budi", BATAM).await;
        app.clock.advance(1_000);
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/api/records?limit=2".to_owned();
    let pages = loop {
        let page = app.get("vera", &path).await.json;
        for row in page["rows"].as_array().unwrap() {
            assert!(seen.insert(row["record"].as_str().unwrap().to_owned()));
        }
        let Some(next) = page["next"].as_str() else { break seen.len() };
        path = format!("/api/records?limit=2&cursor={next}");
    };
    assert_eq!(pages, 5);
    let bad = app.get("vera", "/api/records?cursor=xyz").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::UNPROCESSABLE_ENTITY, "query.invalid"));
    let bad = app.get("vera", "/api/records?from=kemarin").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::BAD_REQUEST, "query.invalid"));
    let bad = app.get("vera", "/api/records?limit=banyak").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::BAD_REQUEST, "query.invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_whom_they_concern_and_end_with_the_session() {
    let app = TestApp::new().await;
    let listen = async |who: &str| {
        let request =
            axum::http::Request::get("/api/events").header("cookie", app.cookie(who).await);
        let answer = app.raw(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        answer.into_body().into_data_stream()
    };
    let (mut vera, mut tuti) = (listen("vera").await, listen("tuti").await);
    let batam = app.file("budi", BATAM).await["record"].as_str().unwrap().to_owned();
    let bintan = app.file("tuti", BINTAN).await["record"].as_str().unwrap().to_owned();
    let until = async |stream: &mut axum::body::BodyDataStream, record: &str| {
        let mut text = String::new();
        while !text.contains(record) {
            let wait = std::time::Duration::from_secs(20);
            let chunk = tokio::time::timeout(wait, stream.next()).await.unwrap().unwrap().unwrap();
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        text
    };
    let heard = until(&mut vera, &bintan).await;
    assert!(heard.contains(&batam) && heard.contains("event: record"), "{heard}");
    let heard = until(&mut tuti, &bintan).await;
    assert!(!heard.contains(&batam), "{heard}");
    app.closing.send_replace(true);
    let wait = std::time::Duration::from_secs(20);
    let rest = tokio::time::timeout(wait, vera.collect::<Vec<_>>()).await;
    assert!(rest.is_ok(), "the stream ends when the server closes");
}
