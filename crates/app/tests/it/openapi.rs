//! The description of the API is what the web app is generated from.

use std::collections::BTreeSet;

/// Write it with `UPDATE_OPENAPI=1 cargo test -p app openapi`, or `genggam openapi`.
#[test]
fn openapi_equals_snapshot() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let text = app::http::openapi_text();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == text, "openapi.json is stale: run `genggam openapi > crates/app/openapi.json`");
}

#[test]
fn every_operation_has_its_own_name_and_says_how_it_refuses() {
    let api: serde_json::Value = serde_json::from_str(&app::http::openapi_text()).unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            let public = ["/api/health", "/api/openapi.json"].contains(&path.as_str());
            let refuses = operation["responses"]["default"].is_object();
            assert!(refuses != public, "{method} {path}");
        }
    }
}
