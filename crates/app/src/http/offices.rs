//! The tree of offices.

use axum::Json;
use axum::extract::State;
use domain::period::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Site;
use super::error::{ApiResult, Refusal, wire_problem};
use super::extract::{Asks, Params, SignedIn, date};
use super::wire;

/// The date of the tree.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDate {
    /// The date; today if absent.
    on: Option<String>,
}

/// A search for one office.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FindParams {
    /// Kemendagri code, BPS code, or a name as people write it.
    q: String,
    /// The date; today if absent.
    on: Option<String>,
}

/// The offices that exist at a date.
#[utoipa::path(get, path = "/api/offices", tag = "offices", operation_id = "list_offices",
    params(OnDate), responses((status = 200, body = wire::OfficeList), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
    Params(params): Params<OnDate>,
) -> ApiResult<Json<wire::OfficeList>> {
    let on = asked(&site, params.on.as_deref())?;
    let offices = site.node.tree().list(on, None).into_iter().map(Into::into).collect();
    Ok(Json(wire::OfficeList { date: on.to_string(), offices }))
}

/// Which office a code or name means.
#[utoipa::path(get, path = "/api/offices/find", tag = "offices", operation_id = "find_office",
    params(FindParams), responses((status = 200, body = wire::FindAnswer), Refusal))]
pub(super) async fn find(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
    Asks(lang): Asks,
    Params(params): Params<FindParams>,
) -> ApiResult<Json<wire::FindAnswer>> {
    let on = asked(&site, params.on.as_deref())?;
    let tree = site.node.tree();
    let office = |id| tree.at(id, on).map(wire::Office::from);
    let found = tree.find(&params.q, on);
    let (candidates, problem) = match &found {
        Ok(_) => (Vec::new(), None),
        Err(error) => {
            let candidates = error.candidates().iter().filter_map(|found| office(found.id));
            (candidates.collect(), Some(wire_problem(lang, &error.problem())))
        }
    };
    let office = found.ok().and_then(office);
    Ok(Json(wire::FindAnswer { date: on.to_string(), office, candidates, problem }))
}

fn asked(site: &Site, on: Option<&str>) -> ApiResult<Date> {
    Ok(date("on", on)?.unwrap_or_else(|| site.today()))
}
