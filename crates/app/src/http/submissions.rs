//! Submissions: how everything enters.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::{Body, SignedIn};
use super::wire;

/// Submit; answered once it is durable.
#[utoipa::path(post, path = "/api/submissions", tag = "records", operation_id = "submit",
    request_body = wire::Submission,
    responses(
        (status = 201, description = "Kept", body = wire::Receipt),
        (status = 200, description = "Had been kept before", body = wire::Receipt),
        Refusal))]
pub(super) async fn create(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Body(submission): Body<wire::Submission>,
) -> ApiResult<(StatusCode, Json<wire::Receipt>)> {
    let submitted = site.node.submit(&actor, submission.into()).await?;
    let status = if submitted.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(submitted.receipt.into())))
}
