//! The description of the API is what the web app is generated from.

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
