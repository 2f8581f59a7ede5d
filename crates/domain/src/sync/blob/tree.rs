//! Proofs: a group of 16 KiB with the hashes on its way up to the digest of the whole.

use std::ops::Range;

use bao_tree::io::outboard::PreOrderMemOutboard;
use bao_tree::io::sync::{DecodeResponseIter, Outboard as _};
use bao_tree::{BaoTree, BlockSize, ChunkNum, ChunkRanges, iter::BaoChunk};
use thiserror::Error;

use crate::ids::Digest;
use crate::limits::{BLOB_BYTES_MAX, BLOB_GROUP_BYTES, BLOB_PROOF_BYTES_MAX};

/// BLAKE3 hashes chunks of 1 KiB; a group is 2⁴ of them.
const GROUP: BlockSize = BlockSize::from_chunk_log(4);
const CHUNKS_PER_GROUP: u64 = 16;

/// A group that isn't what the digest stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadGroup {
    /// The file is empty, or over [`BLOB_BYTES_MAX`].
    #[error("a file of this size cannot be")]
    Size,
    /// The file has no such group.
    #[error("the file has no such group")]
    Number,
    /// The group or its proof isn't of the length that it must have.
    #[error("the group or its proof has the wrong length")]
    Length,
    /// The hashes don't lead to the digest.
    #[error("the group does not belong to the file")]
    Proof,
}

/// A group with its proof. INVARIANT: made only by [`Group::verify`] and [`Outboard::groups`], so
/// it belongs to the file of this digest and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    digest: Digest,
    size_bytes: u64,
    number: u32,
    proof: Vec<u8>,
    bytes: Vec<u8>,
}

impl Group {
    /// Checks a group against the digest of the file. A last group proves the size too; any other
    /// proves its bytes, whatever the size is.
    ///
    /// # Errors
    /// [`BadGroup`]; nothing of the group may be kept then.
    pub fn verify(
        digest: Digest,
        size_bytes: u64,
        number: u32,
        proof: Vec<u8>,
        bytes: Vec<u8>,
    ) -> Result<Self, BadGroup> {
        let groups = group_count(size_bytes).ok_or(BadGroup::Size)?;
        if number >= groups {
            return Err(BadGroup::Number);
        }
        if bytes.len() != group_bytes(size_bytes, number) || proof.len() > BLOB_PROOF_BYTES_MAX {
            return Err(BadGroup::Length);
        }
        let ranges = chunks(number);
        let root = blake3::Hash::from_bytes(digest.0);
        let mut rest = proof.as_slice();
        let tree = BaoTree::new(size_bytes, GROUP);
        let encoded = std::io::Read::chain(&mut rest, bytes.as_slice());
        // A proof that is too short or too long moves the border to the bytes, and hashes differ.
        for item in DecodeResponseIter::new(root, tree, encoded, &ranges) {
            drop(item.map_err(|_| BadGroup::Proof)?);
        }
        Ok(Self { digest, size_bytes, number, proof, bytes })
    }

    /// BLAKE3 of the whole file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Size of the whole file in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Which group, from 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Pairs of hashes from the top down, 64 bytes each.
    #[must_use]
    pub fn proof(&self) -> &[u8] {
        &self.proof
    }

    /// The bytes of the group.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The hash tree of a whole file.
#[derive(Debug)]
pub struct Outboard<'a> {
    tree: PreOrderMemOutboard,
    bytes: &'a [u8],
}

impl<'a> Outboard<'a> {
    /// Hashes a file.
    ///
    /// # Errors
    /// [`BadGroup::Size`] if it is empty or over [`BLOB_BYTES_MAX`].
    pub fn of(bytes: &'a [u8]) -> Result<Self, BadGroup> {
        group_count(bytes.len() as u64).ok_or(BadGroup::Size)?;
        Ok(Self { tree: PreOrderMemOutboard::create(bytes, GROUP), bytes })
    }

    /// BLAKE3 of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(*self.tree.root.as_bytes())
    }

    /// Its groups, each with its proof, in order.
    pub fn groups(&self) -> impl Iterator<Item = Group> + '_ {
        self.bytes.chunks(BLOB_GROUP_BYTES).zip(0..).map(|(bytes, number)| Group {
            digest: self.digest(),
            size_bytes: self.bytes.len() as u64,
            number,
            proof: self.proof(number),
            bytes: bytes.to_vec(),
        })
    }

    fn proof(&self, number: u32) -> Vec<u8> {
        let mut proof = Vec::new();
        for item in self.tree.tree.ranges_pre_order_chunks_iter_ref(&chunks(number), 0) {
            let BaoChunk::Parent { node, .. } = item else { continue };
            let pair = self.tree.load(node).ok().flatten();
            let (left, right) = pair.expect("invariant: the tree is whole, in memory");
            proof.extend_from_slice(left.as_bytes());
            proof.extend_from_slice(right.as_bytes());
        }
        proof
    }
}

fn chunks(number: u32) -> ChunkRanges {
    let first = u64::from(number) * CHUNKS_PER_GROUP;
    ChunkRanges::from(ChunkNum(first)..ChunkNum(first + CHUNKS_PER_GROUP))
}

/// Groups of a file of this size; none for a size that no file of ours has.
#[must_use]
pub fn group_count(size_bytes: u64) -> Option<u32> {
    let fits = (1..=BLOB_BYTES_MAX as u64).contains(&size_bytes);
    let groups = size_bytes.div_ceil(BLOB_GROUP_BYTES as u64);
    if fits { u32::try_from(groups).ok() } else { None }
}

/// Bytes of a group: all but the last are full. Zero beyond the file's end.
#[must_use]
pub fn group_bytes(size_bytes: u64, number: u32) -> usize {
    let range = byte_range(size_bytes, number);
    usize::try_from(range.end - range.start).unwrap_or(0)
}

fn byte_range(size_bytes: u64, number: u32) -> Range<u64> {
    let start = u64::from(number) * BLOB_GROUP_BYTES as u64;
    start.min(size_bytes)..start.saturating_add(BLOB_GROUP_BYTES as u64).min(size_bytes)
}
