//! Figures and where they come from.

use super::error::Refusal;
use super::wire;

/// Ask for a figure.
#[utoipa::path(post, path = "/api/figures", tag = "figures", operation_id = "ask_figure", request_body = wire::FigureQuery,
    responses((status = 200, body = wire::Figure), Refusal))]
pub(super) async fn ask() {}

/// The records behind one cell.
#[utoipa::path(post, path = "/api/figures/lineage", tag = "figures", operation_id = "ask_lineage",
    request_body = wire::LineageQuery,
    responses((status = 200, body = wire::Lineage), Refusal))]
pub(super) async fn lineage() {}
