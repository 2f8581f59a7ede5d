//! The connection of a played office: TCP, TLS 1.3, WebSocket.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, SignatureScheme, version};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// The exporter's label, as nodes use it.
const LABEL: &[u8] = b"EXPORTER-genggam-sync-1";

/// A connection that carries datagrams.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TlsStream<TcpStream>>);

impl Socket {
    /// Dials a node: the connection, and its TLS exporter.
    pub(crate) async fn dial(to: SocketAddr) -> anyhow::Result<(Self, [u8; 32])> {
        let tcp = TcpStream::connect(to).await.context("the centre can't be reached")?;
        tcp.set_nodelay(true)?;
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ProvedInHello))
            .with_no_client_auth();
        let name = ServerName::try_from("genggam")?;
        let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        let channel = tls.get_ref().1.export_keying_material([0; 32], LABEL, None)?;
        let url = format!("wss://{to}/api/link");
        let (socket, _) = tokio_tungstenite::client_async(url, tls).await?;
        Ok((Self(socket), channel))
    }

    /// Sends a datagram.
    pub(crate) async fn send(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.send(Message::Binary(bytes.into())).await?)
    }

    /// The next datagram.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<Vec<u8>> {
        while let Some(message) = self.0.next().await {
            if let Message::Binary(bytes) = message? {
                return Ok(bytes.into());
            }
        }
        anyhow::bail!("the centre hung up")
    }
}

/// The session's HELLO proves who answers.
#[derive(Debug)]
struct ProvedInHello;

impl ServerCertVerifier for ProvedInHello {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
