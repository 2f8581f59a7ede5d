//! The server: connections, TLS, and an orderly end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::http::{Channel, Peer, chain};
use crate::tls::exporter;

/// Connections open at once; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 4_096;
/// Time to send the head of a request, or to be idle between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// Time for a TLS handshake: two round trips on the weakest link.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
/// Time that requests in progress have once the server is asked to stop.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a connection could not be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is ready; then `closing` turns true, requests in progress end, and it
/// returns.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    closing: watch::Sender<bool>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let place = place.await.expect("invariant: the semaphore is never closed");
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        let Some((tcp, address)) = usable(accepted).await else { continue };
        let (tls, router, watch) = (tls.clone(), router.clone(), closing.subscribe());
        connections.spawn(async move {
            connection(tcp, address, tls, router, watch).await;
            drop(place);
        });
    }
    drop(listener);
    closing.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSING_TIMEOUT, all).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn usable(accepted: io::Result<(TcpStream, SocketAddr)>) -> Option<(TcpStream, SocketAddr)> {
    match accepted {
        Ok((tcp, address)) => {
            // Answers are small and must not wait for each other.
            tcp.set_nodelay(true).ok()?;
            Some((tcp, address))
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection(
    tcp: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    closing: watch::Receiver<bool>,
) {
    let Some(tls) = tls else {
        return http(tcp, address, Channel::default(), router, closing).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(tcp)).await {
        Ok(Ok(stream)) => {
            let channel = Channel(exporter(stream.get_ref().1));
            http(stream, address, channel, router, closing).await;
        }
        Ok(Err(error)) => tracing::debug!(error = chain(&error), "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn http<S>(
    stream: S,
    address: SocketAddr,
    channel: Channel,
    router: Router,
    mut closing: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(address));
        request.extensions_mut().insert(channel);
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let closed =
        async { while !*closing.borrow_and_update() && closing.changed().await.is_ok() {} };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closed => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = chain(&error), "a connection broke");
    }
}
