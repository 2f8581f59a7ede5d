//! Bundles: what a session would carry, as a file.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::ids::OfficeId;
use domain::limits::BUNDLE_BYTES_MAX;
use node::Wanted;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::SignedIn;
use super::wire;

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(export, import))
        .layer(DefaultBodyLimit::max(BUNDLE_BYTES_MAX))
}

/// For whom, and what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Ask {
    /// The office whose node will read it.
    to: u32,
    /// All that it may have, not just what it lacks as far as it ever said.
    #[serde(default)]
    all: bool,
}

/// A bundle of what another node lacks, sealed for it: for a USB stick.
#[utoipa::path(get, path = "/api/bundles", tag = "nodes", operation_id = "export_bundle",
    params(Ask), responses(
        (status = 200, content_type = "application/octet-stream", body = String), Refusal))]
pub(super) async fn export(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Query(ask): Query<Ask>,
) -> ApiResult<Response> {
    let wanted = if ask.all { Wanted::All } else { Wanted::Lacking };
    let to = OfficeId(ask.to);
    let max = BUNDLE_BYTES_MAX;
    let made = site.work(move |node| node.export_bundle(&actor, to, wanted, max)).await?;
    // More than one file holds goes in the next: it begins where this one was taken.
    let bytes = made.files.into_iter().next().unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"untuk-{to}.genggam\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// Takes a bundle that was made for this node. Safe to send again.
#[utoipa::path(post, path = "/api/bundles", tag = "nodes", operation_id = "import_bundle",
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = wire::BundleImported), Refusal))]
pub(super) async fn import(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    bytes: Bytes,
) -> ApiResult<Json<wire::BundleImported>> {
    site.node.may_carry(&actor).map_err(node::BundleError::from)?;
    let imported = site.node.import_bundle(&bytes, |_, _| {}).await?;
    Ok(Json(imported.into()))
}
