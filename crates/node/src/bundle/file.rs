//! The file of a bundle: a line that names it, who may open it, and sealed chunks.
//!
//! `docs/formats/bundle.md` gives the bytes. The chunks are HPKE (RFC 9180) in its authenticated
//! mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; chunks count, the last says so.

use domain::ids::WriterId;
use domain::sync::bundle::Envelope;
use ed25519_dalek::SigningKey;
use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, X25519HkdfSha256};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use minicbor::Encode;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::BundleError;
use crate::{clock, keys};

const INFO: &[u8] = b"genggam bundle 1";
/// Bytes of one chunk before it is sealed.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes that sealing adds.
const TAG_BYTES: usize = 16;
const MORE: &[u8] = b"more";
const LAST: &[u8] = b"last";

type Sender = AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type Receiver = AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;

/// Seals what is written into it.
pub(super) struct Sealer {
    bytes: Vec<u8>,
    held: Vec<u8>,
    sender: Sender,
}

impl Sealer {
    pub(super) fn begin(
        own: &SigningKey,
        (from, to): (WriterId, WriterId),
        to_key: &[u8; 32],
    ) -> Result<Self, BundleError> {
        let secret = keys::seal_secret(own);
        let public = X25519HkdfSha256::sk_to_pk(&secret);
        let to_key = Public::from_bytes(to_key).map_err(|_| BundleError::NoKey)?;
        let mut chance = ChaCha20Rng::from_seed(clock::random());
        let (key, sender): (<X25519HkdfSha256 as Kem>::EncappedKey, Sender) =
            hpke::setup_sender_with_rng(
                &OpModeS::Auth((secret, public)),
                &to_key,
                INFO,
                &mut chance,
            )
            .map_err(|_| BundleError::NoKey)?;
        let envelope = Envelope { from, to, key: key.to_bytes().to_vec() };
        Ok(Self { bytes: envelope.begin(), held: Vec::new(), sender })
    }

    pub(super) fn write(&mut self, item: &impl Encode<()>) {
        minicbor::encode(item, &mut self.held).expect("invariant: writing to memory");
        while self.held.len() > CHUNK_BYTES {
            let rest = self.held.split_off(CHUNK_BYTES);
            self.seal(MORE);
            self.held = rest;
        }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.held.len()
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.seal(LAST);
        self.bytes
    }

    fn seal(&mut self, which: &[u8]) {
        let sealed = self.sender.seal(&self.held, which);
        let sealed = sealed.expect("invariant: fewer chunks than the cipher counts");
        self.bytes.extend(sealed);
        self.held.clear();
    }
}

/// What a bundle's chunks hold, if this node can open them and they are its sender's and whole.
pub(super) fn open(
    own: &SigningKey,
    envelope: &Envelope,
    from_key: &[u8; 32],
    chunks: &[u8],
) -> Result<Vec<u8>, BundleError> {
    let from_key = Public::from_bytes(from_key).map_err(|_| BundleError::NoKey)?;
    let key = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&envelope.key)
        .map_err(|_| BundleError::NoBundle)?;
    let secret = keys::seal_secret(own);
    let mut receiver: Receiver =
        hpke::setup_receiver(&OpModeR::Auth(from_key), &secret, &key, INFO)
            .map_err(|_| BundleError::Damaged)?;
    let mut whole = Vec::with_capacity(chunks.len());
    let mut rest = chunks;
    loop {
        let at = rest.len().min(CHUNK_BYTES + TAG_BYTES);
        let (chunk, after) = rest.split_at(at);
        let which = if after.is_empty() { LAST } else { MORE };
        whole.extend(receiver.open(chunk, which).map_err(|_| BundleError::Damaged)?);
        if after.is_empty() {
            return Ok(whole);
        }
        rest = after;
    }
}
