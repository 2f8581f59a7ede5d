//! Submissions: how everything enters.

use super::error::Refusal;
use super::wire;

/// Submit; answered once it is durable.
#[utoipa::path(post, path = "/api/submissions", tag = "records", operation_id = "submit",
    request_body = wire::Submission,
    responses(
        (status = 201, description = "Kept", body = wire::Receipt),
        (status = 200, description = "Had been kept before", body = wire::Receipt),
        Refusal))]
pub(super) async fn create() {}
