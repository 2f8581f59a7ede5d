//! Who may write: keys of nodes and devices, certified and revoked by operations of the control
//! lane, from an offline root downwards.
//!
//! An authority certifies keys of the offices below its own, and devices of its own. What it said
//! holds as far as its own stream is trusted. The same statements give the same trust in whatever
//! order they arrived.

mod fold;
mod holder;

use minicbor::{Decode, Encode};

pub use self::fold::{Distrust, Entry, Statement, Trust, What};
pub use self::holder::Holder;

use crate::ids::{Digest, OfficeId, WriterId};
use crate::limits::{REASON_BYTES_MAX, REVOKED_STREAMS_MAX, TEXT_BYTES_MAX};
use crate::op::{Limit, StreamId};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyRole {
    /// A node: it may certify below its office.
    #[n(0)]
    Node,
    /// A phone or browser of a person at an office: it certifies nobody, and speaks for that
    /// person alone.
    #[n(1)]
    Device,
}

/// A key may write for an office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Certificate {
    /// What the key is for.
    #[n(0)]
    pub role: KeyRole,
    /// The Ed25519 key that signs its streams.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The X25519 key that bundles for it are encrypted to; zeros where none ever is.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seal: [u8; 32],
    /// Its office.
    #[n(3)]
    pub office: OfficeId,
    /// What people call it.
    #[n(4)]
    pub name: String,
    /// Whose device it is in; none for a node.
    #[n(5)]
    pub holder: Option<Holder>,
}

/// A key is trusted no longer: what it wrote counts up to a place in each stream, whatever time
/// its operations claim.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Revocation {
    /// Whose key.
    #[n(0)]
    pub writer: WriterId,
    /// The last trusted operation of each stream, streams in ascending order; of a stream that
    /// isn't named nothing is trusted.
    #[n(1)]
    pub trusted: Vec<Trusted>,
    /// Why, in words.
    #[n(2)]
    pub reason: String,
}

/// How far a stream of a revoked key is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Trusted {
    /// The stream.
    #[n(0)]
    pub stream: StreamId,
    /// The sequence number of its last trusted operation.
    #[n(1)]
    pub last_seq: u64,
    /// The chain link of that operation: the authority vouches for the chain so far, so that it
    /// can be checked where the writer signed no head.
    #[n(2)]
    pub link: Digest,
}

impl Certificate {
    /// Whether the key itself agreed to be certified: a device's must have, so that no node adds
    /// one by itself. A node asks by a request that people carry.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        self.holder.as_ref().is_none_or(|holder| holder.proves(&self.key))
    }

    pub(crate) fn check(&self) -> Result<(), Limit> {
        if self.name.len() > TEXT_BYTES_MAX {
            return Err(Limit::Text);
        }
        let held = self.holder.is_some();
        if held == (self.role == KeyRole::Device) { Ok(()) } else { Err(Limit::Holder) }
    }
}

impl Revocation {
    pub(crate) fn check(&self) -> Result<(), Limit> {
        if self.reason.len() > REASON_BYTES_MAX {
            return Err(Limit::Reason);
        }
        let sorted = self.trusted.is_sorted_by(|a, b| a.stream < b.stream);
        if self.trusted.len() > REVOKED_STREAMS_MAX || !sorted {
            return Err(Limit::Streams);
        }
        Ok(())
    }
}
