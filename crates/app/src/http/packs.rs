//! Packs.

use axum::Json;
use axum::extract::State;

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{At, SignedIn};
use super::wire;

/// The packs that this node has.
#[utoipa::path(get, path = "/api/packs", tag = "packs", operation_id = "list_packs",
    responses((status = 200, body = [wire::PackRow]), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
) -> Json<Vec<wire::PackRow>> {
    Json(site.node.packs().latest().map(|pack| wire::PackRow::from(&**pack)).collect())
}

/// A whole pack, in its latest version.
#[utoipa::path(get, path = "/api/packs/{name}", tag = "packs", operation_id = "get_pack",
    params(("name" = String, Path, description = "The pack's name")),
    responses((status = 200, body = wire::Pack), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
    At(name): At<String>,
) -> ApiResult<Json<wire::Pack>> {
    let packs = site.node.packs();
    let pack = packs.pack(&name).ok_or_else(ApiError::not_found)?;
    Ok(Json(wire::Pack::from(&**pack)))
}
