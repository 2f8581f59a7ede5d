//! Packs.

use super::error::Refusal;
use super::wire;

/// The packs that this node has.
#[utoipa::path(get, path = "/api/packs", tag = "packs", operation_id = "list_packs",
    responses((status = 200, body = [wire::PackRow]), Refusal))]
pub(super) async fn list() {}

/// A whole pack, in its latest version.
#[utoipa::path(get, path = "/api/packs/{name}", tag = "packs", operation_id = "get_pack",
    params(("name" = String, Path, description = "The pack's name")),
    responses((status = 200, body = wire::Pack), Refusal))]
pub(super) async fn get() {}
