//! How the sync with this node's peers stands.

use axum::Json;
use axum::extract::State;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::{Asks, SignedIn};
use super::wire;

/// How the sync with each of this node's peers stands.
#[utoipa::path(get, path = "/api/sync", tag = "nodes", operation_id = "get_sync",
    responses((status = 200, body = wire::SyncStatus), Refusal))]
pub(super) async fn status(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
) -> ApiResult<Json<wire::SyncStatus>> {
    let peers = site.node.sync_status(&actor)?;
    Ok(Json(wire::SyncStatus::of(lang, peers)))
}
