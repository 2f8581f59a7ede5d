//! What stands before every endpoint: who, from where, how large, how often; and the headers.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use expect_test::expect;
use serde_json::{Value, json};

use crate::app::{BATAM, TestApp, from_address, incident};

/// Every operation of the description, with its path parameter filled.
fn operations() -> Vec<(Method, String)> {
    let api: Value = serde_json::from_str(&app::http::openapi_text()).unwrap();
    let paths = api["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        let path = path.replace("{id}", &"0".repeat(32)).replace("{name}", "kejadian");
        let path = path.replace("{job}", &"0".repeat(32)).replace("{digest}", &"0".repeat(64));
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase().parse().unwrap(), path.clone()))
    });
    each.collect()
}

#[tokio::test]
async fn nobody_gets_anything_without_signing_in() {
    let app = TestApp::new().await;
    let open = ["/api/health", "/api/openapi.json", "/api/session"];
    let mut closed = 0;
    for (method, path) in operations() {
        if open.contains(&path.as_str()) {
            continue;
        }
        let body = (method == Method::POST).then(|| json!({}));
        let answer = app.send("", method.clone(), &path, body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.code(), "session.none", "{method} {path}");
        closed += 1;
    }
    assert!(closed > 15, "{closed}");
}

#[tokio::test]
async fn no_mutation_passes_from_another_site() {
    let app = TestApp::new().await;
    let cookie = app.cookie("budi").await;
    for (method, path) in operations().into_iter().filter(|(method, _)| *method != Method::GET) {
        let ask = |name: &'static str, value: &'static str| {
            Request::builder()
                .method(method.clone())
                .uri(&path)
                .header(header::HOST, "genggam.test")
                .header(header::COOKIE, &cookie)
                .header(header::CONTENT_TYPE, "application/json")
                .header(name, value)
                .body(Body::from("{}"))
                .unwrap()
        };
        for (name, value) in [
            ("origin", "http://jahat.test"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("x-nothing", "1"),
        ] {
            let answer = app.raw(ask(name, value)).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path} {name}: {value}");
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::new().await;
    for path in ["/", "/catatan/1", "/api/health", "/api/me", "/api/gone", "/assets/gone.js"] {
        let headers = app.get("", path).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let scripts = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';";
        assert!(policy.starts_with(scripts), "{path}: {policy}");
        assert!(!policy.contains("'unsafe"), "{path}: {policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY", "{path}");
        assert!(headers.contains_key(header::REFERRER_POLICY), "{path}");
    }
    assert_eq!(app.get("budi", "/api/me").await.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn refusals_are_problem_json_in_the_readers_language() {
    let app = TestApp::new().await;
    let ask = |language: &str| {
        Request::get("/api/me").header(header::ACCEPT_LANGUAGE, language).body(Body::empty())
    };
    let answer = app.raw(ask("id-ID,id;q=0.9").unwrap()).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers()[header::CONTENT_LANGUAGE], "id");
    let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    expect![[r#"{"type":"about:blank","title":"Silakan masuk terlebih dahulu.","status":401,"code":"session.none","problems":[{"code":"session.none","message":"Silakan masuk terlebih dahulu."}]}"#]]
        .assert_eq(&String::from_utf8_lossy(&body));
    assert_eq!(app.get("", "/api/gone").await.code(), "not_found");
    let method = app.send("budi", Method::DELETE, "/api/me", None).await;
    assert_eq!((method.status, method.code()), (StatusCode::METHOD_NOT_ALLOWED, "not_found"));
    assert!(method.headers.contains_key(header::ALLOW));
}

#[tokio::test]
async fn bodies_that_are_wrong_or_too_large_say_so() {
    let app = TestApp::new().await;
    let ask = |kind: &'static str, body: String| {
        let cookie = app.cookie("budi");
        async move {
            Request::post("/api/submissions")
                .header(header::HOST, "genggam.test")
                .header(header::ORIGIN, "http://genggam.test")
                .header(header::COOKIE, cookie.await)
                .header(header::CONTENT_TYPE, kind)
                .body(Body::from(body))
                .unwrap()
        }
    };
    let json = "application/json";
    let check = async |kind, body: String, status| {
        let answer = app.raw(ask(kind, body).await).await;
        assert_eq!(answer.status(), status);
    };
    check(json, "{".to_owned(), StatusCode::BAD_REQUEST).await;
    check(json, r#"{"create":{"typ":1}}"#.to_owned(), StatusCode::BAD_REQUEST).await;
    check(json, "[".repeat(100_000), StatusCode::BAD_REQUEST).await;
    check("text/plain", incident(BATAM).to_string(), StatusCode::BAD_REQUEST).await;
    let large = json!({ "create": "x".repeat(600 * 1024) }).to_string();
    check(json, large, StatusCode::PAYLOAD_TOO_LARGE).await;
    check(json, incident(BATAM).to_string(), StatusCode::CREATED).await;
}

#[tokio::test]
async fn an_address_that_sends_too_much_is_slowed() {
    let app = TestApp::new().await;
    let ask =
        |address| from_address(Request::get("/api/health").body(Body::empty()).unwrap(), address);
    let mut slowed = 0;
    for _ in 0..1_500 {
        let answer = app.raw(ask("10.1.1.1:5000")).await;
        slowed += u32::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(slowed > 100, "{slowed}");
    assert_eq!(app.raw(ask("10.1.1.2:5000")).await.status(), StatusCode::OK);
    assert_eq!(app.raw(ask("127.0.0.1:5000")).await.status(), StatusCode::OK);
}
