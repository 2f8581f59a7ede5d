//! Sealing: giving an operation its bytes and its place in a chain.

use thiserror::Error;

use super::{Change, FORMAT, Op, StreamId, check};
use crate::ids::{Digest, OfficeId, OpTag, PersonId};
use crate::limits::OP_BYTES_MAX;
use crate::permit::Permit;
use crate::problem::ProblemCode;

/// Bytes by which an operation that is written again may be longer: one chain link.
const MOVED_BYTES: usize = 34;

/// Where a stream stands: what its next operation will be chained to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The sequence number of the next operation; the first has 1.
    pub next_seq: u64,
    /// The chain link of the last operation, `h_0` before the first.
    pub link: Digest,
}

impl StreamHead {
    /// The head of a stream that has no operation yet.
    #[must_use]
    pub fn start(stream: &StreamId) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"genggam stream 1");
        hasher.update(&encode(stream));
        Self { next_seq: 1, link: Digest(hasher.finalize().into()) }
    }
}

/// An operation in its stream, with its bytes and chain link.
///
/// INVARIANT: the bytes are the operation's, canonical and within every limit, and the link is
/// theirs. Made only by [`seal`], [`open_stored`] and [`super::verify()`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedOp {
    stream: StreamId,
    seq: u64,
    prev: Digest,
    link: Digest,
    origin: Digest,
    op: Op,
    bytes: Vec<u8>,
}

impl SealedOp {
    /// The stream that it stands in.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Its place in the stream, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The chain link before it.
    #[must_use]
    pub fn prev(&self) -> Digest {
        self.prev
    }

    /// Its chain link.
    #[must_use]
    pub fn link(&self) -> Digest {
        self.link
    }

    /// Its chain link where it stood first: it keeps it when it is written again.
    #[must_use]
    pub fn origin(&self) -> Digest {
        self.origin
    }

    /// Its short name.
    #[must_use]
    pub fn tag(&self) -> OpTag {
        self.origin.tag()
    }

    /// The operation.
    #[must_use]
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The stream's head after it.
    #[must_use]
    pub fn head(&self) -> StreamHead {
        StreamHead { next_seq: self.seq.saturating_add(1), link: self.link }
    }

    /// What a fold takes of it.
    #[must_use]
    pub fn tagged(&self) -> crate::record::Tagged {
        let audience = Some(self.stream.audience.clone());
        crate::record::Tagged { tag: self.tag(), audience, op: self.op.clone() }
    }
}

/// Why an operation is no operation.
#[derive(Debug, Error)]
pub enum OpError {
    /// More bytes than [`OP_BYTES_MAX`].
    #[error("the operation has {bytes} bytes, more than {OP_BYTES_MAX}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// The bytes are not an operation.
    #[error("the bytes are not an operation")]
    Malformed(#[source] minicbor::decode::Error),
    /// The bytes say an operation in another than the one way to say it.
    #[error("the bytes are not in canonical form")]
    NotCanonical,
    /// A later format.
    #[error("the operation has format {found}, this build knows {FORMAT}")]
    Format {
        /// The format.
        found: u8,
    },
    /// Something in it is beyond a limit or out of order.
    #[error("the operation is beyond a limit: {0}")]
    Limit(Limit),
    /// The author isn't the person who was permitted.
    #[error("the author {author} is not the person permitted, {permitted}")]
    OtherAuthor {
        /// Who stands in the operation.
        author: PersonId,
        /// Who was permitted.
        permitted: PersonId,
    },
    /// The record's owner isn't the office for which it was permitted.
    #[error("the record belongs to office {owner}, permitted was {permitted}")]
    OtherOffice {
        /// Who would own the record.
        owner: OfficeId,
        /// Whose resource was permitted.
        permitted: OfficeId,
    },
}

/// What is beyond a limit or out of order in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Limit {
    /// The time lies after the year 9999.
    #[error("its time is after the year 9999")]
    Time,
    /// Too many heads seen.
    #[error("it saw too many operations")]
    Saw,
    /// The heads seen are not sorted, or one is there twice.
    #[error("the operations it saw are not sorted")]
    SawOrder,
    /// Too many cells.
    #[error("it has too many cells")]
    Cells,
    /// Too many returned cells.
    #[error("it returns too many cells")]
    Returned,
    /// A text is too long.
    #[error("a text is too long")]
    Text,
    /// A reason is too long.
    #[error("a reason is too long")]
    Reason,
    /// Choices of one cell are not sorted, or one is there twice.
    #[error("the choices of a cell are not sorted")]
    ChoiceOrder,
    /// A minute of the day, a coordinate or another small number is out of its range.
    #[error("a value is out of its range")]
    Range,
    /// A pack is too large.
    #[error("a pack is too large")]
    Pack,
    /// A device's certificate names no person, or a node's names one.
    #[error("a device's certificate names its person, a node's names none")]
    Holder,
    /// A revocation names too many streams, or not in order.
    #[error("the streams of a revocation are too many or not sorted")]
    Streams,
}

