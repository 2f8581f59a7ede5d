//! Figures and where they come from.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use node::figures::{Address, Query};

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{Asks, Body, SignedIn};
use super::wire;

/// Ask for a figure.
#[utoipa::path(post, path = "/api/figures", tag = "figures", operation_id = "ask_figure",
    request_body = wire::FigureQuery,
    responses((status = 200, body = wire::Figure), Refusal))]
pub(super) async fn ask(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    Body(query): Body<wire::FigureQuery>,
) -> ApiResult<Json<wire::Figure>> {
    let query = parse(query)?;
    Ok(Json(site.node.figure(&actor, &query, lang.tag()).await?.into()))
}

/// The records behind one cell.
#[utoipa::path(post, path = "/api/figures/lineage", tag = "figures", operation_id = "ask_lineage",
    request_body = wire::LineageQuery,
    responses((status = 200, body = wire::Lineage), Refusal))]
pub(super) async fn lineage(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    Body(asked): Body<wire::LineageQuery>,
) -> ApiResult<Json<wire::Lineage>> {
    let query = parse(asked.query)?;
    let wire::LineageQuery { row, column, measure, unit, cursor, .. } = asked;
    let cell = Address { row, column, measure, unit };
    let page = site.node.lineage(&actor, &query, &cell, cursor.as_deref(), lang.tag());
    Ok(Json(page.await?.into()))
}

/// The operations that changed one cell between two moments of knowledge.
#[utoipa::path(post, path = "/api/figures/changes", tag = "figures", operation_id = "ask_changes",
    request_body = wire::ChangesQuery,
    responses((status = 200, body = wire::Changes), Refusal))]
pub(super) async fn changes(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    Body(asked): Body<wire::ChangesQuery>,
) -> ApiResult<Json<wire::Changes>> {
    let refused = |problem| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, problem);
    let since = asked.since().map_err(refused)?;
    let query = parse(asked.query)?;
    let wire::ChangesQuery { row, column, measure, unit, cursor, .. } = asked;
    let cell = Address { row, column, measure, unit };
    let page = site.node.changes(&actor, &query, &cell, since, cursor.as_deref(), lang.tag());
    Ok(Json(page.await?.into()))
}

fn parse(query: wire::FigureQuery) -> ApiResult<Query> {
    query.parse().map_err(|problem| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, problem))
}
