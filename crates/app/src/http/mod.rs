//! HTTP: routes, sessions, errors, the web app's files.

mod assets;
mod attachment;
mod blobs;
mod bundles;
mod cookie;
mod devices;
mod error;
mod events;
mod exports;
mod extract;
mod figures;
mod guard;
mod home;
mod imports;
mod link;
mod meta;
mod nodes;
mod offices;
mod packs;
mod people;
mod quarantine;
mod records;
mod session;
mod submissions;
mod sync;
mod watch;
pub mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use domain::limits;
use domain::period::Date;
use node::{Actor, Failure, Node};
use tokio::sync::watch as channel;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use cookie::Cookie;
pub(crate) use devices::{link as device_link, qr};
pub(crate) use error::chain;
use error::{ApiError, ApiResult};
pub use extract::Peer;
pub(crate) use imports::speaker;
pub(crate) use link::{Channel, DATAGRAM_BYTES_MAX, HELLO_HEADER, PATH as LINK_PATH};

/// What every request needs.
#[derive(Clone, Debug)]
pub struct Site {
    node: Arc<Node>,
    cookie: Cookie,
    rates: Arc<guard::Rates>,
    closing: channel::Receiver<bool>,
}

impl Site {
    /// A site for a node. Streams of events end when `closing` turns true.
    #[must_use]
    pub fn new(node: Arc<Node>, cookie: Cookie, closing: channel::Receiver<bool>) -> Self {
        Self { node, cookie, rates: Arc::default(), closing }
    }

    /// Does work that reads or writes storage, away from the threads that answer.
    async fn work<T, E>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, E> + Send + 'static,
    ) -> ApiResult<T>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
    {
        let node = Arc::clone(&self.node);
        match tokio::task::spawn_blocking(move || work(&node)).await {
            Ok(done) => Ok(done?),
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }

    /// Who a session's token belongs to. Mostly answered from memory.
    async fn actor(&self, token: &str) -> ApiResult<Option<Arc<Actor>>> {
        self.node.actor(token).map_err(|error| ApiError::storage(&error))
    }

    /// The date at the node's office.
    fn today(&self) -> Date {
        crate::cli::today_of(&self.node)
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Genggam",
        description = "Offices that coordinate, from the centre to the regency. Every mutation \
            demands this site's Origin; lists have cursors; refusals are \
            application/problem+json (RFC 9457)."
    ),
    components(schemas(
        wire::ProblemDetails,
        wire::RecordEvent,
        wire::FactsEvent,
        wire::PackEvent,
        wire::NodesEvent,
        wire::SyncEvent
    ))
)]
struct Description;

fn api() -> OpenApiRouter<Site> {
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
        .routes(routes!(watch::ask))
        .routes(routes!(home::get))
        .routes(routes!(events::stream))
        .merge(bundles::routes())
        .merge(imports::routes())
        .merge(blobs::routes())
        .merge(devices::routes())
        .routes(routes!(exports::export))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::add_role))
        .routes(routes!(people::set_password))
        .routes(routes!(nodes::list))
        .routes(routes!(sync::status))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::get))
        .routes(routes!(quarantine::proof))
        .routes(routes!(quarantine::seen))
        .routes(routes!(meta::health))
        .routes(routes!(meta::openapi))
}

/// The whole site: the API, and the web app for every other path.
pub fn router(site: Site) -> Router {
    let (routes, _) = api().split_for_parts();
    routes
        .fallback_service(get(assets::serve))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX))
        .layer(from_fn_with_state(site.clone(), guard::same_origin))
        .layer(from_fn_with_state(site.clone(), guard::rate))
        .layer(from_fn(error::describe))
        .layer(compression())
        .layer(from_fn_with_state(site.clone(), guard::headers))
        // A node is no browser: what guards those would be a packet more on each dial.
        .route(link::PATH, get(link::open).layer(from_fn_with_state(site.clone(), guard::rate)))
        .layer(trace())
        .with_state(site)
}

/// Answers smaller than this are sent as they are: compressing them saves no packet.
const COMPRESSED_BYTES_MIN: u64 = 1_024;
/// Brotli's level: above it, a page costs more time than it saves.
const BROTLI_LEVEL: i32 = 4;

fn compression() -> CompressionLayer<impl Predicate> {
    let worth = SizeAbove::new(COMPRESSED_BYTES_MIN)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/octet-stream"));
    CompressionLayer::new().quality(CompressionLevel::Precise(BROTLI_LEVEL)).compress_when(worth)
}

/// One line a request: method, route, status, time. Never the address, the query or the person.
fn trace() -> TraceLayer<
    tower_http::classify::SharedClassifier<tower_http::classify::ServerErrorsAsFailures>,
    impl Fn(&Request) -> tracing::Span + Clone,
> {
    TraceLayer::new_for_http().make_span_with(|request: &Request| {
        let route = request.extensions().get::<MatchedPath>().map_or("web", MatchedPath::as_str);
        tracing::debug_span!("http", method = %request.method(), route)
    })
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
