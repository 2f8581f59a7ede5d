//! How a node fares, as its parent sees it.

use minicbor::{Decode, Encode};

use crate::ids::{OfficeId, WriterId};
use crate::limits::{HELLO_PACKS_MAX, TEXT_BYTES_MAX};

/// A node's last contact, versions, queue and clock. About nodes and offices, never about people.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Health {
    /// Its key, as a writer.
    #[n(0)]
    pub writer: WriterId,
    /// Its office.
    #[n(1)]
    pub office: OfficeId,
    /// What people call it.
    #[n(2)]
    pub name: String,
    /// The program's version.
    #[n(3)]
    pub program: String,
    /// The protocol that it speaks.
    #[n(4)]
    pub protocol: u32,
    /// When its parent last heard it, by the parent's clock, in milliseconds since 1970.
    #[n(5)]
    pub heard_ms: u64,
    /// Its clock minus its parent's, in milliseconds.
    #[n(6)]
    pub offset_ms: i64,
    /// Operations that wait to go up, by lane.
    #[n(7)]
    pub waiting: [u64; 5],
    /// When the oldest of them was received there, in milliseconds since 1970.
    #[n(8)]
    pub oldest_waiting_ms: Option<u64>,
    /// The latest version of each pack that it has.
    #[n(9)]
    pub packs: Vec<(String, u32)>,
    /// Operations in its log.
    #[n(10)]
    pub log_ops: u64,
    /// The node that saw it so.
    #[n(11)]
    pub via: WriterId,
}

impl Health {
    pub(super) fn within_limits(&self) -> bool {
        let texts = [&self.name, &self.program];
        texts.iter().all(|text| text.len() <= TEXT_BYTES_MAX)
            && self.packs.len() <= HELLO_PACKS_MAX
            && self.packs.iter().all(|(name, _)| name.len() <= TEXT_BYTES_MAX)
    }
}
