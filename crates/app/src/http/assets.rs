//! The web app, embedded.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built web app; `build.rs` sees to it that the folder exists.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Web;

/// What is shown where the web app wasn't built.
const UNBUILT: &str = "<!doctype html><html lang=\"id\"><meta charset=\"utf-8\">\
    <title>Genggam</title><h1>Genggam</h1><p>Aplikasi web belum dibangun: jalankan \
    <code>npm ci &amp;&amp; npm run build</code> di <code>web/</code>, lalu bangun lagi.</p>\
    <p lang=\"en\">The web app is not built: run <code>npm ci &amp;&amp; npm run build</code> in \
    <code>web/</code>, then build again.</p>";

/// Files under it have a hash of their content in their name.
const HASHED: &str = "assets/";

/// A file of the web app; its start page for every path of its router.
pub(super) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(response) = file(path, &headers) {
        return response;
    }
    let last = path.rsplit('/').next().unwrap_or("");
    if last.contains('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    file("index.html", &headers).unwrap_or_else(unbuilt)
}

fn unbuilt() -> Response {
    let html = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    ([html], UNBUILT).into_response()
}

/// The file in the smallest form that the browser takes.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = media_type(path)?;
    let plain = Web::get(path)?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let form = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(name, suffix)| {
        let file = accepts(accepted?, name).then(|| Web::get(&format!("{path}.{suffix}")))??;
        Some((name, file))
    });
    let (encoding, found) = match form {
        Some((name, file)) => (Some(name), file),
        None => (None, plain),
    };
    Some(answer(path, kind, encoding, found, headers))
}

fn answer(
    path: &str,
    kind: &'static str,
    encoding: Option<&'static str>,
    file: EmbeddedFile,
    asked: &HeaderMap,
) -> Response {
    let etag = etag(&file);
    let cache =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fixed = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let mut headers = HeaderMap::from_iter([
        fixed(header::CONTENT_TYPE, kind),
        fixed(header::CACHE_CONTROL, cache),
        fixed(header::VARY, "accept-encoding"),
        (header::ETAG, etag.clone()),
    ]);
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if asked.get(header::IF_NONE_MATCH) == Some(&etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    (headers, Body::from(bytes)).into_response()
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let digits: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{digits}\"")).expect("invariant: hexadecimal in quotes")
}

/// Whether an `Accept-Encoding` header takes this one.
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut parts = part.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Only files of these kinds are served.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, suffix) = path.rsplit_once('.')?;
    Some(match suffix {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "bin" => "application/octet-stream",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_as_asked() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("gzip;q=0.5, br;q=1.0", "gzip"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[tokio::test]
    async fn routes_get_the_start_page_and_files_that_are_gone_do_not() {
        let get = |uri: &'static str| serve(Uri::from_static(uri), HeaderMap::new());
        let page = get("/catatan/12").await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(get("/assets/gone-1234.js").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/api/gone").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/..%2f..%2fetc/passwd.txt").await.status(), StatusCode::NOT_FOUND);
    }
}
