//! Signing in and out.

use super::error::Refusal;
use super::wire;

/// Sign in; the answer sets the session cookie.
#[utoipa::path(post, path = "/api/session", tag = "session", operation_id = "sign_in", request_body = wire::SignIn,
    responses((status = 200, body = wire::Me), Refusal))]
pub(super) async fn sign_in() {}

/// Sign out; the session ends on the server too.
#[utoipa::path(delete, path = "/api/session", tag = "session", operation_id = "sign_out",
    responses((status = 204), Refusal))]
pub(super) async fn sign_out() {}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", tag = "session", operation_id = "me",
    responses((status = 200, body = wire::Me), Refusal))]
pub(super) async fn me() {}
