//! Devices: for how long they may seal offline, how they seal, and what they send.
//!
//! A device is a node without children: it seals operations itself, each under a signed head, and
//! hands them to the node that enrolled it. `docs/formats/device.md` gives the bytes.

mod seal;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;

pub use self::seal::{Place, SealError, Sealed, seal_form};

use crate::hlc::Hlc;
use crate::ids::{Digest, OfficeId, PersonId, SubmissionId, WriterId};
use crate::limits::{CLOCK_AHEAD_FLAG_MS, LEASE_MS_MAX};
use crate::office::OfficeEvent;
use crate::op::{Change, FORMAT, Op, StreamId};
use crate::permit::Permit;
use crate::problem::ProblemCode;

/// For how long a device may seal without asking its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Lease {
    /// The device.
    #[n(0)]
    pub writer: WriterId,
    /// Whose it is.
    #[n(1)]
    pub person: PersonId,
    /// Its office.
    #[n(2)]
    pub office: OfficeId,
    /// From this moment, in milliseconds since 1970 by the node's clock.
    #[n(3)]
    pub from_ms: u64,
    /// Until this one.
    #[n(4)]
    pub until_ms: u64,
}

/// A lease under its node's signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedLease {
    /// The lease.
    #[n(0)]
    pub lease: Lease,
    /// Ed25519 over `"genggam lease 1" ‖ cbor(lease)`.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// Why a device may not seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LeaseError {
    /// Its node has not signed it.
    #[error("the lease is not its node's")]
    Forged,
    /// It holds for another time.
    #[error("the lease does not hold at this time")]
    Ended,
}

impl LeaseError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> ProblemCode {
        match self {
            Self::Forged => ProblemCode::DeviceLeaseForged,
            Self::Ended => ProblemCode::DeviceLeaseEnded,
        }
    }
}

impl Lease {
    /// The longest lease from a moment on.
    #[must_use]
    pub fn from(writer: WriterId, person: PersonId, office: OfficeId, from_ms: u64) -> Self {
        Self { writer, person, office, from_ms, until_ms: from_ms.saturating_add(LEASE_MS_MAX) }
    }

    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedLease {
        SignedLease { lease: self, signature: key.sign(&leased_bytes(&self)).to_bytes() }
    }

    /// Whether it holds at a moment. A clock that was set by the node's runs astray a little.
    ///
    /// # Errors
    /// [`LeaseError::Ended`].
    pub fn holds_at(&self, ms: u64) -> Result<(), LeaseError> {
        let begun = self.from_ms <= ms.saturating_add(CLOCK_AHEAD_FLAG_MS);
        let short = self.until_ms.saturating_sub(self.from_ms) <= LEASE_MS_MAX;
        if begun && ms <= self.until_ms && short { Ok(()) } else { Err(LeaseError::Ended) }
    }

    /// What the node granted in advance: its policy is asked when the operation arrives.
    ///
    /// # Errors
    /// [`LeaseError::Ended`].
    pub fn permit(&self, office: OfficeId, ms: u64) -> Result<Permit, LeaseError> {
        self.holds_at(ms)?;
        Ok(Permit::granted(self.person, office, "lease"))
    }
}

impl SignedLease {
    /// The lease, if the node with this key signed it.
    ///
    /// # Errors
    /// [`LeaseError::Forged`].
    pub fn open(&self, key: &VerifyingKey) -> Result<&Lease, LeaseError> {
        let signature = Signature::from_bytes(&self.signature);
        let signed = key.verify_strict(&leased_bytes(&self.lease), &signature);
        signed.map_err(|_| LeaseError::Forged)?;
        Ok(&self.lease)
    }
}

fn leased_bytes(lease: &Lease) -> Vec<u8> {
    let mut bytes = b"genggam lease 1".to_vec();
    minicbor::encode(lease, &mut bytes).expect("invariant: writing to memory does not fail");
    bytes
}

/// The operation of a device under its lease.
#[must_use]
pub fn operation(lease: &Lease, time: Hlc, submission: SubmissionId, change: Change) -> Op {
    let (author, office) = (lease.person, lease.office);
    Op { format: FORMAT, time, author, office, submission, change, moved: None }
}

/// What tells a repetition of a sealed submission from another under the same key.
#[must_use]
pub fn submission_digest(op: &Op) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam sealed submission 1").update(&op.author.0);
    hasher.update(&crate::op::encode(&op.change));
    Digest(*hasher.finalize().as_bytes())
}

/// What a device sends: operations in the order in which it sealed them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Parcel {
    /// The lease under which they were sealed.
    #[n(0)]
    pub lease: SignedLease,
    /// The operations; none asks for a new lease.
    #[n(1)]
    pub deliveries: Vec<Delivery>,
}

/// One operation with the signed head after it, so that any part of a parcel can be kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Delivery {
    /// Its stream.
    #[n(0)]
    pub stream: StreamId,
    /// Its place there.
    #[n(1)]
    pub seq: u64,
    /// Its bytes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub op: Vec<u8>,
    /// The signature over the head after it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What a device judges forms by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Kit {
    /// The latest version of each pack, in its own encoding.
    #[n(0)]
    pub packs: Vec<ByteVec>,
    /// What made the offices, from the first.
    #[n(1)]
    pub offices: Vec<OfficeEvent>,
}
