//! The door for other nodes: a WebSocket that carries a session of sync.

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use domain::sync::Role;
use futures::{SinkExt, StreamExt};
use node::sync::{Link, OUTBOUND_MAX};
use tokio::sync::mpsc;

use super::Site;

/// Where the door is.
pub(crate) const PATH: &str = "/api/link";
/// The header in which a dialling node sends its session's first datagram, as base64.
pub(crate) const HELLO_HEADER: &str = "genggam-hello";
/// Bytes of one datagram: a frame and what goes with it.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 64 * 1024;
/// Bytes that a connection holds to read into and to write from: a frame and its neighbours. Hundreds
/// are open at once, and the usual 128 KiB of each add up.
const BUFFER_BYTES: usize = 16 * 1024;
/// Datagrams of a peer that may wait here; more wait in its window.
const INBOUND_MAX: usize = 64;

/// The TLS exporter of a connection (RFC 8446, 7.5), by which both ends know that they speak over
/// the same one; zeros where there is no TLS.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Channel(pub(crate) [u8; 32]);

/// Takes a node that dials. Who it is, it proves in the session's first message.
pub(super) async fn open(
    State(site): State<Site>,
    channel: Option<Extension<Channel>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let hello = headers.get(HELLO_HEADER).and_then(|hello| BASE64.decode(hello).ok());
    let Channel(channel) = channel.map(|Extension(channel)| channel).unwrap_or_default();
    upgrade
        .max_message_size(DATAGRAM_BYTES_MAX)
        .max_frame_size(DATAGRAM_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(move |socket| serve(site, socket, channel, hello))
}

async fn serve(site: Site, socket: WebSocket, channel: [u8; 32], hello: Option<Vec<u8>>) {
    let (mut to_peer, mut from_peer) = socket.split();
    let (sender, inbound) = mpsc::channel(INBOUND_MAX);
    let (outbound, mut datagrams) = mpsc::channel::<Vec<u8>>(OUTBOUND_MAX);
    let link = Link {
        role: Role::Listener,
        channel,
        peer_office: None,
        url: None,
        inbound,
        outbound,
        until_idle: false,
    };
    let read = async move {
        if let Some(hello) = hello
            && sender.send(hello).await.is_err()
        {
            return;
        }
        while let Some(Ok(message)) = from_peer.next().await {
            match message {
                Message::Binary(bytes) => {
                    if sender.send(bytes.into()).await.is_err() {
                        break;
                    }
                }
                Message::Close(_) | Message::Text(_) => break,
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    };
    let write = async move {
        while let Some(datagram) = datagrams.recv().await {
            if to_peer.send(Message::Binary(datagram.into())).await.is_err() {
                break;
            }
        }
        drop(to_peer.close().await);
    };
    let mut closing = site.closing.clone();
    let closed =
        async move { while !*closing.borrow_and_update() && closing.changed().await.is_ok() {} };
    let session = site.node.sync(link);
    tokio::pin!(read, session);
    let writing = tokio::spawn(write);
    tokio::select! {
        ended = &mut session => match ended {
            Ok(ended) => tracing::debug!(?ended, "a session ended"),
            Err(error) => tracing::error!(error = super::chain(&error), "a session could not go on"),
        },
        () = async { (&mut read).await; std::future::pending::<()>().await } => {}
        () = closed => {}
    }
    drop(writing);
}
