//! Photos and files.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::Digest;
use domain::limits::BLOB_BYTES_MAX;
use domain::problem::{Problem, ProblemCode};
use node::BlobFile;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{At, SignedIn};
use super::wire;

/// Time for a file to arrive: the largest one over 2G takes five minutes.
const FILE_TIMEOUT: Duration = Duration::from_secs(600);

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .layer(DefaultBodyLimit::max(BLOB_BYTES_MAX))
        .routes(routes!(get))
        .routes(routes!(thumbnail))
}

/// Upload a photo or file that a record will name: JPEG, PNG, WebP, PDF, CSV or XLSX. Safe to send
/// again: the same bytes have the same digest. What no record names in a week is removed.
#[utoipa::path(post, path = "/api/blobs", tag = "blobs", operation_id = "upload_blob",
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = wire::Blob), Refusal))]
pub(super) async fn create(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<(StatusCode, Json<wire::Blob>)> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let said = said.unwrap_or_default().to_owned();
    let bytes = tokio::time::timeout(FILE_TIMEOUT, Bytes::from_request(request, &site)).await;
    let bytes = bytes.map_err(|_| ApiError::body("it did not arrive in time"))?;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => ApiError::body(rejection.body_text()),
    })?;
    let view = site.work(move |node| node.put_blob(&actor, &bytes, &said)).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// A photo or file, for whoever may read a record that names it.
#[utoipa::path(get, path = "/api/blobs/{digest}", tag = "blobs", operation_id = "get_blob",
    params(("digest" = String, Path, description = "BLAKE3 of the bytes, in hexadecimal")),
    responses((status = 200, content_type = "application/octet-stream", body = String), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(digest): At<Digest>,
) -> ApiResult<Response> {
    let file = site.work(move |node| node.blob(&actor, digest)).await?;
    Ok(answer(digest, "", file))
}

/// The thumbnail of a photo: a small JPEG.
#[utoipa::path(get, path = "/api/blobs/{digest}/thumbnail", tag = "blobs",
    operation_id = "get_blob_thumbnail",
    params(("digest" = String, Path, description = "BLAKE3 of the photo, in hexadecimal")),
    responses((status = 200, content_type = "image/jpeg", body = String), Refusal))]
pub(super) async fn thumbnail(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(digest): At<Digest>,
) -> ApiResult<Response> {
    let file = site.work(move |node| node.blob_thumbnail(&actor, digest)).await?;
    Ok(answer(digest, "-kecil", file))
}

/// Of a fixed type, and never kept by a browser: on a PC that many use, signing out is the end.
fn answer(digest: Digest, part: &str, file: BlobFile) -> Response {
    let shown = if file.inline { "inline" } else { "attachment" };
    let short: String = digest.to_string().chars().take(12).collect();
    let disposition = format!("{shown}; filename=\"{short}{part}.{}\"", file.extension);
    let headers = [
        (header::CONTENT_TYPE, file.media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, file.bytes).into_response()
}

fn too_large() -> ApiError {
    let max = BLOB_BYTES_MAX / (1024 * 1024);
    let problem = Problem::new(ProblemCode::BlobTooLarge).with("max", max);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, problem)
}
