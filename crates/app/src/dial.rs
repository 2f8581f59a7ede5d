//! Dialling other nodes: TCP, TLS, WebSocket, again and again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use domain::sync::{Role, redial_ms};
use futures::stream::FuturesUnordered;
use futures::{SinkExt, StreamExt};
use node::Node;
use node::enrol::Dialled;
use node::sync::{Ended, Link, OUTBOUND_MAX};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::http::{DATAGRAM_BYTES_MAX, HELLO_HEADER, LINK_PATH, chain};
use crate::tls;

/// A connection attempt that has come to nothing by then never will.
const ATTEMPT: Duration = Duration::from_secs(8);
/// A new attempt begins after this, beside those that still wait: a packet lost at the wrong
/// moment costs a second, not three.
const BESIDE: Duration = Duration::from_millis(1_000);
/// Attempts at once.
const ATTEMPTS_MAX: usize = 4;
const INBOUND_MAX: usize = 64;

/// Why a peer can't be reached.
#[derive(Debug, Error)]
pub(crate) enum DialError {
    #[error("`{0}` is no address of a node: it begins with https:// or http:// and has no path")]
    Address(String),
    #[error("cannot connect")]
    Connect(#[from] io::Error),
    #[error("no answer")]
    Silent,
    #[error("the peer does not speak with nodes")]
    WebSocket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
}

/// How long a session is wanted.
#[derive(Clone, Debug)]
pub(crate) enum Until {
    /// Until all is said.
    Said,
    /// Until this turns false.
    Off(watch::Receiver<bool>),
}

impl Until {
    /// Ready when the link is switched off, or nobody is left to do so.
    async fn off(&self) {
        match self {
            Self::Said => std::future::pending().await,
            Self::Off(on) => drop(on.clone().wait_for(|on| !on).await),
        }
    }
}

/// Where to dial.
#[derive(Clone, Debug)]
struct Target {
    secure: bool,
    host: String,
    port: u16,
}

impl Target {
    fn parse(url: &str) -> Result<Self, DialError> {
        let wrong = || DialError::Address(url.to_owned());
        let (secure, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        let authority = rest.trim_end_matches('/');
        let parsed: axum::http::uri::Authority = authority.parse().map_err(|_| wrong())?;
        let host = parsed.host().trim_matches(['[', ']']).to_owned();
        let port = parsed.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if host.is_empty() || authority.contains('/') {
            return Err(wrong());
        }
        Ok(Self { secure, host, port })
    }
}

/// Whether this can be dialled.
///
/// # Errors
/// If it can't.
pub(crate) fn check(url: &str) -> Result<(), DialError> {
    Target::parse(url).map(drop)
}

/// Keeps a session with a peer while `on` is true, dialling again whenever it ends. Returns when
/// nobody is left to switch it on.
pub(crate) async fn keep(node: Arc<Node>, peer: Dialled, mut on: watch::Receiver<bool>) {
    let mut failed = 0_u32;
    let until = Until::Off(on.clone());
    loop {
        if !*on.borrow() {
            let switched = on.wait_for(|on| *on);
            if node.wait_unreached(&peer.url, peer.office, switched).await.is_err() {
                return;
            }
        }
        match once(&node, &peer, &until).await {
            Ok(ended) => {
                tracing::info!(url = peer.url, ?ended, "a session ended");
                failed = if ended.met { 0 } else { failed.saturating_add(1) };
            }
            Err(error) => {
                tracing::debug!(url = peer.url, error = chain(&error), "a peer can't be reached");
                failed = failed.saturating_add(1);
            }
        }
        let chance = u64::from_be_bytes(node::clock::random());
        let pause = async {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(redial_ms(failed, chance))) => failed,
                () = until.off() => 0,
            }
        };
        failed = node.wait_unreached(&peer.url, peer.office, pause).await;
        if on.has_changed().is_err() {
            return;
        }
    }
}