impl OpError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::TooLarge { .. } => ProblemCode::OpTooLarge,
            Self::Malformed(_) | Self::NotCanonical | Self::Format { .. } | Self::Limit(_) => {
                ProblemCode::OpMalformed
            }
            Self::OtherAuthor { .. } | Self::OtherOffice { .. } => ProblemCode::Denied,
        }
    }
}

/// Seals an operation as the next of its stream.
///
/// The permit must be for the operation's author and, where a record begins, for its owner.
pub fn seal(
    permit: &Permit,
    stream: &StreamId,
    head: &StreamHead,
    op: Op,
) -> Result<SealedOp, OpError> {
    if op.author != permit.person() {
        return Err(OpError::OtherAuthor { author: op.author, permitted: permit.person() });
    }
    if let Change::Create(create) = &op.change
        && create.office != permit.office()
    {
        return Err(OpError::OtherOffice { owner: create.office, permitted: permit.office() });
    }
    check::limits(&op)?;
    let bytes = encode(&op);
    if bytes.len() > OP_BYTES_MAX {
        return Err(OpError::TooLarge { bytes: bytes.len() });
    }
    Ok(chain(stream, head, op, bytes))
}

/// An operation again, as the next of another stream of its writer's.
#[must_use]
pub fn seal_again(sealed: &SealedOp, stream: &StreamId, head: &StreamHead) -> SealedOp {
    let moved = sealed.op.moved.or(Some(sealed.prev));
    let op = Op { moved, ..sealed.op.clone() };
    let bytes = encode(&op);
    chain(stream, head, op, bytes)
}

/// Opens an operation that stands at `seq` after the link `prev` of a stream, hashing it again.
pub fn open_stored(
    stream: &StreamId,
    seq: u64,
    prev: Digest,
    bytes: Vec<u8>,
) -> Result<SealedOp, OpError> {
    let op = decode(&bytes)?;
    Ok(chain(stream, &StreamHead { next_seq: seq, link: prev }, op, bytes))
}

/// The operation that these bytes are, if they are one: whole, canonical and within every limit.
pub(super) fn decode(bytes: &[u8]) -> Result<Op, OpError> {
    let too_large = Err(OpError::TooLarge { bytes: bytes.len() });
    if bytes.len() > OP_BYTES_MAX + MOVED_BYTES {
        return too_large;
    }
    let op: Op = minicbor::decode(bytes).map_err(OpError::Malformed)?;
    if bytes.len() > OP_BYTES_MAX && op.moved.is_none() {
        return too_large;
    }
    if op.format != FORMAT {
        return Err(OpError::Format { found: op.format });
    }
    if encode(&op) != bytes {
        return Err(OpError::NotCanonical);
    }
    check::limits(&op)?;
    Ok(op)
}

pub(crate) fn encode(value: &impl minicbor::Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("invariant: writing to memory does not fail")
}

fn chain(stream: &StreamId, head: &StreamHead, op: Op, bytes: Vec<u8>) -> SealedOp {
    let here = link(&head.link, &bytes);
    let origin = match op.moved {
        None => here,
        Some(prev) => link(&prev, &encode(&Op { moved: None, ..op.clone() })),
    };
    let (stream, seq, prev) = (stream.clone(), head.next_seq, head.link);
    SealedOp { stream, seq, prev, link: here, origin, op, bytes }
}

/// The link of a chain after these operations.
#[must_use]
pub fn chain_link<'a>(from: &StreamHead, ops: impl Iterator<Item = &'a [u8]>) -> Digest {
    ops.fold(from.link, |prev, bytes| link(&prev, bytes))
}

pub(super) fn link(prev: &Digest, bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&prev.0);
    hasher.update(bytes);
    Digest(hasher.finalize().into())
}
