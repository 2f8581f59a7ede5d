//! HTTP: routes, sessions, errors, the web app's files.

mod error;
mod events;
mod exports;
mod figures;
mod home;
mod imports;
mod meta;
mod offices;
mod packs;
mod people;
mod records;
mod session;
mod submissions;
pub mod wire;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Genggam",
        description = "One office in the palm of one hand. Every mutation demands this site's \
            Origin; lists have cursors; refusals are application/problem+json (RFC 9457)."
    ),
    components(schemas(wire::ProblemDetails, wire::RecordEvent, wire::FactsEvent))
)]
struct Description;

fn api() -> OpenApiRouter {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::me))
        .routes(routes!(offices::list))
        .routes(routes!(offices::find))
        .routes(routes!(packs::list))
        .routes(routes!(packs::get))
        .routes(routes!(submissions::create))
        .routes(routes!(records::list))
        .routes(routes!(records::get))
        .routes(routes!(figures::ask))
        .routes(routes!(figures::lineage))
        .routes(routes!(home::get))
        .routes(routes!(events::stream))
        .routes(routes!(imports::start))
        .routes(routes!(imports::get))
        .routes(routes!(imports::rejects))
        .routes(routes!(exports::export))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::add_role))
        .routes(routes!(people::set_password))
        .routes(routes!(meta::health))
        .routes(routes!(meta::openapi))
}

/// The description of the API.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

/// The description of the API as text: what `openapi.json` holds.
#[must_use]
pub fn openapi_text() -> String {
    let json = serde_json::to_string_pretty(&openapi());
    json.expect("invariant: the description is plain data") + "\n"
}
