//! People and roles, for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{OfficeId, PersonId};
use node::{NewPerson, RoleAt};

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{At, Body, SignedIn, date};
use super::wire;

/// The people whom the reader manages.
#[utoipa::path(get, path = "/api/people", tag = "people", operation_id = "list_people",
    responses((status = 200, body = wire::People), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
) -> ApiResult<Json<wire::People>> {
    let people = site.work(move |node| node.people(&actor)).await?;
    Ok(Json(wire::People { people: people.into_iter().map(Into::into).collect() }))
}

/// Add a person.
#[utoipa::path(post, path = "/api/people", tag = "people", operation_id = "create_person",
    request_body = wire::NewPerson, responses((status = 201, body = wire::Person), Refusal))]
pub(super) async fn create(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Body(given): Body<wire::NewPerson>,
) -> ApiResult<(StatusCode, Json<wire::Person>)> {
    let role = RoleAt { role: given.role, office: OfficeId(given.office) };
    let new = NewPerson {
        login: given.login,
        name: given.name,
        password: Some(given.password),
        roles: vec![role],
    };
    let people = site.work(move |node| {
        let id = node.create_person(&actor, &new)?;
        Ok::<_, node::PeopleError>((id, node.people(&actor)?))
    });
    let (id, people) = people.await?;
    let person = people.into_iter().find(|person| person.id == id);
    Ok((StatusCode::CREATED, Json(person.ok_or_else(ApiError::not_found)?.into())))
}

/// Give a person a role.
#[utoipa::path(post, path = "/api/people/{id}/roles", tag = "people", operation_id = "add_role",
    params(("id" = String, Path, description = "The person")), request_body = wire::NewRole,
    responses((status = 204), Refusal))]
pub(super) async fn add_role(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(person): At<PersonId>,
    Body(given): Body<wire::NewRole>,
) -> ApiResult<StatusCode> {
    let from = date("from", given.from.as_deref())?.unwrap_or_else(|| site.today());
    let until = date("until", given.until.as_deref())?;
    let role = RoleAt { role: given.role, office: OfficeId(given.office) };
    site.work(move |node| node.assign_role(&actor, person, &role, from, until)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a person's password; their sessions end.
#[utoipa::path(post, path = "/api/people/{id}/password", tag = "people",
    operation_id = "set_password", params(("id" = String, Path, description = "The person")),
    request_body = wire::NewPassword, responses((status = 204), Refusal))]
pub(super) async fn set_password(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(person): At<PersonId>,
    Body(given): Body<wire::NewPassword>,
) -> ApiResult<StatusCode> {
    site.work(move |node| node.set_password(&actor, person, &given.password)).await?;
    Ok(StatusCode::NO_CONTENT)
}
