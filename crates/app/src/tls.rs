//! TLS of nodes: for browsers an ordinary certificate; between nodes the proof in HELLO, which signs
//! the connection's exporter, so that nodes need no certificates of a public authority.

use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, ConnectionCommon, DigitallySignedStruct, ServerConfig, SignatureScheme,
};

/// The exporter's label.
const LABEL: &[u8] = b"EXPORTER-genggam-sync-1";
/// Where a node keeps the certificate that it made for itself, and its key.
const OWN_CERT: &str = "tls-cert.pem";
const OWN_KEY: &str = "tls-key.pem";

/// Why TLS can't be offered.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error("cannot read `{path}`: {source}")]
    Read { path: String, source: rustls::pki_types::pem::Error },
    #[error("cannot write `{path}`: {source}")]
    Write { path: String, source: io::Error },
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    #[error("the certificate and key do not fit: {0}")]
    Unfit(#[from] rustls::Error),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// TLS 1.2 and 1.3 with the certificate chain and key of these PEM files.
pub(crate) fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let read = |path: &Path| {
        let path = path.display().to_string();
        move |source| TlsError::Read { path, source }
    };
    let chain = CertificateDer::pem_file_iter(cert).map_err(read(cert))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(read(cert))?;
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(read(key))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// TLS with a certificate that the node makes for itself, once: good between nodes; browsers warn.
pub(crate) fn own(dir: &Path) -> Result<TlsAcceptor, TlsError> {
    let (cert, key) = (dir.join(OWN_CERT), dir.join(OWN_KEY));
    if !cert.exists() || !key.exists() {
        let made = rcgen::generate_simple_self_signed(vec!["genggam".to_owned()])?;
        write(&key, made.signing_key.serialize_pem().as_bytes())?;
        write(&cert, made.cert.pem().as_bytes())?;
    }
    acceptor(&cert, &key)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    let failed = |source| TlsError::Write { path: path.display().to_string(), source };
    node::write_private(path, bytes).map_err(failed)
}

/// How a node dials another: TLS 1.3 alone, any certificate. A stranger in between has another
/// exporter on each side, and no key that is certified in the log to sign it with.
pub(crate) fn client() -> Arc<ClientConfig> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("invariant: the provider speaks TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ProvedInHello(algorithms)))
        .with_no_client_auth();
    Arc::new(config)
}

/// The exporter of a connection, by which both ends know that they speak over the same one.
pub(crate) fn exporter<Data>(connection: &ConnectionCommon<Data>) -> [u8; 32] {
    connection.export_keying_material([0; 32], LABEL, None).unwrap_or_default()
}

/// Leaves it to the session's HELLO to prove who answers; the handshake's own signature is
/// verified as ever.
#[derive(Debug)]
struct ProvedInHello(WebPkiSupportedAlgorithms);

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
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
