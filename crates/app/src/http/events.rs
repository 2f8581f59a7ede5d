//! Server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use node::Event as Change;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Site;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::SignedIn;
use super::wire;

/// How often a comment keeps the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Changes as they happen: events `record` (`RecordEvent`), `facts` (`FactsEvent`), `pack`
/// (`PackEvent`), `nodes` (`NodesEvent`) and `sync` (`SyncEvent`); `lost` says that some were
/// missed and one should look again.
#[utoipa::path(get, path = "/api/events", tag = "events", operation_id = "stream_events",
    responses((status = 200, content_type = "text/event-stream", body = String), Refusal))]
pub(super) async fn stream(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let token = site.cookie.read(&headers).ok_or_else(ApiError::not_signed_in)?;
    let listener = Listener { changes: site.node.events(), site, token };
    let stream = unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Listener {
    site: Site,
    token: String,
    changes: Receiver<Change>,
}

impl Listener {
    /// The next event that the person may hear of; none once the session or the server ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let change = tokio::select! {
                change = self.changes.recv() => change,
                () = closed(&mut self.site.closing) => return None,
            };
            // The session is looked up for each event, so that signing out ends the stream.
            let actor = self.site.actor(&self.token).await.ok()??;
            match change {
                Ok(change) if self.site.node.may_see(&actor, &change) => return event(change),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    return Some(Event::default().event("lost").data("{}"));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

async fn closed(closing: &mut tokio::sync::watch::Receiver<bool>) {
    while !*closing.borrow_and_update() && closing.changed().await.is_ok() {}
}

fn event(change: Change) -> Option<Event> {
    match change {
        Change::Record(record) => named("record", &wire::RecordEvent::from(record)),
        Change::Facts { pos } => named("facts", &wire::FactsEvent { pos }),
        Change::Pack { name, version } => named("pack", &wire::PackEvent { name, version }),
        Change::Nodes => named("nodes", &wire::NodesEvent {}),
        Change::Sync => named("sync", &wire::SyncEvent {}),
    }
}

fn named(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
