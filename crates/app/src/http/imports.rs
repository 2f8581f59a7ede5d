//! Imports of files.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::limits;
use domain::problem::Problem;
use node::import::{ImportState, ImportView, JobId, NewImport};
use tokio::io::AsyncWriteExt as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::attachment::attachment;
use super::error::{ApiError, ApiResult, Refusal, wire_problem};
use super::extract::{Asks, At, SignedIn};
use super::wire;
use crate::messages::{self, Lang};

/// Bytes around the file in a multipart body: the mapping, the names of the parts.
const AROUND_BYTES_MAX: usize = limits::PACK_FILE_BYTES_MAX;

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    let file = usize::try_from(limits::IMPORT_FILE_BYTES_MAX).unwrap_or(usize::MAX);
    OpenApiRouter::new()
        .routes(routes!(start))
        .layer(DefaultBodyLimit::max(file.saturating_add(AROUND_BYTES_MAX)))
        .routes(routes!(get))
        .routes(routes!(rejects))
}

/// Import a CSV or XLSX file; the answer names the job to follow.
#[utoipa::path(post, path = "/api/imports", tag = "imports", operation_id = "start_import",
    request_body(content = wire::ImportForm, content_type = "multipart/form-data"),
    responses((status = 202, body = wire::ImportStarted), Refusal))]
pub(super) async fn start(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    body: Multipart,
) -> ApiResult<(StatusCode, Json<wire::ImportStarted>)> {
    let new = parts(&site, body).await?;
    let node = Arc::clone(&site.node);
    let job = node.start_import(&actor, &new, speaker(lang));
    if job.is_err() {
        drop(tokio::fs::remove_file(&new.file).await);
    }
    let started = wire::ImportStarted { job: job?.0.to_string() };
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// How an import stands.
#[utoipa::path(get, path = "/api/imports/{job}", tag = "imports", operation_id = "get_import",
    params(("job" = String, Path, description = "The job")),
    responses((status = 200, body = wire::ImportJob), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    At(job): At<u64>,
) -> ApiResult<Json<wire::ImportJob>> {
    let view = site.work(move |node| node.import_job(&actor, JobId(job))).await?;
    Ok(Json(told(view, lang)))
}

/// The rejected rows with their reasons, to correct and import again.
#[utoipa::path(get, path = "/api/imports/{job}/rejects", tag = "imports", operation_id = "get_import_rejects",
    params(("job" = String, Path, description = "The job")),
    responses((status = 200, content_type = "text/csv", body = String), Refusal))]
pub(super) async fn rejects(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(job): At<u64>,
) -> ApiResult<Response> {
    let path = site.work(move |node| node.import_rejects(&actor, JobId(job))).await?;
    let bytes = tokio::fs::read(&path).await.map_err(|error| ApiError::storage(&error))?;
    Ok(attachment("text/csv; charset=utf-8", &format!("ditolak-{job}.csv"), bytes))
}

/// Sentences for the reject file, in the language of whoever imports.
pub(crate) fn speaker(lang: Lang) -> Arc<dyn Fn(&Problem) -> String + Send + Sync> {
    Arc::new(move |problem| messages::sentence(lang, problem))
}

async fn parts(site: &Site, mut body: Multipart) -> ApiResult<NewImport> {
    let (mut file, mut mapping, mut type_key, mut dry_run) = (None, None, None, false);
    while let Some(part) = body.next_field().await.map_err(refused)? {
        match part.name().unwrap_or_default() {
            "file" => file = Some(received(site, part).await?),
            "mapping" => mapping = Some(part.text().await.map_err(refused)?),
            "type" => type_key = Some(part.text().await.map_err(refused)?),
            "dry_run" => dry_run = part.text().await.map_err(refused)? == "true",
            other => return Err(ApiError::parameter(other, "no such part")),
        }
    }
    let (file, name) = file.ok_or_else(|| ApiError::parameter("file", "it is missing"))?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(NewImport { file, name, mapping: given(mapping), type_key: given(type_key), dry_run })
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it by value")]
fn refused(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        _ => ApiError::body(error.body_text()),
    }
}

/// Writes an uploaded file into the node's folder as it arrives.
async fn received(site: &Site, mut part: Field<'_>) -> ApiResult<(PathBuf, String)> {
    let name = part.file_name().unwrap_or("file").to_owned();
    let failed = |error: std::io::Error| ApiError::storage(&error);
    let folder = site.node.dir().join("imports");
    tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
    let path = folder.join(format!("{}.part", node::clock::submission_id()));
    let mut file = tokio::fs::File::create(&path).await.map_err(failed)?;
    while let Some(bytes) = part.chunk().await.map_err(refused)? {
        file.write_all(&bytes).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok((path, name))
}

fn told(view: ImportView, lang: Lang) -> wire::ImportJob {
    let state = match view.state {
        ImportState::Running => wire::ImportState::Running,
        ImportState::Done => wire::ImportState::Done,
        ImportState::Failed => wire::ImportState::Failed,
    };
    let problems = view.problems.into_iter();
    wire::ImportJob {
        job: view.job.to_string(),
        state,
        dry_run: view.dry_run,
        rows: view.counts.rows,
        imported: view.counts.imported,
        rejected: view.counts.rejected,
        repeated: view.counts.repeated,
        problem: problems.map(|problem| wire_problem(lang, &problem)).next(),
    }
}
