//! The tree of offices.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Refusal;
use super::wire;

/// The date of the tree.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDate {
    /// The date; today if absent.
    pub(super) on: Option<String>,
}

/// A search for one office.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FindParams {
    /// Kemendagri code, BPS code, or a name as people write it.
    pub(super) q: String,
    /// The date; today if absent.
    pub(super) on: Option<String>,
}

/// The offices that exist at a date.
#[utoipa::path(get, path = "/api/offices", tag = "offices", operation_id = "list_offices", params(OnDate),
    responses((status = 200, body = wire::OfficeList), Refusal))]
pub(super) async fn list() {}

/// Which office a code or name means.
#[utoipa::path(get, path = "/api/offices/find", tag = "offices", operation_id = "find_office", params(FindParams),
    responses((status = 200, body = wire::FindAnswer), Refusal))]
pub(super) async fn find() {}
