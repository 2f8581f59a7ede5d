//! Server-sent events.

use super::error::Refusal;

/// Changes as they happen: events `record` (`RecordEvent`) and `facts` (`FactsEvent`).
#[utoipa::path(get, path = "/api/events", tag = "events", operation_id = "stream_events",
    responses((status = 200, content_type = "text/event-stream", body = String), Refusal))]
pub(super) async fn stream() {}
