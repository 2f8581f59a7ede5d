//! How the nodes below are.

use axum::Json;
use axum::extract::State;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::SignedIn;
use super::wire;

/// How the nodes of the reader's offices are, as their parents heard them.
#[utoipa::path(get, path = "/api/nodes", tag = "nodes", operation_id = "list_nodes",
    responses((status = 200, body = wire::Nodes), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
) -> ApiResult<Json<wire::Nodes>> {
    Ok(Json(site.work(move |node| node.nodes(&actor)).await?.into()))
}
