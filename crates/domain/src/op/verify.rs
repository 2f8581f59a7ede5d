//! Signed heads, and what a peer sends under them.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use thiserror::Error;

use super::seal::{self, OpError, SealedOp, StreamHead};
use super::{StreamId, open_stored};
use crate::ids::{Digest, WriterId};
use crate::planted::{self, Bug};
use crate::problem::ProblemCode;

/// The writer that has this key.
#[must_use]
pub fn writer_id(key: &VerifyingKey) -> WriterId {
    let digest = blake3::hash(key.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    WriterId(id)
}

/// A stream's head under its writer's signature: it vouches for every operation before it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedHead {
    /// The stream.
    #[n(0)]
    pub stream: StreamId,
    /// The sequence number that comes next.
    #[n(1)]
    pub next_seq: u64,
    /// The chain link of the last operation.
    #[n(2)]
    pub link: Digest,
    /// Ed25519 over `"genggam head 1" ‖ cbor(stream) ‖ next_seq (8 bytes, big end first) ‖ link`.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl SignedHead {
    /// The head that is signed.
    #[must_use]
    pub fn head(&self) -> StreamHead {
        StreamHead { next_seq: self.next_seq, link: self.link }
    }

    /// Whether the stream's writer has this key and signed this head with it.
    pub fn check(&self, key: &VerifyingKey) -> Result<(), VerifyError> {
        if writer_id(key) != self.stream.writer {
            return Err(VerifyError::OtherKey);
        }
        if planted::is(Bug::AnySignature) {
            return Ok(());
        }
        let signature = Signature::from_bytes(&self.signature);
        key.verify_strict(&signed_bytes(&self.stream, &self.head()), &signature)
            .map_err(|_| VerifyError::Signature)
    }
}

/// Signs a stream's head with its writer's key.
#[must_use]
pub fn sign_head(key: &SigningKey, stream: &StreamId, head: &StreamHead) -> SignedHead {
    let signature = key.sign(&signed_bytes(stream, head)).to_bytes();
    SignedHead { stream: stream.clone(), next_seq: head.next_seq, link: head.link, signature }
}

/// Why what a peer sent is not believed.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The head is of another stream.
    #[error("the signed head is of another stream")]
    OtherStream,
    /// The key isn't that of the stream's writer.
    #[error("the key is not the stream's writer's")]
    OtherKey,
    /// The signature doesn't hold.
    #[error("the signature does not hold")]
    Signature,
    /// The head doesn't come as many operations later as were sent.
    #[error("{sent} operations were sent from {from}, the head is at {next_seq}")]
    Count {
        /// The sequence number of the first.
        from: u64,
        /// How many were sent.
        sent: usize,
        /// The signed head.
        next_seq: u64,
    },
    /// The operations don't chain to the signed head.
    #[error("the operations do not chain to the signed head")]
    Chain,
    /// An operation is none, although the chain holds.
    #[error("operation {seq} of the stream is malformed")]
    Op {
        /// Its place in the stream.
        seq: u64,
        /// What is wrong with it.
        source: OpError,
    },
}

impl VerifyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Op { source, .. } => source.code(),
            Self::OtherStream
            | Self::OtherKey
            | Self::Signature
            | Self::Count { .. }
            | Self::Chain => ProblemCode::OpForged,
        }
    }
}

/// Opens the operations of a stream that follow the head `from` and end at a signed head.
///
/// The chain is judged before any operation is decoded: what the writer didn't sign is forged,
/// whatever it says.
pub fn verify(
    stream: &StreamId,
    from: &StreamHead,
    bytes: &[Vec<u8>],
    head: &SignedHead,
    key: &VerifyingKey,
) -> Result<Vec<SealedOp>, VerifyError> {
    if head.stream != *stream {
        return Err(VerifyError::OtherStream);
    }
    head.check(key)?;
    let sent = u64::try_from(bytes.len()).ok().and_then(|sent| from.next_seq.checked_add(sent));
    if sent != Some(head.next_seq) {
        let next_seq = head.next_seq;
        return Err(VerifyError::Count { from: from.next_seq, sent: bytes.len(), next_seq });
    }
    if bytes.iter().fold(from.link, |link, bytes| seal::link(&link, bytes)) != head.link {
        return Err(VerifyError::Chain);
    }
    open_chain(stream, from, bytes)
}

/// Opens the operations of a stream that follow the head `from`. That they are its writer's is
/// for the caller to know: by a signed head, or because a standing authority vouches for the link
/// to which they lead.
pub fn open_chain(
    stream: &StreamId,
    from: &StreamHead,
    bytes: &[Vec<u8>],
) -> Result<Vec<SealedOp>, VerifyError> {
    let mut at = *from;
    let mut ops = Vec::with_capacity(bytes.len());
    for bytes in bytes {
        let seq = at.next_seq;
        let op = open_stored(stream, seq, at.link, bytes.clone())
            .map_err(|source| VerifyError::Op { seq, source })?;
        at = op.head();
        ops.push(op);
    }
    Ok(ops)
}

fn signed_bytes(stream: &StreamId, head: &StreamHead) -> Vec<u8> {
    let mut bytes = b"genggam head 1".to_vec();
    bytes.extend(seal::encode(stream));
    bytes.extend(head.next_seq.to_be_bytes());
    bytes.extend(head.link.0);
    bytes
}
