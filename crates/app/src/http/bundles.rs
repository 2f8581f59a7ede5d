//! Bundles: what a session would carry, as a file.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::Response;
use domain::ids::OfficeId;
use domain::limits::BUNDLE_BYTES_MAX;
use node::Wanted;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::attachment::attachment;
use super::error::{ApiResult, Refusal};
use super::extract::{Body, SignedIn};
use super::wire;

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(import))
        .routes(routes!(make, file))
        .layer(DefaultBodyLimit::max(BUNDLE_BYTES_MAX))
}

/// Which file of which bundle.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The office whose node will read it.
    to: u32,
    /// The file's number, from 1.
    file: u32,
}

/// Makes a bundle of what another node lacks, sealed for it, for a USB stick. It waits here to be
/// downloaded until the next is made for that office.
#[utoipa::path(post, path = "/api/bundles/waiting", tag = "nodes", operation_id = "make_bundle",
    request_body = wire::BundleWanted,
    responses((status = 200, body = wire::BundleWaiting), Refusal))]
pub(super) async fn make(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Body(ask): Body<wire::BundleWanted>,
) -> ApiResult<Json<wire::BundleWaiting>> {
    let wanted = if ask.all { Wanted::All } else { Wanted::Lacking };
    let to = OfficeId(ask.to);
    let made =
        site.work(move |node| node.make_bundle(&actor, to, wanted, BUNDLE_BYTES_MAX)).await?;
    Ok(Json(made.into()))
}

/// A file of a bundle that waits.
#[utoipa::path(get, path = "/api/bundles/waiting", tag = "nodes", operation_id = "get_bundle_file",
    params(Which), responses(
        (status = 200, content_type = "application/octet-stream", body = String), Refusal))]
pub(super) async fn file(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Query(Which { to, file }): Query<Which>,
) -> ApiResult<Response> {
    let office = OfficeId(to);
    let bytes = site.work(move |node| node.bundle_file(&actor, office, file)).await?;
    let name = format!("untuk-{to}-{file}.genggam");
    Ok(attachment("application/octet-stream", &name, bytes))
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
