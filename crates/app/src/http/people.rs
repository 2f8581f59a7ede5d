//! People and roles, for administrators.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::Refusal;
use super::wire;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
}

/// The people of this node.
#[utoipa::path(get, path = "/api/people", tag = "people", operation_id = "list_people", params(PageParams),
    responses((status = 200, body = wire::PeoplePage), Refusal))]
pub(super) async fn list() {}

/// Add a person.
#[utoipa::path(post, path = "/api/people", tag = "people", operation_id = "create_person", request_body = wire::NewPerson,
    responses((status = 201, body = wire::Person), Refusal))]
pub(super) async fn create() {}

/// Give a person a role.
#[utoipa::path(post, path = "/api/people/{id}/roles", tag = "people", operation_id = "add_role",
    params(("id" = String, Path, description = "The person")), request_body = wire::NewRole,
    responses((status = 204), Refusal))]
pub(super) async fn add_role() {}

/// Set a person's password.
#[utoipa::path(post, path = "/api/people/{id}/password", tag = "people", operation_id = "set_password",
    params(("id" = String, Path, description = "The person")), request_body = wire::NewPassword,
    responses((status = 204), Refusal))]
pub(super) async fn set_password() {}
