//! Photos over HTTP.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::app::{BATAM, TestApp, incident};

const PHOTO: &[u8] = include_bytes!("../photo.jpg");

async fn upload(app: &TestApp, who: &str, kind: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let request = Request::post("/api/blobs")
        .header(header::HOST, "genggam.test")
        .header(header::ORIGIN, "http://genggam.test")
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(header::COOKIE, app.cookie(who).await)
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(bytes));
    let answer = app.raw(request.unwrap()).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn fetch(app: &TestApp, who: &str, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(header::COOKIE, app.cookie(who).await);
    let answer = app.raw(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = answer.into_parts();
    (parts.status, parts.headers, to_bytes(body, 32 << 20).await.unwrap().to_vec())
}

#[tokio::test]
async fn a_photo_is_uploaded_named_and_shown() {
    let app = TestApp::new().await;
    let (status, blob) = upload(&app, "budi", "image/jpeg", PHOTO.to_vec()).await;
    assert_eq!(status, StatusCode::CREATED, "{blob}");
    assert_eq!((&blob["size_bytes"], &blob["thumbnail"]), (&json!(PHOTO.len()), &json!(true)));
    let (again, same) = upload(&app, "budi", "application/octet-stream", PHOTO.to_vec()).await;
    assert_eq!((again, &same), (StatusCode::CREATED, &blob));

    let mut form = incident(BATAM);
    let file = json!({"digest": blob["digest"], "size_bytes": blob["size_bytes"],
        "media_type": blob["media_type"], "name": "banjir.jpg"});
    form["create"]["fields"]["foto"] = json!([{"row": 1, "gambar": file}]);
    let answer = app.post("budi", "/api/submissions", form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");

    let path = format!("/api/blobs/{}", blob["digest"].as_str().unwrap());
    let (status, headers, bytes) = fetch(&app, "vera", &path).await;
    assert_eq!((status, bytes.as_slice()), (StatusCode::OK, PHOTO));
    assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let disposition = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("inline; filename=\"") && disposition.ends_with(".jpg\""));
    let (status, headers, small) = fetch(&app, "vera", &format!("{path}/thumbnail")).await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"image/jpeg".parse().unwrap())
    );
    assert!(small.len() < PHOTO.len() && small.starts_with(&[0xff, 0xd8]));

    for path in [&path, &format!("{path}/thumbnail")] {
        let hidden = app.get("tuti", path).await;
        let nothing = app.get("tuti", &format!("/api/blobs/{}", "0".repeat(64))).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        assert_eq!(hidden.json, nothing.json);
    }
    assert_eq!(app.get("vera", "/api/blobs/xyz").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_is_not_taken_says_why() {
    let app = TestApp::new().await;
    let (status, said) = upload(&app, "budi", "image/jpeg", b"<html>".to_vec()).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("blob.kind")));
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let (status, said) = upload(&app, "budi", "image/jpeg", large).await;
    assert_eq!((status, &said["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("blob.too_large")));
    assert_eq!(said["title"], "The file is too large: at most 10 MB.");
    let (status, pdf) = upload(&app, "budi", "text/html", b"%PDF-1.7 <html>".to_vec()).await;
    assert_eq!((status, &pdf["media_type"]), (StatusCode::CREATED, &json!("application/pdf")));
    let path = format!("/api/blobs/{}", pdf["digest"].as_str().unwrap());
    let (_, headers, _) = fetch(&app, "budi", &path).await;
    let disposition = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    let none = app.get("budi", &format!("{path}/thumbnail")).await;
    assert_eq!((none.status, none.code()), (StatusCode::NOT_FOUND, "not_found"));
}
