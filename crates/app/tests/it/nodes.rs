//! The node's own pages: nodes below, sync with peers, quarantine.

use app::http::wire;
use app::output::Output;
use axum::http::{StatusCode, header};
use domain::ids::{Digest, OfficeId, WriterId};
use domain::op::{Audience, Lane, SignedHead, StreamId};
use domain::problem::{Problem, ProblemCode};
use domain::sync::health::Health;
use expect_test::expect;
use futures::StreamExt as _;
use node::clock::SetClock;
use node::{Batch, Config, LaneView, Node, PeerState, PeerView};
use serde_json::{Value, json};

use crate::app::{BATAM, NOW_MS, PASSWORD, TestApp};

fn heard(node: &Node) {
    let own = node.own_health([0, 0, 7, 0, 1], Some(NOW_MS - 60_000)).unwrap();
    let office = OfficeId(BATAM);
    let batam = Health { writer: WriterId([1; 16]), office, name: "batam".to_owned(), ..own };
    assert_eq!(node.heard(vec![batam]).unwrap(), 1);
}

/// A batch of a key that nobody certified: it is refused.
fn forged() -> Batch {
    let stream = StreamId {
        writer: WriterId([1; 16]),
        epoch: 1,
        audience: Audience::Up(OfficeId(BATAM)),
        lane: Lane::Urgent,
    };
    let link = Digest([0; 32]);
    let head = SignedHead { stream: stream.clone(), next_seq: 2, link, signature: [0; 64] };
    Batch {
        stream,
        first_seq: 1,
        ops: vec![b"<b>bukan operasi</b>".to_vec()],
        signature: head.signature,
    }
}

