//! Exports of records.

use std::str::FromStr as _;

use axum::extract::State;
use axum::response::Response;
use node::export::{Export, ExportFormat};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Site;
use super::attachment::attachment;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{Params, SignedIn, date, office};

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
pub(super) async fn export(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Params(params): Params<ExportParams>,
) -> ApiResult<Response> {
    let format = params.format.as_deref().map(ExportFormat::from_str).transpose();
    let order = Export {
        type_key: params.r#type,
        office: office(params.office),
        from: date("from", params.from.as_deref())?,
        to: date("to", params.to.as_deref())?,
        format: format.map_err(|error| ApiError::parameter("format", error))?.unwrap_or_default(),
    };
    let media_type = order.format.media_type();
    let file = site.work(move |node| node.export(&actor, &order)).await?;
    Ok(attachment(media_type, &file.name, file.bytes))
}
