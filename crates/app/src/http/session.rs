//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Json, response::AppendHeaders};

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{Body, From, SignedIn};
use super::wire;

/// Sign in; the answer sets the session cookie.
#[utoipa::path(post, path = "/api/session", tag = "session", operation_id = "sign_in",
    request_body = wire::SignIn, responses((status = 200, body = wire::Me), Refusal))]
pub(super) async fn sign_in(
    State(site): State<Site>,
    From(address): From,
    Body(given): Body<wire::SignIn>,
) -> ApiResult<impl IntoResponse> {
    let token = site.node.sign_in(&given.name, &given.password, &address.to_string()).await?;
    let actor = site.actor(token.as_str()).await?.ok_or_else(ApiError::not_signed_in)?;
    let cookie = AppendHeaders([(header::SET_COOKIE, site.cookie.give(token.as_str()))]);
    Ok((cookie, Json(wire::Me::from(site.node.me(&actor)))))
}

/// Sign out; the session ends on the server too.
#[utoipa::path(delete, path = "/api/session", tag = "session", operation_id = "sign_out",
    responses((status = 204), Refusal))]
pub(super) async fn sign_out(
    State(site): State<Site>,
    headers: HeaderMap,
) -> ApiResult<impl IntoResponse> {
    if let Some(token) = site.cookie.read(&headers) {
        site.work(move |node| node.sign_out(&token)).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, site.cookie.take())])))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", tag = "session", operation_id = "me",
    responses((status = 200, body = wire::Me), Refusal))]
pub(super) async fn me(State(site): State<Site>, SignedIn(actor): SignedIn) -> Json<wire::Me> {
    Json(site.node.me(&actor).into())
}
