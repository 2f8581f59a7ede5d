//! What two nodes say about blobs: positional CBOR, each message within one frame.

use minicbor::{Decode, Encode};
use thiserror::Error;

use super::tree::{group_bytes, group_count};
use crate::ids::Digest;
use crate::limits::{
    BLOB_GROUP_BYTES, BLOB_MESSAGE_BYTES_MAX, BLOB_PART_BYTES, BLOB_PROOF_BYTES_MAX,
    THUMBNAIL_BYTES_MAX,
};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// Please send these groups.
    #[n(0)]
    Ask(#[n(0)] BlobAsk),
    /// A part of a group.
    #[n(1)]
    Group(#[n(0)] BlobGroup),
    /// Not to be had here.
    #[n(2)]
    None(#[n(0)] BlobNone),
    /// Which blob is this photo's thumbnail?
    #[n(3)]
    ThumbnailAsk(#[n(0)] BlobThumbnailAsk),
    /// This one is.
    #[n(4)]
    Thumbnail(#[n(0)] BlobThumbnail),
    /// The whole blob is durable here.
    #[n(5)]
    Held(#[n(0)] BlobHeld),
}

/// Asks for groups of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobAsk {
    /// BLAKE3 of the whole.
    #[n(0)]
    pub digest: Digest,
    /// Its size in bytes, as the operation says that names it.
    #[n(1)]
    pub size_bytes: u64,
    /// The first group.
    #[n(2)]
    pub first: u32,
    /// How many, at least one.
    #[n(3)]
    pub count: u32,
}

/// A part of a group: a group is larger than a frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobGroup {
    /// BLAKE3 of the whole.
    #[n(0)]
    pub digest: Digest,
    /// Its size in bytes.
    #[n(1)]
    pub size_bytes: u64,
    /// The group, from 0.
    #[n(2)]
    pub group: u32,
    /// The part of the group, from 0; each but the last has [`BLOB_PART_BYTES`].
    #[n(3)]
    pub part: u8,
    /// The group's proof, with part 0; else empty.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub proof: Vec<u8>,
    /// The bytes of the part.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// A blob, or one group of it, is not here, or not for the one who asks: both say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobNone {
    /// BLAKE3 of the whole.
    #[n(0)]
    pub digest: Digest,
    /// The group that is missing; none for all of it.
    #[n(1)]
    pub group: Option<u32>,
}

/// Asks which blob is a photo's thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobThumbnailAsk {
    /// The photo.
    #[n(0)]
    pub photo: Digest,
}

/// Says which blob is a photo's thumbnail, if there is one. It is the sender's word, so that it
/// holds only until the photo itself is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobThumbnail {
    /// The photo.
    #[n(0)]
    pub photo: Digest,
    /// The thumbnail.
    #[n(1)]
    pub preview: Option<Preview>,
}

/// A thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Preview {
    /// BLAKE3 of its bytes.
    #[n(0)]
    pub digest: Digest,
    /// Its size in bytes, at most [`THUMBNAIL_BYTES_MAX`].
    #[n(1)]
    pub size_bytes: u64,
}

/// The whole blob is durable at the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobHeld {
    /// BLAKE3 of the whole.
    #[n(0)]
    pub digest: Digest,
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// More than [`BLOB_MESSAGE_BYTES_MAX`].
    #[error("the message is too long")]
    TooLong,
    /// Not the CBOR of a message.
    #[error("the message is malformed")]
    Malformed,
    /// A size, number or length that can't be.
    #[error("the message names what cannot be")]
    OutOfRange,
}

impl Message {
    /// Its bytes, at most [`BLOB_MESSAGE_BYTES_MAX`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("invariant: writing to memory does not fail")
    }

    /// Bytes of [`Self::encode`], or a few more.
    #[must_use]
    pub fn encoded_bytes_max(&self) -> usize {
        const HEAD_BYTES_MAX: usize = 96;
        match self {
            Self::Group(group) => HEAD_BYTES_MAX + group.proof.len() + group.bytes.len(),
            Self::Ask(_)
            | Self::None(_)
            | Self::ThumbnailAsk(_)
            | Self::Thumbnail(_)
            | Self::Held(_) => HEAD_BYTES_MAX,
        }
    }

    /// Reads a message from a peer: nothing in it is trusted, its lengths and numbers fit.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > BLOB_MESSAGE_BYTES_MAX {
            return Err(MessageError::TooLong);
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        let message: Self = decoder.decode().map_err(|_| MessageError::Malformed)?;
        if decoder.position() != bytes.len() {
            return Err(MessageError::Malformed);
        }
        if message.fits() { Ok(message) } else { Err(MessageError::OutOfRange) }
    }

    fn fits(&self) -> bool {
        match self {
            Self::Ask(ask) => {
                let groups = group_count(ask.size_bytes).unwrap_or(0);
                let end = ask.first.checked_add(ask.count);
                ask.count > 0 && end.is_some_and(|end| end <= groups)
            }
            Self::Group(part) => part.fits(),
            Self::Thumbnail(BlobThumbnail { preview: Some(preview), .. }) => {
                (1..=THUMBNAIL_BYTES_MAX as u64).contains(&preview.size_bytes)
            }
            Self::None(_) | Self::ThumbnailAsk(_) | Self::Thumbnail(_) | Self::Held(_) => true,
        }
    }
}

impl BlobGroup {
    fn fits(&self) -> bool {
        let proof = if self.part == 0 { BLOB_PROOF_BYTES_MAX } else { 0 };
        let groups = group_count(self.size_bytes).unwrap_or(0);
        let length = part_bytes(group_bytes(self.size_bytes, self.group), self.part);
        self.group < groups && self.proof.len() <= proof && length > 0 && self.bytes.len() == length
    }
}

/// Parts that a full group is sent in.
pub(super) const PARTS_MAX: usize = BLOB_GROUP_BYTES.div_ceil(BLOB_PART_BYTES);

/// Parts of a group of this many bytes.
pub(super) fn part_count(group_bytes: usize) -> usize {
    group_bytes.div_ceil(BLOB_PART_BYTES)
}

/// Bytes of a part; zero beyond the group's end.
pub(super) fn part_bytes(group_bytes: usize, part: u8) -> usize {
    let start = usize::from(part) * BLOB_PART_BYTES;
    group_bytes.saturating_sub(start).min(BLOB_PART_BYTES)
}
