//! Records and their lists.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Refusal;
use super::wire;

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// `pack.type`.
    pub(super) r#type: Option<String>,
    /// Records of this office and those below it.
    pub(super) office: Option<u32>,
    /// Key of a state.
    pub(super) state: Option<String>,
    /// Words of the title.
    pub(super) q: Option<String>,
    /// Happened on this day or later.
    pub(super) from: Option<String>,
    /// Happened on this day or earlier.
    pub(super) to: Option<String>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Rows of a page, at most 200.
    pub(super) limit: Option<u32>,
}

/// The records that the reader may see, newest first.
#[utoipa::path(get, path = "/api/records", tag = "records", operation_id = "list_records", params(ListParams),
    responses((status = 200, body = wire::RecordPage), Refusal))]
pub(super) async fn list() {}

/// A record with its history.
#[utoipa::path(get, path = "/api/records/{id}", tag = "records", operation_id = "get_record",
    params(("id" = String, Path, description = "The record's id")),
    responses((status = 200, body = wire::Record), Refusal))]
pub(super) async fn get() {}
