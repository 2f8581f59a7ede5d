//! Records and their lists.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use domain::limits::PAGE_ROWS_MAX;
use node::Listing;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::{At, Params, SignedIn, date, office};
use super::wire;

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// `pack.type`; several with commas.
    r#type: Option<String>,
    /// Records of this office and those below it.
    office: Option<u32>,
    /// Key of a state; several with commas.
    state: Option<String>,
    /// Words of the title.
    q: Option<String>,
    /// Happened on this day or later.
    from: Option<String>,
    /// Happened on this day or earlier.
    to: Option<String>,
    /// Only urgent ones (or only the others).
    urgent: Option<bool>,
    /// Only with cells that were sent back (or only without).
    returned: Option<bool>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page, at most 200.
    limit: Option<usize>,
}

/// Rows of a page where nobody says how many.
const PAGE_ROWS: usize = 50;

/// The records that the reader may see, newest first.
#[utoipa::path(get, path = "/api/records", tag = "records", operation_id = "list_records",
    params(ListParams), responses((status = 200, body = wire::RecordPage), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Params(params): Params<ListParams>,
) -> ApiResult<Json<wire::RecordPage>> {
    let listing = listing(&params)?;
    let limit = params.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX);
    let cursor = params.cursor;
    let page = site.work(move |node| node.records(&actor, &listing, cursor.as_deref(), limit));
    Ok(Json(page.await?.into()))
}

fn listing(params: &ListParams) -> ApiResult<Listing> {
    Ok(Listing {
        types: several(params.r#type.as_deref()),
        office: office(params.office),
        states: several(params.state.as_deref()),
        text: params.q.clone(),
        from: date("from", params.from.as_deref())?,
        to: date("to", params.to.as_deref())?,
        urgent: params.urgent,
        returned: params.returned,
    })
}

fn several(text: Option<&str>) -> BTreeSet<String> {
    let parts = text.unwrap_or("").split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// A record with its history.
#[utoipa::path(get, path = "/api/records/{id}", tag = "records", operation_id = "get_record",
    params(("id" = String, Path, description = "The record's id")),
    responses((status = 200, body = wire::Record), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(id): At<domain::ids::RecordId>,
) -> ApiResult<Json<wire::Record>> {
    Ok(Json(site.work(move |node| node.record(&actor, id)).await?.into()))
}
