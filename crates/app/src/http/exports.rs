//! Exports of records.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Refusal;

/// What to export, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// `pack.type`.
    pub(super) r#type: String,
    /// Records of this office and those below it.
    pub(super) office: Option<u32>,
    /// Happened on this day or later.
    pub(super) from: Option<String>,
    /// Happened on this day or earlier.
    pub(super) to: Option<String>,
    /// `csv`, `xlsx` or `parquet`; CSV if absent.
    pub(super) format: Option<String>,
}

/// Records as a file. Needs its own right, is capped, logged, and marked with who took it.
#[utoipa::path(get, path = "/api/export", tag = "exports", operation_id = "export_records", params(ExportParams),
    responses((status = 200, content_type = "application/octet-stream", body = String), Refusal))]
pub(super) async fn export() {}
