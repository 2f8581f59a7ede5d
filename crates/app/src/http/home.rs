//! The home of an office.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Site;
use super::error::{ApiResult, Refusal};
use super::extract::{Params, SignedIn, office};
use super::wire;

/// Whose home.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HomeParams {
    /// The office; the reader's own if absent.
    office: Option<u32>,
}

/// What an office has to do, and what is new.
#[utoipa::path(get, path = "/api/home", tag = "home", operation_id = "get_home",
    params(HomeParams), responses((status = 200, body = wire::Home), Refusal))]
pub(super) async fn get(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Params(params): Params<HomeParams>,
) -> ApiResult<Json<wire::Home>> {
    let asked = office(params.office).unwrap_or_else(|| site.node.me(&actor).office.id);
    Ok(Json(site.work(move |node| node.home(&actor, asked)).await?.into()))
}
