//! The home of an office.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Refusal;
use super::wire;

/// Whose home.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HomeParams {
    /// The office; the reader's own if absent.
    pub(super) office: Option<u32>,
}

/// What an office has to do, and what is new.
#[utoipa::path(get, path = "/api/home", tag = "home", operation_id = "get_home", params(HomeParams),
    responses((status = 200, body = wire::Home), Refusal))]
pub(super) async fn get() {}
