//! Devices over HTTP and on the command line.

use app::http::wire;
use app::output::Output;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::device::{Delivery, Kit, Parcel, Place, SignedLease, seal_form};
use domain::form::{FormContext, RawForm};
use domain::hlc::Hlc;
use domain::ids::{OfficeId, PersonId};
use domain::office::Tree;
use domain::pack::Pack;
use domain::period::Date;
use domain::trust::Holder;
use ed25519_dalek::{SigningKey, VerifyingKey};
use node::hex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{BATAM, NOW_MS, PASSWORD, TestApp, incident};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

async fn person(app: &TestApp, who: &str) -> String {
    app.get(who, "/api/me").await.json["person"]["id"].as_str().unwrap().to_owned()
}

/// The administrator makes a code for a person.
async fn code(app: &TestApp, who: &str) -> wire::DeviceCode {
    let new = json!({ "person": person(app, who).await, "name": "Ponsel Budi" });
    let made = app.post("sari", "/api/devices/codes", new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    serde_json::from_value(made.json).unwrap()
}

/// A person enrols the device with this key.
async fn enrol(app: &TestApp, who: &str, code: &str) -> crate::app::Answer {
    let person: PersonId = person(app, who).await.parse().unwrap();
    let body = json!({
        "code": code,
        "key": hex::encode(key().verifying_key().as_bytes()),
        "proof": hex::encode(&Holder::prove(&key(), person).proof),
    });
    app.post(who, "/api/devices", body).await
}

async fn bytes(
    app: &TestApp,
    who: &str,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> (StatusCode, Vec<u8>) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "genggam.test")
        .header(header::ORIGIN, "http://genggam.test")
        .header(header::COOKIE, app.cookie(who).await)
        .header(header::CONTENT_TYPE, "application/cbor");
    let answer = app.raw(request.body(Body::from(body)).unwrap()).await;
    let status = answer.status();
    (status, axum::body::to_bytes(answer.into_body(), 8 << 20).await.unwrap().to_vec())
}

/// What a phone of Batam makes of a form: judged by what the node gave it, and sealed.
fn sealed(kit: &Kit, lease: &SignedLease, raw: &Value) -> Delivery {
    let raw: RawForm = serde_json::from_value(raw["create"].clone()).unwrap();
    let tree = Tree::from_events(&kit.offices).unwrap();
    let packs: Vec<Pack> = kit.packs.iter().map(|pack| Pack::decode(pack).unwrap()).collect();
    let pack = packs.iter().find(|pack| pack.name == "kejadian").unwrap();
    let today = Date::of_ms(NOW_MS);
    let context = FormContext { today, refs: &std::collections::BTreeMap::new(), tree: &tree };
    let place = Place { epoch: 1, time: Hlc { ms: NOW_MS, counter: 0 } };
    let sealed = seal_form(&key(), &lease.lease, place, pack, (&raw, &context), |_| None).unwrap();
    sealed.delivery
}

#[tokio::test]
async fn a_phone_is_enrolled_seals_and_is_ended() {
    let app = TestApp::new().await;
    let made = code(&app, "budi").await;
    assert_eq!(
        made.link,
        format!("http://genggam.test/perangkat/daftar?kode={}", made.code.replace('-', ""))
    );
    assert!(made.qr_svg.contains("<svg"), "{}", made.qr_svg);
    assert_eq!((made.person.as_str(), made.office), ("budi", BATAM));
    let enrolled = enrol(&app, "budi", &made.code).await;
    assert_eq!(enrolled.status, StatusCode::CREATED, "{enrolled:?}");
    let enrolled: wire::DeviceEnrolled = serde_json::from_value(enrolled.json).unwrap();
    let lease: SignedLease = minicbor::decode(&hex::decode(&enrolled.lease).unwrap()).unwrap();
    let authority = hex::decode(&enrolled.authority).unwrap().try_into().unwrap();
    let lease = SignedLease {
        lease: *lease.open(&VerifyingKey::from_bytes(&authority).unwrap()).unwrap(),
        ..lease
    };
    assert_eq!(lease.lease.office, OfficeId(BATAM));
    let (status, kit) = bytes(&app, "budi", Method::GET, "/api/devices/kit", Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let kit: Kit = minicbor::decode(&kit).unwrap();

    let form = incident(BATAM);
    let delivery = sealed(&kit, &lease, &form);
    let parcel = minicbor::to_vec(Parcel { lease, deliveries: vec![delivery] }).unwrap();
    let path = "/api/devices/operations";
    let (status, answer) = bytes(&app, "budi", Method::POST, path, parcel.clone()).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer));
    let answer: wire::DeviceAnswer = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer.items[0].state, wire::DeviceItemState::Accepted, "{answer:?}");
    let record = form["create"]["record"].as_str().unwrap();
    assert_eq!(answer.items[0].receipt.as_ref().unwrap().record, record);
    assert_eq!(app.get("budi", &format!("/api/records/{record}")).await.status, StatusCode::OK);
    let (status, _) = bytes(&app, "tuti", Method::POST, path, parcel.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = bytes(&app, "budi", Method::POST, path, b"bukan".to_vec()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    let devices = app.get("sari", "/api/devices").await;
    let devices: wire::Devices = serde_json::from_value(devices.json).unwrap();
    assert_eq!((devices.devices[0].id.as_str(), devices.devices.len()), (enrolled.id.as_str(), 1));
    assert_eq!(app.get("budi", "/api/devices").await.status, StatusCode::FORBIDDEN);
    let revoke = format!("/api/devices/{}/revoke", enrolled.id);
    let denied = app.post("budi", &revoke, json!({ "reason": "x" })).await;
    assert_eq!(denied.status, StatusCode::NOT_FOUND);
    let done = app.post("sari", &revoke, json!({ "reason": "hilang" })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    let (_, answer) = bytes(&app, "budi", Method::POST, path, parcel).await;
    let answer: wire::DeviceAnswer = serde_json::from_slice(&answer).unwrap();
    // Its end doesn't take back what was acknowledged.
    assert_eq!((answer.revoked, answer.lease), (true, None));
    assert_eq!(answer.items[0].state, wire::DeviceItemState::Accepted);
}

#[test]
fn a_code_is_made_on_the_command_line() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("node");
    let run = |line: &str, input: Option<&str>| {
        let (output, captured) = Output::captured();
        let mut words: Vec<std::ffi::OsString> =
            vec!["genggam".into(), "--dir".into(), dir.clone().into()];
        words.extend(line.split(' ').map(Into::into));
        if let Some(password) = input {
            let file = folder.path().join("password");
            std::fs::write(&file, password).unwrap();
            words.extend(["--password-file".into(), file.into()]);
        }
        (app::cli::run(words, output), captured.out(), captured.err())
    };
    let (code, _, err) = run("init --office 21.71 --admin sari --lang en", Some(PASSWORD));
    assert_eq!(code, 0, "{err}");
    let (code, out, _) = run("device list --as sari --lang en", None);
    assert_eq!((code, out.trim()), (0, "None."));
    let line = "device enrol --person sari --url https://batam.example:8443 --as sari --lang en";
    let (code, out, err) = run(line, None);
    assert_eq!(code, 0, "{err}");
    let made = out.lines().next().unwrap();
    assert_eq!((made.len(), &made[4..5]), (9, "-"));
    let link =
        format!("https://batam.example:8443/perangkat/daftar?kode={}", made.replace('-', ""));
    assert!(out.contains(&link) && out.contains('█'), "{out}");
    let (code, out, _) = run("device enrol --person sari --as sari --json", None);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["link"].is_null()), (0, true), "{json}");
}