#[tokio::test]
async fn the_nodes_below_are_told_to_those_above() {
    let app = TestApp::new().await;
    heard(&app.node);
    let nodes = app.get("pim", "/api/nodes").await;
    assert_eq!(nodes.status, StatusCode::OK, "{nodes:?}");
    assert_eq!(
        nodes.json["counts"],
        json!({"fresh": 2, "today": 0, "late": 0, "silent": 0, "never": 547})
    );
    let rows = nodes.json["rows"].as_array().unwrap();
    let batam = rows.iter().find(|row| row["office"]["id"] == BATAM).unwrap();
    let node = &batam["nodes"][0];
    assert_eq!(node["waiting"]["total"], 8);
    assert_eq!(node["oldest_waiting_at"], "2021-01-08T02:59:00Z");
    assert_eq!((&node["version"], &node["via"]), (&json!("same"), &json!("pusat")));
    let read: wire::Nodes = serde_json::from_value(nodes.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), nodes.json);
    let denied = app.get("budi", "/api/nodes").await;
    assert_eq!((denied.status, denied.code()), (StatusCode::FORBIDDEN, "policy.denied"));
    assert_eq!(app.get("budi", "/api/me").await.json["pages"], json!([]));
    assert_eq!(app.get("pim", "/api/me").await.json["pages"], json!(["nodes", "sync"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_page_is_live_for_those_who_see_it() {
    let app = TestApp::new().await;
    let listen = async |who: &str| {
        let request =
            axum::http::Request::get("/api/events").header("cookie", app.cookie(who).await);
        let answer = app.raw(request.body(axum::body::Body::empty()).unwrap()).await;
        answer.into_body().into_data_stream()
    };
    let (mut pim, budi) = (listen("pim").await, listen("budi").await);
    heard(&app.node);
    let wait = std::time::Duration::from_secs(20);
    let first = tokio::time::timeout(wait, pim.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&first), "event: nodes\ndata: {}\n\n");
    app.closing.send_replace(true);
    let rest = tokio::time::timeout(wait, budi.collect::<Vec<_>>()).await.unwrap();
    assert!(rest.is_empty(), "nothing is told to whom the page is closed: {rest:?}");
}

#[tokio::test]
async fn sync_with_peers_is_told_with_reasons_in_words() {
    let app = TestApp::new().await;
    assert_eq!(app.get("pim", "/api/sync").await.json, json!({"peers": []}));
    app.node.sync_board().set(PeerView {
        url: "wss://kepri.example".to_owned(),
        office: Some(OfficeId(21)),
        state: PeerState::Waiting,
        since_ms: 5,
        last_contact_ms: None,
        reason: Some(Problem::new(ProblemCode::Busy)),
        sent_bytes: 1,
        received_bytes: 2,
        bytes_per_second: 3,
        done_ops: 4,
        total_ops: 5,
        lanes: vec![LaneView {
            lane: Lane::Forms,
            waiting_ops: 6,
            in_flight_ops: 7,
            oldest_ms: Some(8),
        }],
    });
    let status = app.get("pim", "/api/sync").await;
    assert_eq!(
        status.json["peers"],
        json!([{
            "url": "wss://kepri.example",
            "office": {"id": 21, "name": "Kepulauan Riau", "level": "province"},
            "state": "waiting", "since_ms": 5, "last_contact_ms": null,
            "reason": {"code": "node.busy", "message": "The node is busy. Try again in a moment."},
            "sent_bytes": 1, "received_bytes": 2, "bytes_per_second": 3,
            "done_ops": 4, "total_ops": 5,
            "lanes": [{"lane": "forms", "waiting_ops": 6, "in_flight_ops": 7, "oldest_ms": 8}],
        }])
    );
    let read: wire::SyncStatus = serde_json::from_value(status.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), status.json);
    assert_eq!(app.get("vera", "/api/sync").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_quarantine_says_what_is_wrong_and_what_to_do() {
    let app = TestApp::new().await;
    heard(&app.node);
    assert_eq!(app.node.ingest(forged()).await.unwrap().quarantined, 1);
    let page = app.get("sari", "/api/quarantine").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let read: wire::QuarantinePage = serde_json::from_value(page.json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), page.json);
    let item = &page.json["rows"][0];
    let told =
        "No office with the authority has certified this key. Ask an administrator above it.";
    assert_eq!(item["problem"]["message"], told);
    assert!(item["advice"].as_str().unwrap().starts_with("Ask the sending office"), "{item}");
    assert_eq!(item["stream"]["writer_office"]["name"], "Kota Batam");
    assert_eq!((&item["stream"]["lane"], &item["op"]), (&json!("urgent"), &Value::Null));

    let whole = app.get("sari", "/api/quarantine/1").await;
    assert_eq!(whole.json["hex"].as_str().unwrap().len(), 40);
    let proof = app.get("sari", "/api/quarantine/1/proof").await;
    assert_eq!(
        proof.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"karantina-1.json\""
    );
    assert_eq!(proof.json["bytes"], whole.json["hex"]);

    let seen = app.post("sari", "/api/quarantine/1/seen", Value::Null).await;
    assert_eq!((seen.status, &seen.json["seen"]["by"]), (StatusCode::OK, &json!("Sari")));
    let unseen = app.get("sari", "/api/quarantine?unseen=true").await.json;
    assert_eq!((&unseen["rows"], &unseen["unseen"]), (&json!([]), &json!(0)));
    for path in ["/api/quarantine", "/api/quarantine/1", "/api/quarantine/1/proof"] {
        assert_eq!(app.get("pim", path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let denied = app.post("pim", "/api/quarantine/1/seen", Value::Null).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get("sari", "/api/quarantine/9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("sari", "/api/quarantine/x").await.status, StatusCode::NOT_FOUND);
}

#[test]
fn the_quarantine_on_the_command_line() {
    let dir = tempfile::TempDir::new().unwrap();
    let folder = dir.path().join("node");
    let config = Config {
        dir: folder.clone(),
        office: Some(OfficeId(1)),
        name: Some("pusat".to_owned()),
        simulation: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let node = Node::open(&config, std::sync::Arc::new(SetClock::at(NOW_MS))).await.unwrap();
        node.found("sari", "Sari", PASSWORD).unwrap();
        heard(&node);
        node.ingest(forged()).await.unwrap();
        node.close();
    });
    let run = |line: &[&str]| {
        let (output, captured) = Output::captured();
        let ends = ["--as", "sari", "--lang", "en", "--dir", folder.to_str().unwrap()];
        let words = ["genggam", "quarantine"].iter().chain(line).chain(&ends);
        let code = app::cli::run(words.map(std::ffi::OsString::from), output);
        (code, captured.out() + &captured.err())
    };
    let (_, listed) = run(&["list", "--unseen"]);
    expect![[r#"
        number  received              problem                                                                              claims to be from       seen by
             1  2021-01-08T03:00:00Z  No office with the authority has certified this key. Ask an administrator above it.  Kota Batam · urgent #1
    "#]]
    .assert_eq(&listed);
    let (_, shown) = run(&["show", "1", "--bytes"]);
    expect![[r#"
        No office with the authority has certified this key. Ask an administrator above it.
        Ask the sending office. This proof stays here and can be downloaded for examination.
        Claims to come from Kota Batam · urgent #1; received 2021-01-08T03:00:00Z.
        Technical detail: its writer is not certified (20 bytes)
        3c623e62756b616e206f7065726173693c2f623e
    "#]]
    .assert_eq(&shown);
    let (_, seen) = run(&["seen", "1"]);
    assert_eq!(seen, "Number 1 is marked as seen by Sari. It stays.\n");
    assert_eq!(run(&["list", "--unseen"]).1, "None.\n");
    let file = dir.path().join("bukti.json");
    let export = ["export", "1", file.to_str().unwrap()];
    assert_eq!(run(&export).0, 0);
    let proof: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(proof["format"], "genggam quarantine proof 1");
    assert_eq!(run(&export).0, 1, "a file that is there is not replaced");
    assert_eq!(run(&["show", "9"]), (1, "Not found, or you may not see it.\n".to_owned()));
}