/// One session with a peer: to its end, or until all is said.
///
/// # Errors
/// If it can't be reached.
pub(crate) async fn once(
    node: &Arc<Node>,
    peer: &Dialled,
    until: &Until,
) -> Result<Ended, DialError> {
    let target = Target::parse(&peer.url)?;
    let tcp = reach(&target).await?;
    tcp.set_nodelay(true)?;
    if !target.secure {
        return carry(node, peer, until, &target, tcp, [0; 32]).await;
    }
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| DialError::Address(peer.url.clone()))?;
    let connector = TlsConnector::from(tls::client());
    let tls = within(connector.connect(name, tcp)).await??;
    let channel = tls::exporter(tls.get_ref().1);
    carry(node, peer, until, &target, tls, channel).await
}

async fn within<T>(work: impl Future<Output = T>) -> Result<T, DialError> {
    tokio::time::timeout(ATTEMPT, work).await.map_err(|_| DialError::Silent)
}

/// Connects; while an attempt is silent, others begin beside it.
async fn reach(target: &Target) -> Result<TcpStream, DialError> {
    let mut attempts = FuturesUnordered::new();
    let attempt = || within(TcpStream::connect((target.host.clone(), target.port)));
    attempts.push(attempt());
    loop {
        tokio::select! {
            Some(done) = attempts.next() => return Ok(done??),
            () = tokio::time::sleep(BESIDE) => {
                if attempts.len() < ATTEMPTS_MAX {
                    attempts.push(attempt());
                }
            }
        }
    }
}

/// Runs a session over a stream of bytes. Its first datagram, HELLO, goes with the request for the
/// WebSocket: on a satellite that is a second sooner.
async fn carry<S>(
    node: &Arc<Node>,
    peer: &Dialled,
    until: &Until,
    target: &Target,
    stream: S,
    channel: [u8; 32],
) -> Result<Ended, DialError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, inbound) = mpsc::channel(INBOUND_MAX);
    let (outbound, mut datagrams) = mpsc::channel::<Vec<u8>>(OUTBOUND_MAX);
    let link = Link {
        role: Role::Dialer,
        channel,
        peer_office: Some(peer.office),
        url: Some(peer.url.clone()),
        inbound,
        outbound,
        until_idle: matches!(until, Until::Said),
    };
    let of_session = Arc::clone(node);
    let session = tokio::spawn(async move { of_session.sync(link).await });
    let hello = datagrams.recv().await.ok_or(DialError::Silent)?;
    let socket = upgrade(target, stream, &hello).await?;
    let (mut to_peer, mut from_peer) = socket.split();
    let wanted = until.clone();
    let reading = tokio::spawn(async move {
        loop {
            let received = tokio::select! {
                received = from_peer.next() => received,
                () = wanted.off() => None,
            };
            let Some(Ok(message)) = received else { break };
            match message {
                Message::Binary(bytes) => {
                    if sender.send(bytes.into()).await.is_err() {
                        break;
                    }
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Text(_) | Message::Close(_) | Message::Frame(_) => break,
            }
        }
    });
    let writing = tokio::spawn(async move {
        while let Some(datagram) = datagrams.recv().await {
            if to_peer.send(Message::Binary(datagram.into())).await.is_err() {
                break;
            }
        }
        drop(to_peer.close().await);
    });
    let ended = session.await;
    reading.abort();
    drop(tokio::time::timeout(Duration::from_secs(1), writing).await);
    match ended {
        Ok(Ok(ended)) => Ok(ended),
        Ok(Err(error)) => {
            tracing::error!(error = chain(&error), "a session could not go on");
            Ok(Ended::default())
        }
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Asks for a WebSocket, with the session's HELLO.
async fn upgrade<S>(
    target: &Target,
    stream: S,
    hello: &[u8],
) -> Result<WebSocketStream<S>, DialError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let scheme = if target.secure { "wss" } else { "ws" };
    let host =
        if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let mut request = format!("{scheme}://{host}:{}{LINK_PATH}", target.port)
        .into_client_request()
        .map_err(Box::new)?;
    let hello = BASE64.encode(hello).parse().expect("invariant: base64 is a header's text");
    request.headers_mut().insert(HELLO_HEADER, hello);
    let config = WebSocketConfig::default()
        .max_message_size(Some(DATAGRAM_BYTES_MAX))
        .max_frame_size(Some(DATAGRAM_BYTES_MAX));
    let opened =
        within(tokio_tungstenite::client_async_with_config(request, stream, Some(config))).await?;
    Ok(opened.map_err(Box::new)?.0)
}
