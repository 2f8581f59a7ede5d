//! Files that a browser saves.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// An answer that is saved under a name, which holds no quotation mark.
pub(super) fn attachment(media_type: &str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
