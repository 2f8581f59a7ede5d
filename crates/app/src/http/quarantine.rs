//! The quarantine, for administrators.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Site;
use super::attachment::attachment;
use super::error::{ApiResult, Refusal};
use super::extract::{Asks, At, Params, SignedIn};
use super::wire;

/// Which part of the quarantine.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuarantineParams {
    /// Before this number: the `next` of the page before.
    before: Option<u64>,
    /// Only what nobody has seen.
    #[serde(default)]
    unseen: bool,
}

/// What was refused, latest first: why, where it claims to come from, what to do.
#[utoipa::path(get, path = "/api/quarantine", tag = "nodes", operation_id = "list_quarantine",
    params(QuarantineParams), responses((status = 200, body = wire::QuarantinePage), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    Params(params): Params<QuarantineParams>,
) -> ApiResult<Json<wire::QuarantinePage>> {
    let page = site.work(move |node| node.quarantine(&actor, params.before, params.unseen));
    Ok(Json(wire::QuarantinePage::of(lang, page.await?)))
}

/// One refused operation with its bytes. That it was looked at is written to the audit trail.
#[utoipa::path(get, path = "/api/quarantine/{id}", tag = "nodes", operation_id = "get_quarantine",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, body = wire::QuarantineBytes), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    At(id): At<u64>,
) -> ApiResult<Json<wire::QuarantineBytes>> {
    let item = site.work(move |node| node.quarantine_item(&actor, id)).await?;
    let hex = item.hex;
    Ok(Json(wire::QuarantineBytes { item: wire::QuarantineItem::of(lang, item.row), hex }))
}

/// One refused operation as a file to take away. That it was taken is written to the audit trail.
#[utoipa::path(get, path = "/api/quarantine/{id}/proof", tag = "nodes",
    operation_id = "export_quarantine", params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, content_type = "application/json", body = String), Refusal))]
pub(super) async fn proof(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(id): At<u64>,
) -> ApiResult<Response> {
    let proof = site.work(move |node| node.quarantine_proof(&actor, id)).await?;
    Ok(attachment("application/json", &proof.name, proof.bytes))
}

/// Mark one as seen. It stays; who saw it first stays too.
#[utoipa::path(post, path = "/api/quarantine/{id}/seen", tag = "nodes",
    operation_id = "mark_quarantine_seen", params(("id" = u64, Path, description = "Its number")),
    responses((status = 200, body = wire::QuarantineItem), Refusal))]
pub(super) async fn seen(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    At(id): At<u64>,
) -> ApiResult<Json<wire::QuarantineItem>> {
    let row = site.work(move |node| node.quarantine_seen(&actor, id)).await?;
    Ok(Json(wire::QuarantineItem::of(lang, row)))
}
