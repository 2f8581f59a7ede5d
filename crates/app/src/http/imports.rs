//! Imports of files.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::error::Refusal;
use super::wire;

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(get)).routes(routes!(rejects))
}

/// Import a CSV or XLSX file; the answer names the job to follow.
#[utoipa::path(post, path = "/api/imports", tag = "imports", operation_id = "start_import",
    request_body(content = wire::ImportForm, content_type = "multipart/form-data"),
    responses((status = 202, body = wire::ImportStarted), Refusal))]
pub(super) async fn start() {}

/// How an import stands.
#[utoipa::path(get, path = "/api/imports/{job}", tag = "imports", operation_id = "get_import",
    params(("job" = String, Path, description = "The job")),
    responses((status = 200, body = wire::ImportJob), Refusal))]
pub(super) async fn get() {}

/// The rejected rows with their reasons, to correct and import again.
#[utoipa::path(get, path = "/api/imports/{job}/rejects", tag = "imports", operation_id = "get_import_rejects",
    params(("job" = String, Path, description = "The job")),
    responses((status = 200, content_type = "text/csv", body = String), Refusal))]
pub(super) async fn rejects() {}
