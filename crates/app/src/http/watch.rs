//! Early warning: what stands out of the counts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{Asks, Body, SignedIn};
use super::wire;

/// Ask which counts stand out.
#[utoipa::path(post, path = "/api/watch", tag = "figures", operation_id = "ask_watch",
    request_body = wire::WatchQuery,
    responses((status = 200, body = wire::Watch), Refusal))]
pub(super) async fn ask(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    Body(query): Body<wire::WatchQuery>,
) -> ApiResult<Json<wire::Watch>> {
    let invalid = |problem| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, problem);
    let question = query.parse().map_err(invalid)?;
    Ok(Json(site.node.watch(&actor, &question, lang.tag()).await?.into()))
}
